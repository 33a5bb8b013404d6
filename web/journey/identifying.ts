/**
 * "Kan alleen ú dit weten?": what in a story may tell who wrote it.
 *
 * A help for the eye: it misses things and finds some that are harmless, so it marks and never blocks. The phrases come
 * with the page (content/identifying.toml); what has a form of its own is found by the patterns below. Each of them is
 * bounded, so that a long text takes time in proportion to its length.
 */

/** What was found; the words for each kind stand in the template. */
export type Kind = "place" | "party" | "function" | "name" | "postcode" | "phone" | "address" | "moment" | "plate";

/** A part of the text, from `start` to before `end`. */
export interface Finding {
  readonly start: number;
  readonly end: number;
  readonly kind: Kind;
}

/** The phrases of one kind: found in any case, and only as they are written. */
export interface Phrases {
  readonly anyCase: readonly string[];
  readonly asWritten: readonly string[];
}

/** What content/identifying.toml holds. */
export type Known = Readonly<Record<"places" | "parties" | "functions" | "months" | "noNames", Phrases>>;

const KINDS = [["places", "place"], ["parties", "party"], ["functions", "function"]] as const;
const WORD = /[\p{L}\p{N}]+/gu;
// No lookbehind: a telephone of 2022 would refuse the whole script for it.
const NOTHING_BEFORE = String.raw`(^|[^\p{L}\p{N}])`;
const NOTHING_AFTER = String.raw`(?![\p{L}\p{N}])`;

const PATTERNS: readonly (readonly [Kind, string])[] = [
  ["address", String.raw`[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}.-]{0,100}[\p{L}\p{N}]`],
  ["address", String.raw`(?:https?:\/\/|www\.)[^\s<>"]{1,300}[\p{L}\p{N}/]`],
  ["address", String.raw`[\p{L}\p{N}-]{2,63}\.(?:nl|com|org|net|eu|info|be|de)`],
  ["address", String.raw`@[\p{L}\p{N}_.]{1,40}[\p{L}\p{N}_]`],
  ["phone", String.raw`(?:\+[1-9]|0)(?:[ ()./-]{0,2}\d){9,13}`],
  ["postcode", String.raw`[1-9]\d{3}(?: ?[A-Z]{2}|[a-z]{2})`],
  ["moment", String.raw`\d{1,2}[-/. ]\d{1,2}[-/. ](?:\d{4}|\d{2})`],
  ["moment", String.raw`\d{4}-\d{2}-\d{2}`],
  ["moment", String.raw`(?:[01]?\d|2[0-3])(?::[0-5]\d(?: ?(?:uur|u|am|pm))?|\.[0-5]\d ?(?:uur|u)| ?(?:uur|am|pm|o['’]clock))`],
];
// The sidecodes of RDW: three groups, six characters, letters and digits.
const PLATE = String.raw`[A-Za-z0-9]{1,3}-[A-Za-z0-9]{2,3}-[A-Za-z0-9]{1,2}`;

/** Return what may identify somebody, in order and without overlap; of two that overlap the longer one. */
export function findIdentifying(text: string, known: Known): Finding[] {
  // Of two that are alike the first stays: what is known is more than what only looks like a name.
  const found = [...findPhrases(text, known), ...findPatterns(text, known.months), ...findNames(text, known.noNames)];
  found.sort((one, other) => one.start - other.start || other.end - one.end);
  const kept: Finding[] = [];
  for (const finding of found) {
    const last = kept.at(-1);
    if (last === undefined || finding.start >= last.end) {
      kept.push(finding);
    } else if (finding.end - finding.start > last.end - last.start) {
      kept.splice(-1, 1, finding);
    }
  }
  return kept;
}

