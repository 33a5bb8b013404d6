/** What a PDF says about whoever made it, as far as a quick look finds it. Source: ISO 32000-1, 14.3 and 12.5.6. */

import { nextRound } from "../protocol/pause.ts";
import { inflate } from "./inflate.ts";
import { makeTrait, readXml, type Trait, type TraitKind } from "./traits.ts";

const KEYS: readonly (readonly [string, TraitKind])[] = [
  ["/Author", "author"],
  ["/CreationDate", "time"],
  ["/ModDate", "time"],
  ["/Producer", "software"],
  ["/Creator", "software"],
  ["/Title", "title"],
  ["/Subject", "title"],
  ["/Keywords", "title"],
];
const MOST_HITS = 40;
// Of all streams, and of those that are worth unpacking.
const MOST_LOOKS = 20_000;
const LOOKS_PER_ROUND = 500;
const MOST_STREAMS = 200;
const MOST_UNPACKED = 1_000_000;
const NEAR = 600;
const COMMENT = /\/Subtype\s*\/(?:Text|FreeText|Highlight|StrikeOut|Underline|Ink|Stamp|Caret)\b/gu;

/** What a document says, and whether all of it could be looked through. */
export interface Report {
  readonly traits: readonly Trait[];
  readonly isLegible: boolean;
}

/** Look through a PDF: as it stands, and inside the streams that hold its objects and its XMP. */
export async function readPdf(bytes: Uint8Array): Promise<Report> {
  // One character a byte, whatever the bytes are.
  const whole = new TextDecoder("windows-1252").decode(bytes);
  const traits = [...readObjects(whole, bytes)];
  let [looks, streams] = [0, 0];
  for (let at = whole.indexOf("stream"); at >= 0 && streams < MOST_STREAMS && looks < MOST_LOOKS; at = whole.indexOf("stream", at + 9)) {
    looks += 1;
    if (looks % LOOKS_PER_ROUND === 0) {
      await nextRound();
    }
    const before = whole.slice(Math.max(0, at - NEAR), at);
    const head = before.slice(before.lastIndexOf(" obj"));
    const begin = at + (whole[at + 6] === "\r" ? 8 : 7);
    const end = whole.indexOf("endstream", begin);
    if (end < 0) {
      break;
    } else if (/\/(?:ObjStm|Metadata)\b/u.test(head)) {
      streams += 1;
      const packed = bytes.subarray(begin, end);
      const content = head.includes("/FlateDecode") ? await inflate(packed, "deflate", MOST_UNPACKED) : packed.subarray(0, MOST_UNPACKED);
      traits.push(...readObjects(new TextDecoder("windows-1252").decode(content), content));
      traits.push(...readXml(new TextDecoder().decode(content)));
      await nextRound();
    }
    at = end;
  }
  return { traits, isLegible: !whole.includes("/Encrypt") && streams < MOST_STREAMS && looks < MOST_LOOKS };
}

function readObjects(whole: string, bytes: Uint8Array): Trait[] {
  const traits: Trait[] = [];
  for (const [key, kind] of KEYS) {
    let hits = 0;
    for (let at = whole.indexOf(key); at >= 0 && hits < MOST_HITS; at = whole.indexOf(key, at + 1)) {
      hits += 1;
      traits.push(...makeTrait(kind, readString(whole, bytes, at + key.length)));
    }
  }
  let hits = 0;
  for (const { index } of whole.matchAll(COMMENT)) {
    hits += 1;
    if (hits > MOST_HITS) {
      break;
    }
    traits.push(...makeTrait("comments", ""));
    const from = Math.max(whole.lastIndexOf(" obj", index), index - NEAR);
    const to = whole.slice(index, index + NEAR).search(/endobj/u);
    const name = /\/T\s*(?=[(<])/u.exec(whole.slice(from, to < 0 ? index + NEAR : index + to));
    if (name !== null) {
      traits.push(...makeTrait("author", readString(whole, bytes, from + name.index + name[0].length)));
    }
  }
  return traits;
}

/** Return the string that stands at a place, or nothing. */
function readString(whole: string, bytes: Uint8Array, at: number): string {
  const near = whole.slice(at, at + NEAR);
  const hex = /^\s*<([\dA-Fa-f\s]{2,500})>/u.exec(near)?.[1];
  if (hex !== undefined) {
    return decode(Uint8Array.from(hex.replace(/\s/gu, "").match(/../gu) ?? [], (pair) => Number.parseInt(pair, 16)));
  }
  const begin = /^\s*\(/u.exec(near)?.[0].length;
  if (begin === undefined) {
    return "";
  }
  const found: number[] = [];
  let depth = 1;
  for (let i = at + begin; i < Math.min(bytes.length, at + NEAR); i += 1) {
    const byte = bytes[i] ?? 0;
    const octal = byte === 0x5c ? /^[0-7]{1,3}/u.exec(whole.slice(i + 1, i + 4))?.[0] : undefined;
    if (octal !== undefined) {
      found.push(Number.parseInt(octal, 8) & 255);
      i += octal.length;
    } else if (byte === 0x5c) {
      i += 1;
      found.push("nrtbf".includes(whole[i] ?? "") ? 0x20 : (bytes[i] ?? 0));
    } else {
      depth += byte === 0x28 ? 1 : byte === 0x29 ? -1 : 0;
      if (depth === 0) {
        break;
      }
      found.push(byte);
    }
  }
  return decode(Uint8Array.from(found));
}

function decode(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding = first === 0xfe && second === 0xff ? "utf-16be" : first === 0xef && second === 0xbb ? "utf-8" : "windows-1252";
  return new TextDecoder(encoding).decode(bytes);
}
