/** Pictures with things hidden in them, byte by byte. Every hidden thing has a canary in it. */

import { deflateSync } from "node:zlib";

export const CANARY = "KANARIE-De-Heer-Jansen-52.0907N";

export type Bytes = Uint8Array;

export function latin(text: string): Bytes {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

export function join(...parts: readonly (Bytes | string | number[])[]): Bytes {
  return Uint8Array.from(Buffer.concat(parts.map((part) => (typeof part === "string" ? latin(part) : Uint8Array.from(part)))));
}

export function big(value: number, size: number): Bytes {
  return Uint8Array.from({ length: size }, (_, i) => (value / 256 ** (size - 1 - i)) & 255);
}

export function little(value: number, size: number): Bytes {
  return big(value, size).reverse();
}

/** Return whether the canary stands in bytes: as it is, in UTF-16, or backwards. */
export function holdsCanary(bytes: Bytes): boolean {
  const haystack = Buffer.from(bytes);
  const words = CANARY.split("-");
  const forms = words.flatMap((word) => [Buffer.from(word), Buffer.from(word, "utf16le"), Buffer.from(word, "utf16le").swap16()]);
  return forms.some((form) => form.length >= 4 && haystack.includes(form));
}

interface Entry {
  readonly tag: number;
  readonly type: number;
  readonly value: Bytes;
}

const ascii = (tag: number, text: string): Entry => ({ tag, type: 2, value: join(text, [0]) });
const short = (tag: number, value: number, number = big): Entry => ({ tag, type: 3, value: number(value, 2) });
const SIZES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1 };

/** One directory of a TIFF structure that begins at `at`, with its values behind it. */
function directory(at: number, entries: readonly Entry[], next: number, number = big): Bytes {
  const heads: Bytes[] = [];
  const values: Bytes[] = [];
  let place = at + 2 + entries.length * 12 + 4;
  for (const { tag, type, value } of entries) {
    const fits = value.length <= 4;
    const count = value.length / (SIZES[type] ?? 1);
    heads.push(join(number(tag, 2), number(type, 2), number(count, 4), fits ? join(value, new Uint8Array(4 - value.length)) : number(place, 4)));
    if (!fits) {
      values.push(value);
      place += value.length;
    }
  }
  return join(number(entries.length, 2), ...heads, number(next, 4), ...values);
}

/** EXIF as a telephone writes it: device, time, place, maker note, comment, and a thumbnail of the uncropped picture. */
export function exif(orientation = 6, isLittle = false): Bytes {
  const number = isLittle ? little : big;
  const thumbnail = join([0xff, 0xd8, 0xff, 0xfe, 0, CANARY.length + 2], CANARY, [0xff, 0xd9]);
  const gpsAt = 3000;
  const exifAt = 1000;
  const nextAt = 2000;
  const place = (at: number, ...parts: readonly Bytes[]): Bytes => {
    const bytes = join(...parts);
    return join(bytes, new Uint8Array(at - bytes.length));
  };
  const first = directory(
    8,
    [
      ascii(0x010e, CANARY),
      ascii(0x010f, `Make ${CANARY}`),
      short(0x0112, orientation, number),
      ascii(0x0131, `Editor ${CANARY}`),
      ascii(0x0132, "2026:11:02 03:04:05"),
      ascii(0x013b, CANARY),
      { tag: 0x8769, type: 4, value: number(exifAt, 4) },
      { tag: 0x8825, type: 4, value: number(gpsAt, 4) },
    ],
    nextAt,
    number,
  );
  const second = directory(
    exifAt,
    [ascii(0x9003, "2026:11:02 03:04:05"), { tag: 0x927c, type: 7, value: latin(`Apple iOS ${CANARY}`) }, ascii(0xa430, CANARY)],
    0,
    number,
  );
  const third = directory(
    nextAt,
    [
      { tag: 0x0201, type: 4, value: number(2500, 4) },
      { tag: 0x0202, type: 4, value: number(thumbnail.length, 4) },
    ],
    0,
    number,
  );
  const degrees = join(number(52, 4), number(1, 4), number(5, 4), number(1, 4), number(26, 4), number(1, 4));
  const gps = directory(gpsAt, [ascii(1, "N"), { tag: 2, type: 5, value: degrees }, ascii(0x1b, CANARY)], 0, number);
  const head = join(isLittle ? "II*\0" : "MM\0*", number(8, 4));
  return join(place(2500, place(2000, place(1000, head, first), second), third), place(500, thumbnail), gps);
}

export const XMP = join(
  "http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><rdf:RDF><rdf:Description exif:GPSLatitude='52,5.4N' xmp:CreateDate='2026-11-02'>",
  `<dc:creator>${CANARY}</dc:creator><xmp:CreatorTool>x</xmp:CreatorTool></rdf:Description></rdf:RDF></x:xmpmeta>`,
);

/** A segment of a JPEG. */
export function segment(marker: number, ...parts: readonly (Bytes | string | number[])[]): Bytes {
  const content = join(...parts);
  return join([0xff, marker], big(content.length + 2, 2), content);
}

const ICC = segment(0xe2, "ICC_PROFILE\0\x01\x01", new Uint8Array(128), `desc${CANARY}`);
const IPTC = segment(0xed, "Photoshop 3.0\x008BIM\x04\x04\0\0\0\x30", [0x1c, 2, 80, 0, CANARY.length], CANARY, [0x1c, 2, 90, 0, 4], "Huis");

