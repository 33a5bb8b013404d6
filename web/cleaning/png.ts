/**
 * PNG, written anew: header, palette, transparency, how bright it is, which way up it stands, and the pixels. Source:
 * W3C PNG, third edition.
 *
 * The pixels are unpacked and packed again, so that nothing can stand behind them in their stream. Texts, times, EXIF,
 * colour profiles, chunks that nobody knows and whatever follows the end are left behind. An animation is refused.
 */

import { nextRound } from "../protocol/pause.ts";
import { type Finding, readExif, readWords, writeOrientation } from "./findings.ts";
import type { Cleaned } from "./jpeg.ts";
import { checkSize, latin, number, Reader, RefusedError, text } from "./reader.ts";

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
// As much as 100 megapixels of four bytes.
const MOST_UNPACKED = 400_000_000;
const IDAT_SIZE = 262_144;
const ROUND_SIZE = 1_000_000;

// For each colour type: samples a pixel, and the depths it may have.
const COLOURS: ReadonlyMap<number, readonly [number, readonly number[]]> = new Map([
  [0, [1, [1, 2, 4, 8, 16]]],
  [2, [3, [8, 16]]],
  [3, [1, [1, 2, 4, 8]]],
  [4, [2, [8, 16]]],
  [6, [4, [8, 16]]],
]);
const PALETTE = 3;
// Where the seven passes of an interlaced picture begin, and their steps: across and down.
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

interface Header {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly colour: number;
  readonly depth: number;
  readonly isInterlaced: boolean;
}

const NAMED: ReadonlyMap<string, Finding> = new Map<string, Finding>([["tIME", "time"]]);
const TEXTS: readonly string[] = ["tEXt", "zTXt", "iTXt"];
// Small things that say how to show a picture, and that nobody wonders about.
const PLAIN: readonly string[] = ["pHYs", "cHRM", "bKGD", "sBIT", "hIST", "PLTE"];

/** Write a PNG picture anew. Throws RefusedError. */
export async function cleanPng(bytes: Uint8Array): Promise<Cleaned> {
  const reader = new Reader(bytes);
  if (latin(reader.take(SIGNATURE.length)) !== latin(SIGNATURE)) {
    throw new RefusedError("broken");
  }
  const first = takeChunk(reader);
  if (first.name !== "IHDR") {
    throw new RefusedError("broken");
  }
  const header = readHeader(first.content);
  const findings = new Set<Finding>();
  const kept = new Map<string, Uint8Array>();
  const packed: Uint8Array[] = [];
  let isOver = false;
  let orientation: number | null = null;
  for (let chunk = takeChunk(reader); chunk.name !== "IEND"; chunk = takeChunk(reader)) {
    const { name, content } = chunk;
    isOver ||= packed.length > 0 && name !== "IDAT";
    if (name === "IDAT" && !isOver) {
      packed.push(content);
    } else if (["acTL", "fcTL", "fdAT"].includes(name)) {
      throw new RefusedError("animated");
    } else if (isKept(name, content, header, kept) && packed.length === 0) {
      kept.set(name, content);
    } else if (!/^[a-z]/u.test(name) && name !== "PLTE") {
      throw new RefusedError(name === "IDAT" || name === "IHDR" ? "broken" : "unusual");
    } else if (name === "eXIf") {
      const exif = readExif(content);
      // Browsers follow it where it stands before the pixels; alone it tells nobody anything.
      orientation ??= packed.length === 0 ? exif.orientation : null;
      const isAlone = content.length === writeOrientation(1).length && exif.orientation > 1 && packed.length === 0;
      (isAlone ? [] : [...exif.findings]).forEach((finding) => findings.add(finding));
    } else if (!PLAIN.includes(name)) {
      nameChunk(name, content).forEach((finding) => findings.add(finding));
    }
  }
  if (reader.left > 0) {
    findings.add("other");
  }
  if (header.colour === PALETTE && !kept.has("PLTE")) {
    throw new RefusedError("broken");
  }
  const parts = ["gAMA", "sRGB", "PLTE", "tRNS"].flatMap((name) => {
    const content = kept.get(name);
    return content === undefined ? [] : writeChunk(name, content);
  });
  if (orientation !== null && orientation > 1) {
    parts.push(...writeChunk("eXIf", writeOrientation(orientation)));
  }
  const pixels = await packAgain(packed, countBytes(header));
  const idats: Uint8Array[] = [];
  for (const piece of pixels) {
    idats.push(...writeChunk("IDAT", piece));
    await nextRound();
  }
  const pieces = [SIGNATURE, ...writeChunk("IHDR", header.bytes), ...parts, ...idats, ...writeChunk("IEND", new Uint8Array())];
  return { pieces, findings, width: header.width, height: header.height };
}

function takeChunk(reader: Reader): { name: string; content: Uint8Array } {
  const size = reader.takeNumber(4);
  const name = reader.takeText(4);
  if (!/^[A-Za-z]{4}$/u.test(name)) {
    throw new RefusedError("broken");
  }
  const content = reader.take(size);
  // The check sums are not compared: those of the pixels' own stream are, and all of them are written anew.
  reader.take(4);
  return { name, content };
}

