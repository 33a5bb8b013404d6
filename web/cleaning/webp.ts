/**
 * WebP, written anew: one picture and its transparency. Source: RFC 9649; of VP8 the frame header, RFC 6386, 9.1.
 *
 * EXIF, XMP, colour profiles, chunks that nobody knows and whatever follows the end are left behind. An animation is
 * refused. What stands behind the pixels inside their own chunk is not found: only decoding them would tell.
 */

import { type Finding, readExif, readWords } from "./findings.ts";
import type { Cleaned } from "./jpeg.ts";
import { checkSize, hasText, number, Reader, RefusedError, text } from "./reader.ts";

const HAS_ALPHA = 16;
const IS_ANIMATED = 2;

/** Write a WebP picture anew. Throws RefusedError. */
export function cleanWebp(bytes: Uint8Array): Cleaned {
  const whole = new Reader(bytes);
  if (whole.takeText(4) !== "RIFF") {
    throw new RefusedError("broken");
  }
  const reader = new Reader(whole.take(little(whole.take(4))));
  if (reader.takeText(4) !== "WEBP") {
    throw new RefusedError("broken");
  }
  const findings = new Set<Finding>(whole.left > 0 ? ["other"] : []);
  const found = new Map<string, Uint8Array>();
  while (reader.left > 0) {
    const name = reader.takeText(4);
    const content = reader.take(little(reader.take(4)));
    reader.take(Math.min(content.length & 1, reader.left));
    if (name === "ANIM" || name === "ANMF" || (name === "VP8X" && ((content[0] ?? 0) & IS_ANIMATED) !== 0)) {
      throw new RefusedError("animated");
    } else if (["VP8 ", "VP8L", "ALPH", "VP8X"].includes(name) && !found.has(name)) {
      found.set(name, content);
    } else {
      nameChunk(name, content).forEach((finding) => findings.add(finding));
    }
  }
  const [lossy, lossless] = [found.get("VP8 "), found.get("VP8L")];
  if ((lossy === undefined) === (lossless === undefined)) {
    throw new RefusedError("broken");
  }
  const [width, height] = lossy === undefined ? sizeOfLossless(lossless ?? new Uint8Array()) : sizeOfLossy(lossy);
  checkSize(width, height);
  // Without the extended header a decoder does not look for transparency.
  const alpha = found.has("VP8X") && lossy !== undefined ? found.get("ALPH") : undefined;
  const chunks = [
    ...(alpha === undefined ? [] : [...writeExtended(width, height), ...writeChunk("ALPH", alpha)]),
    ...(lossy === undefined ? writeChunk("VP8L", lossless ?? new Uint8Array()) : writeChunk("VP8 ", lossy)),
  ];
  const size = chunks.reduce((sum, { length }) => sum + length, 4);
  return { pieces: [text("RIFF"), littleNumber(size, 4), text("WEBP"), ...chunks], findings, width, height };
}

function nameChunk(name: string, content: Uint8Array): Finding[] {
  if (name === "EXIF") {
    return [...readExif(hasText(content, "Exif\0\0") ? content.subarray(6) : content).findings];
  }
  return name === "XMP " ? readWords(content) : ["other"];
}

function sizeOfLossy(content: Uint8Array): [number, number] {
  const reader = new Reader(content, true);
  const tag = reader.takeNumber(3);
  const isKeyFrame = (tag & 1) === 0;
  const start = reader.takeNumber(3);
  const [width, height] = [reader.takeNumber(2) & 0x3fff, reader.takeNumber(2) & 0x3fff];
  if (!isKeyFrame || start !== 0x2a019d || tag >> 5 > reader.left) {
    throw new RefusedError("broken");
  }
  return [width, height];
}

function sizeOfLossless(content: Uint8Array): [number, number] {
  const reader = new Reader(content, true);
  const signature = reader.takeNumber(1);
  const bits = reader.takeNumber(4);
  const version = bits >>> 29;
  if (signature !== 0x2f || version !== 0 || reader.left === 0) {
    throw new RefusedError("broken");
  }
  return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
}

function writeExtended(width: number, height: number): Uint8Array[] {
  return writeChunk("VP8X", Uint8Array.of(HAS_ALPHA, 0, 0, 0, ...littleNumber(width - 1, 3), ...littleNumber(height - 1, 3)));
}

function writeChunk(name: string, content: Uint8Array): Uint8Array[] {
  return [text(name), littleNumber(content.length, 4), content, new Uint8Array(content.length & 1)];
}

function little(bytes: Uint8Array): number {
  return new Reader(bytes, true).takeNumber(4);
}

function littleNumber(value: number, size: number): Uint8Array {
  return number(value, size).reverse();
}
