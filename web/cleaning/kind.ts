/** What a file is, by its content: a name is the sender's word, and a scared person's phone gives any. */

import { hasText, latin } from "./reader.ts";

/** What becomes of it: three are written anew, of five people are warned, and of the rest nothing is known. */
export type Kind = "jpeg" | "png" | "webp" | "picture" | "recording" | "pdf" | "zip" | "ole" | "other";

// Brands of ISO base media files that hold pictures: HEIC, AVIF, and Canon's raw ones.
const PICTURES = /^(hei[cmsx]|hev[cmsx]|mif1|msf1|avif|avis|crx )/u;
const RECORDINGS = [
  "ID3",
  "OggS",
  "fLaC",
  "\x1a\x45\xdf\xa3",
  "FORM",
  "#!AMR",
  "FLV",
  "\x00\x00\x01\xba",
  "\x00\x00\x01\xb3",
  "\x30\x26\xb2\x75",
  "caff",
];
// GIF, TIFF and most raw files, JPEG XL, JPEG 2000, Photoshop, and Windows' own.
const OTHER_PICTURES = ["GIF8", "II*\0", "MM\0*", "II\xbc\x01", "IIRO", "\xff\x0a", "\0\0\0\x0cJXL ", "\0\0\0\x0cjP  ", "8BPS", "FUJIFILM"];
// Readers look for it this far into a file.
const PDF_REACH = 1024;

/** Say what a file is. */
export function tellKind(bytes: Uint8Array): Kind {
  const starts = (...beginnings: readonly string[]): boolean => beginnings.some((beginning) => hasText(bytes, beginning));
  if (starts("\xff\xd8")) {
    return "jpeg";
  } else if (starts("\x89PNG")) {
    return "png";
  } else if (starts("RIFF")) {
    return hasText(bytes, "WEBP", 8) ? "webp" : "recording";
  } else if (hasText(bytes, "ftyp", 4)) {
    return PICTURES.test(latin(bytes.subarray(8, 12))) ? "picture" : "recording";
  } else if (starts(...OTHER_PICTURES)) {
    return "picture";
  } else if (starts(...RECORDINGS) || isMpegSound(bytes)) {
    return "recording";
  } else if (latin(bytes.subarray(0, PDF_REACH)).includes("%PDF-")) {
    return "pdf";
  } else if (starts("PK\x03\x04")) {
    return "zip";
  }
  return starts("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") ? "ole" : "other";
}

// Eleven bits of a frame's head, and none of the values that it may not have.
function isMpegSound(bytes: Uint8Array): boolean {
  const [first = 0, second = 0, third = 0] = bytes;
  const isFrame = first === 0xff && (second & 0xe0) === 0xe0;
  return isFrame && (second & 0x18) !== 8 && third >> 4 !== 15 && (third & 12) !== 12;
}