function readHeader(content: Uint8Array): Header {
  const reader = new Reader(content);
  const [width, height] = [reader.takeNumber(4), reader.takeNumber(4)];
  const [depth, colour] = [reader.takeNumber(1), reader.takeNumber(1)];
  const [method, filter, interlace] = [reader.takeNumber(1), reader.takeNumber(1), reader.takeNumber(1)];
  const isKnown = COLOURS.get(colour)?.[1].includes(depth) === true;
  if (!isKnown || method !== 0 || filter !== 0 || interlace > 1 || reader.left > 0) {
    throw new RefusedError("broken");
  }
  checkSize(width, height);
  return { bytes: content, width, height, colour, depth, isInterlaced: interlace === 1 };
}

// What decides how the pixels are shown, once each and of the size it must have.
function isKept(name: string, content: Uint8Array, { colour, depth }: Header, kept: ReadonlyMap<string, Uint8Array>): boolean {
  const { length } = content;
  if (kept.has(name)) {
    return false;
  }
  switch (name) {
    case "gAMA":
      return length === 4 && !kept.has("sRGB");
    case "sRGB":
      return length === 1 && (content[0] ?? 4) < 4;
    case "PLTE":
      if (colour === PALETTE && (length === 0 || length % 3 !== 0 || length > 3 * 2 ** depth)) {
        throw new RefusedError("broken");
      }
      // Elsewhere it is a suggestion that no browser takes.
      return colour === PALETTE;
    case "tRNS":
      return colour === PALETTE ? length <= (kept.get("PLTE")?.length ?? 0) / 3 : length === (colour === 0 ? 2 : colour === 2 ? 6 : -1);
    default:
      return false;
  }
}

function nameChunk(name: string, content: Uint8Array): Finding[] {
  const named = NAMED.get(name);
  return named !== undefined ? [named] : TEXTS.includes(name) ? readWords(content) : ["other"];
}

/** Return how many bytes the unpacked pixels are: a byte a row says how it is filtered. */
function countBytes({ width, height, colour, depth, isInterlaced }: Header): number {
  const bits = depth * (COLOURS.get(colour)?.[0] ?? 0);
  const passes = isInterlaced ? PASSES : [[0, 0, 1, 1] as const];
  return passes.reduce((sum, [left, top, across, down]) => {
    const [columns, rows] = [Math.ceil((width - left) / across), Math.ceil((height - top) / down)];
    return columns <= 0 || rows <= 0 ? sum : sum + rows * (1 + Math.ceil((columns * bits) / 8));
  }, 0);
}

/** Unpack the pixels, `size` bytes, and pack them again, in pieces of one size; never are all of them unpacked at once. */
async function packAgain(packed: readonly Uint8Array[], size: number): Promise<Uint8Array[]> {
  if (size > MOST_UNPACKED) {
    throw new RefusedError("huge");
  }
  let [unpacked, ofThisRound] = [0, 0];
  const count = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform: async (piece, controller) => {
      unpacked += piece.length;
      ofThisRound += piece.length;
      if (unpacked > size) {
        throw new RefusedError("broken");
      }
      controller.enqueue(piece);
      // Streams hand on to one another without an end; the page is to live meanwhile.
      if (ofThisRound >= ROUND_SIZE) {
        ofThisRound = 0;
        await nextRound();
      }
    },
  });
  const stream = new Blob(packed as Uint8Array<ArrayBuffer>[])
    .stream()
    .pipeThrough(new DecompressionStream("deflate"))
    .pipeThrough(count)
    .pipeThrough(new CompressionStream("deflate"));
  const pieces: Uint8Array[] = [];
  let filled = IDAT_SIZE;
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      for (let at = 0; at < next.value.length;) {
        if (filled === IDAT_SIZE) {
          pieces.push(new Uint8Array(IDAT_SIZE));
          filled = 0;
        }
        const part = next.value.subarray(at, at + IDAT_SIZE - filled);
        pieces.at(-1)?.set(part, filled);
        filled += part.length;
        at += part.length;
      }
    }
  } catch {
    // Not a stream of this kind, cut off, longer than the header says, or with something behind it.
    throw new RefusedError("broken");
  }
  if (unpacked !== size) {
    throw new RefusedError("broken");
  }
  const last = pieces.pop();
  return last === undefined ? pieces : [...pieces, last.subarray(0, filled)];
}

function writeChunk(name: string, content: Uint8Array): Uint8Array[] {
  const head = text(name);
  return [number(content.length, 4), head, content, number(checkSum(head, content), 4)];
}

// Source: W3C PNG, annex D.
const TABLE = Uint32Array.from({ length: 256 }, (_, i) => {
  let value = i;
  for (let bit = 0; bit < 8; bit += 1) {
    value = (value & 1) === 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  }
  return value;
});

function checkSum(...parts: readonly Uint8Array[]): number {
  let sum = 0xffffffff;
  for (const part of parts) {
    for (const byte of part) {
      sum = (TABLE[(sum ^ byte) & 255] ?? 0) ^ (sum >>> 8);
    }
  }
  return (sum ^ 0xffffffff) >>> 0;
}