function findPatterns(text: string, months: Phrases): Finding[] {
  const month = [...months.anyCase, ...months.asWritten].join("|");
  const day = String.raw`\d{1,2}(?:e|ste|de|st|nd|rd|th)?`;
  const dates: readonly (readonly [Kind, string])[] = [
    ["moment", String.raw`${day} (?:of )?(?:${month})(?: \d{4})?`],
    ["moment", String.raw`(?:${month}) ${day}`],
  ];
  const found = [...PATTERNS, ...dates].flatMap(([kind, pattern]) =>
    // Only a postcode is told from a year and a short word by its capitals.
    matches(text, pattern, kind === "postcode" ? "gu" : "giu").map((match) => spanOf(match, kind)),
  );
  const plates = matches(text, PLATE, "gu").map((match) => spanOf(match, "plate"));
  return [...found, ...plates.filter(({ start, end }) => isPlate(text.slice(start, end)))];
}

function isPlate(text: string): boolean {
  return text.length === 8 && /\d/.test(text) && /[A-Za-z]/.test(text);
}

function matches(text: string, pattern: string, flags: string): RegExpExecArray[] {
  return [...text.matchAll(new RegExp(`${NOTHING_BEFORE}(?:${pattern})${NOTHING_AFTER}`, flags))];
}

// The first group is what must stand before.
function spanOf({ 0: { length }, 1: before = "", index }: RegExpExecArray, kind: Kind): Finding {
  return { start: index + before.length, end: index + length, kind };
}

interface Phrase {
  readonly kind: Kind;
  readonly words: string;
  readonly isExact: boolean;
}

// By their first word, so that each word of the text is looked up once.
function findPhrases(text: string, known: Known): Finding[] {
  const phrases = new Map<string, Phrase[]>();
  const add = (kind: Kind, words: string, isExact: boolean): void => {
    const first = (/[\p{L}\p{N}]+/u.exec(words)?.[0] ?? "").toLowerCase();
    phrases.set(first, [...(phrases.get(first) ?? []), { kind, words: isExact ? words : words.toLowerCase(), isExact }]);
  };
  for (const [name, kind] of KINDS) {
    known[name].anyCase.forEach((words) => { add(kind, words, false); });
    known[name].asWritten.forEach((words) => { add(kind, words, true); });
  }
  return Array.from(text.matchAll(WORD)).flatMap(({ 0: word, index: start }) => {
    const here = (phrases.get(word.toLowerCase()) ?? []).filter(({ words, isExact }) => {
      const part = text.slice(start, start + words.length);
      return (isExact ? part : part.toLowerCase()) === words && !/^[\p{L}\p{N}]/u.test(text.slice(start + words.length, start + words.length + 2));
    });
    return here.map(({ kind, words }) => ({ start, end: start + words.length, kind }));
  });
}

// A capital in the middle of a sentence; several in a row are one name, with what stands between them: "Jan van Dijk".
const NAME = /([\p{L}\p{N},;:] )\p{Lu}[\p{L}\p{N}'’-]*(?: (?:(?:van|de|den|der|het|ten|ter|te|in|op|aan) ){0,2}\p{Lu}[\p{L}\p{N}'’-]*)*/gu;

function findNames(text: string, noNames: Phrases): Finding[] {
  const ordinary = new Set([...noNames.anyCase, ...noNames.asWritten].map((word) => word.toLowerCase()));
  return Array.from(text.matchAll(NAME), (match) => spanOf(match, "name")).filter(
    ({ start, end }) => !ordinary.has(text.slice(start, end).replaceAll("’", "'").toLowerCase()),
  );
}

/** Return the phrases that the page carries, from its template. */
export function readKnown(): Known {
  const { dataset } = document.getElementById("identifying") ?? document.body;
  const list = (name: string): string[] => (dataset[name] ?? "").split("|").filter((phrase) => phrase !== "");
  const read = (name: string): Phrases => ({ anyCase: list(name), asWritten: list(`${name}Exact`) });
  return { places: read("places"), parties: read("parties"), functions: read("functions"), months: read("months"), noNames: read("noNames") };
}