/** What can stand in a JPEG before its pixels, by its name, and what people are told of it. */
export const SEGMENTS: Readonly<Record<string, readonly [Bytes, readonly string[]]>> = {
  "EXIF with GPS, maker note and thumbnail": [
    segment(0xe1, "Exif\0\0", exif()),
    ["author", "comment", "device", "other", "place", "preview", "software", "time"],
  ],
  "EXIF, the smallest byte first": [
    segment(0xe1, "Exif\0\0", exif(3, true)),
    ["author", "comment", "device", "other", "place", "preview", "software", "time"],
  ],
  "EXIF that cannot be read": [segment(0xe1, "Exif\0\0MM\0*\xff\xff\xff\xf0", CANARY), ["other"]],
  XMP: [segment(0xe1, XMP), ["author", "place", "software", "time"]],
  "extended XMP": [segment(0xe1, "http://ns.adobe.com/xmp/extension/\0", CANARY), ["other"]],
  IPTC: [IPTC, ["author", "other", "place"]],
  "a colour profile": [ICC, ["other"]],
  "a comment": [segment(0xfe, CANARY), ["comment"]],
  "a JFIF thumbnail": [segment(0xe0, "JFIF\0\x01\x02\0\0\x01\0\x01\x04\x04", CANARY, new Uint8Array(48 - CANARY.length)), ["preview"]],
  "a JFXX thumbnail": [segment(0xe0, "JFXX\0\x10", CANARY), ["preview"]],
  "an index of further pictures": [segment(0xe2, "MPF\0", CANARY), ["other"]],
  "an Adobe segment with more in it": [segment(0xee, "Adobe\0\x64\0\0\0\0\x01", CANARY), ["other"]],
  "sound": [segment(0xe2, "FPXR\0", CANARY), ["other"]],
  "a quantiser that nothing uses": [segment(0xdb, [3], CANARY, new Uint8Array(64 - CANARY.length)), []],
  "a quantiser that is replaced": [segment(0xdb, [0], CANARY, new Uint8Array(64 - CANARY.length)), []],
  "codes that nothing uses": [segment(0xc4, [0x13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8], "KANRIE-D"), []],
};

/** Put something behind a JPEG's first marker. */
export function insert(jpeg: Bytes, ...parts: readonly Bytes[]): Bytes {
  return join(jpeg.subarray(0, 2), ...parts, jpeg.subarray(2));
}

/** A chunk of a PNG. */
export function chunk(name: string, content: Bytes | string): Bytes {
  const body = join(name, content);
  return join(big(body.length - 4, 4), body, big(check(body), 4));
}

function check(bytes: Bytes): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) {
      value = (value & 1) === 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
    }
  }
  return ~value >>> 0;
}

export const PNG_SIGNATURE = latin("\x89PNG\r\n\x1a\n");

/** What a PNG consists of; each may be another. */
export interface PngParts {
  readonly header?: Bytes;
  readonly before?: readonly Bytes[];
  readonly packed?: Bytes;
  readonly after?: readonly Bytes[];
}

export const PNG_ROWS = Uint8Array.from({ length: 9 * (1 + 12 * 3) }, (_, i) => (i % 37 === 0 ? (i / 37) % 5 : (i * 41) & 255));
export const PNG_HEADER = join(big(12, 4), big(9, 4), [8, 2, 0, 0, 0]);

/** A PNG of 12 by 9 in colour. */
export function png({ header = PNG_HEADER, before = [], packed = packRows(PNG_ROWS), after = [] }: PngParts = {}): Bytes {
  const half = packed.length >> 1;
  const pixels = [chunk("IDAT", packed.subarray(0, half)), chunk("IDAT", packed.subarray(half))];
  return join(PNG_SIGNATURE, chunk("IHDR", header), ...before, ...pixels, ...after, chunk("IEND", ""));
}

export function packRows(rows: Bytes): Bytes {
  return Uint8Array.from(deflateSync(rows));
}

/** What can stand in a PNG beside its pixels, and what people are told of it. */
export const CHUNKS: Readonly<Record<string, readonly [Bytes, readonly string[]]>> = {
  tEXt: [chunk("tEXt", `Author\0${CANARY}`), ["author"]],
  zTXt: [chunk("zTXt", join("Comment\0\0", packRows(latin(CANARY)))), ["comment"]],
  iTXt: [chunk("iTXt", `XML:com.adobe.xmp\0\0\0\0\0<xmp:CreateDate>${CANARY}`), ["time"]],
  eXIf: [chunk("eXIf", exif()), ["author", "comment", "device", "other", "place", "preview", "software", "time"]],
  tIME: [chunk("tIME", join(big(2026, 2), [11, 2, 3, 4, 5])), ["time"]],
  iCCP: [chunk("iCCP", join(`${CANARY}\0\0`, packRows(latin(CANARY)))), ["other"]],
  pHYs: [chunk("pHYs", "KANARIE-1"), []],
  "a chunk that nobody knows": [chunk("kaNa", CANARY), ["other"]],
  "a palette that is only suggested": [chunk("PLTE", CANARY.slice(0, 30)), []],
};

/** A chunk of a WebP. */
export function riffChunk(name: string, content: Bytes | string): Bytes {
  const body = typeof content === "string" ? latin(content) : content;
  return join(name, little(body.length, 4), body, new Uint8Array(body.length & 1));
}

/** Put chunks behind those of a WebP, under an extended header that announces them. */
export function extendWebp(webp: Bytes, width: number, height: number, ...chunks: readonly Bytes[]): Bytes {
  const own = webp.subarray(12);
  const isExtended = Buffer.from(own.subarray(0, 4)).toString() === "VP8X";
  const header = riffChunk("VP8X", join([0x3c, 0, 0, 0], little(width - 1, 3), little(height - 1, 3)));
  const body = join("WEBP", header, isExtended ? own.subarray(18) : own, ...chunks);
  return join("RIFF", little(body.length, 4), body);
}

