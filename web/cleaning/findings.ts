/** What a picture says besides its pixels, in coarse kinds that a page can name. Only to tell people: nothing of it is kept. */

import { hasText, latin, Reader, RefusedError } from "./reader.ts";

/** A kind of thing that was taken out; `preview` is a smaller picture inside, perhaps of what was cut off. */
export type Finding = "place" | "time" | "device" | "author" | "preview" | "comment" | "software" | "other";

/** What was found, and which way up the picture is shown (EXIF's 1–8). */
export interface Exif {
  readonly findings: ReadonlySet<Finding>;
  readonly orientation: number;
}

const ORIENTATION = 0x0112;
const EXIF_POINTER = 0x8769;
const GPS_POINTER = 0x8825;

// Source: Exif 2.32, and what Windows adds (XP…).
const TAGS: ReadonlyMap<number, Finding> = new Map<number, Finding>([
  ...entries("place", 0x0001, 0x0002, 0x0003, 0x0004, 0x001d),
  ...entries("time", 0x0132, 0x9003, 0x9004, 0x9010, 0x9011, 0x9012, 0x9290, 0x9291, 0x9292),
  ...entries("device", 0x010f, 0x0110, 0x927c, 0xa420, 0xa431, 0xa432, 0xa433, 0xa434, 0xa435, 0xc614, 0xc62f),
  ...entries("author", 0x013b, 0x8298, 0x9c9d, 0xa430),
  ...entries("comment", 0x010e, 0x9286, 0x9c9b, 0x9c9c, 0x9c9e, 0x9c9f),
  ...entries("software", 0x000b, 0x0131, 0x013c),
  ...entries("preview", 0x0201, 0x0202),
]);
// More than any camera writes; a table that is larger is not looked through to its end.
const MOST_ENTRIES = 512;

function entries(finding: Finding, ...tags: number[]): [number, Finding][] {
  return tags.map((tag) => [tag, finding]);
}

/** Read a TIFF structure as far as it can be read; what cannot be read counts as `other`. */
export function readExif(bytes: Uint8Array): Exif {
  const findings = new Set<Finding>();
  let orientation = 1;
  const isLittle = hasText(bytes, "II*\0");
  const readDirectory = (at: number, depth: number): void => {
    const reader = new Reader(bytes, isLittle);
    reader.take(at);
    const count = Math.min(reader.takeNumber(2), MOST_ENTRIES);
    for (let i = 0; i < count; i += 1) {
      const [tag, type] = [reader.takeNumber(2), reader.takeNumber(2)];
      reader.take(4);
      const value = new Reader(reader.take(4), isLittle).takeNumber(type === 3 ? 2 : 4);
      if (tag === ORIENTATION && depth === 0 && value >= 1 && value <= 8) {
        orientation = value;
      }
      if (tag === GPS_POINTER) {
        findings.add("place");
      } else if (tag === EXIF_POINTER && depth < 2) {
        attempt(() => { readDirectory(value, depth + 1); });
      } else {
        findings.add(TAGS.get(tag) ?? "other");
      }
    }
    const next = depth === 0 ? reader.takeNumber(4) : 0;
    if (next !== 0) {
      findings.add("preview");
    }
  };
  const attempt = (read: () => void): void => {
    try {
      read();
    } catch (error) {
      if (!(error instanceof RefusedError)) {
        throw error;
      }
      findings.add("other");
    }
  };
  attempt(() => {
    const reader = new Reader(bytes, isLittle);
    reader.take(4);
    readDirectory(reader.takeNumber(4), 0);
  });
  return { findings, orientation };
}

// What a name in XMP, or in a text of a PNG, speaks of.
const WORDS: readonly (readonly [RegExp, Finding])[] = [
  [/gps|location|city|country|sublocation|province/iu, "place"],
  [/date|time/iu, "time"],
  [/tiff:m|exif:m|camera|lens|serial|device|model/iu, "device"],
  [/creator\b|author|artist|rights|owner|credit|by-?line/iu, "author"],
  [/thumbnail|xmpgimg/iu, "preview"],
  [/(?<!rdf:)description|comment|title|headline|keyword|subject|caption/iu, "comment"],
  [/creatortool|software|toolkit|producer|history/iu, "software"],
];
const MOST_TEXT = 262_144;

/** Say what a piece of XMP, IPTC or text speaks of, by the words in it. */
export function readWords(bytes: Uint8Array): Finding[] {
  // The names of vocabularies speak of everything.
  const words = latin(bytes.subarray(0, MOST_TEXT)).replace(/xmlns:\w+=["'][^"']*["']/gu, "");
  const found = WORDS.filter(([pattern]) => pattern.test(words)).map(([, finding]) => finding);
  return found.length === 0 ? ["other"] : found;
}

// Source: IPTC-IIM 4.2, record 2.
const IPTC: ReadonlyMap<number, Finding> = new Map<number, Finding>([
  ...entries("time", 30, 35, 37, 38, 47, 55, 60, 62, 63),
  ...entries("author", 80, 85, 110, 115, 116, 122),
  ...entries("place", 26, 27, 90, 92, 95, 100, 101),
  ...entries("comment", 5, 25, 105, 118, 120),
  ...entries("software", 65, 70),
  ...entries("preview", 202),
]);

/** Say what a Photoshop block (JPEG's APP13) speaks of: the data sets of IPTC in it. */
export function readIptc(bytes: Uint8Array): Finding[] {
  const found = new Set<Finding>(["other"]);
  for (let at = bytes.indexOf(0x1c); at >= 0 && at + 2 < bytes.length; at = bytes.indexOf(0x1c, at + 1)) {
    const finding = bytes[at + 1] === 2 ? IPTC.get(bytes[at + 2] ?? 0) : undefined;
    if (finding !== undefined) {
      found.add(finding);
    }
  }
  return [...found];
}

/** A minimal EXIF block that says which way up the picture is, and nothing else. */
export function writeOrientation(orientation: number): Uint8Array {
  // "MM", 42, one directory at 8: one entry, type SHORT, count 1, no directory after it.
  return Uint8Array.of(77, 77, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0);
}
