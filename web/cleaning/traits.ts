/** What a document says about whoever made it, to show to people before they send it. Nothing is taken out. */

/** A kind of thing that a document says of itself. */
export type TraitKind = "author" | "time" | "software" | "title" | "comments";

/** One of them; a time is a day, YYYY-MM-DD, and comments have no value: they are there. */
export interface Trait {
  readonly kind: TraitKind;
  readonly value: string;
}

const MOST_TRAITS = 12;
const MOST_CHARACTERS = 80;

/** Return a trait in one line, or none where there is nothing to say. */
export function makeTrait(kind: TraitKind, value: string): Trait[] {
  const line = value.replace(/[\p{Cc}\p{Cs}\s]+/gu, " ").trim();
  if (kind === "comments") {
    return [{ kind, value: "" }];
  } else if (kind === "time") {
    const [, year, month, day] = /(\d{4})-?(\d{2})-?(\d{2})/u.exec(line) ?? [];
    const on = `${year ?? ""}-${month ?? ""}-${day ?? ""}`;
    return Number.isNaN(Date.parse(on)) ? [] : [{ kind, value: on }];
  }
  return line === "" ? [] : [{ kind, value: Array.from(line).slice(0, MOST_CHARACTERS).join("") }];
}

/** Return each trait once, those of the person first, and not more than people read. */
export function sortTraits(traits: readonly Trait[]): Trait[] {
  const order: readonly TraitKind[] = ["author", "time", "comments", "title", "software"];
  const once = new Map(traits.map((trait) => [`${trait.kind} ${trait.value}`, trait]));
  return [...once.values()].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind)).slice(0, MOST_TRAITS);
}

// Names of elements in Office's properties, OpenDocument's, and XMP.
const ELEMENTS: readonly (readonly [RegExp, TraitKind])[] = [
  [/^(dc:creator|cp:lastModifiedBy|meta:initial-creator|Manager|Company|dc:publisher)$/u, "author"],
  [/^(dcterms:(created|modified)|dc:date|meta:(creation|print)-date|cp:lastPrinted|xmp:(Create|Modify)Date)$/u, "time"],
  [/^(Application|meta:generator|xmp:CreatorTool|pdf:Producer|Template)$/u, "software"],
  [/^(dc:(title|subject|description)|cp:keywords|pdf:Keywords)$/u, "title"],
];
// A tag, and the text behind it.
const TAG = /<(\/?)([\w:-]{1,60})([^<>]{0,1000})>([^<]{0,400})/gu;
// Who changed or remarked something, and who is known as an author, in Word, Excel and OpenDocument.
const AUTHOR = /\s(?:w:author|w15:author|displayName)="([^"]{1,400})"/gu;
const XMP_ATTRIBUTE = /\s(xmp:(?:Create|Modify)Date|xmp:CreatorTool|pdf:Producer)="([^"]{1,400})"/gu;

/** Return what a piece of XML says by elements and attributes that are known. */
export function readXml(xml: string): Trait[] {
  const kindOf = (name: string): TraitKind | undefined => ELEMENTS.find(([pattern]) => pattern.test(name))?.[1];
  const traits: Trait[] = [];
  let open: string | null = null;
  for (const [, end, name = "", rest = "", value = ""] of xml.matchAll(TAG)) {
    if (end === "/") {
      open = name === open ? null : open;
    } else if (kindOf(name) !== undefined && !rest.endsWith("/")) {
      open = name;
    }
    const kind = open === null ? undefined : kindOf(open);
    traits.push(...(kind === undefined ? [] : makeTrait(kind, unescape(value))));
  }
  for (const [, name = "", value = ""] of xml.matchAll(XMP_ATTRIBUTE)) {
    traits.push(...makeTrait(kindOf(name) ?? "software", unescape(value)));
  }
  for (const [, name = ""] of xml.matchAll(AUTHOR)) {
    traits.push(...makeTrait("author", unescape(name)));
  }
  return traits;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescape(value: string): string {
  return value.replace(/&(\w+);/gu, (whole, name: string) => ENTITIES[name] ?? whole);
}
