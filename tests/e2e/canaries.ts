/** Canaries: texts that stand nowhere else in the world, and the net that finds them in bytes, however they are spelt. */

import { createHash, randomBytes } from "node:crypto";

import { unpack } from "./unpacked.ts";

/** Return a new canary: a word that no list holds, then what a careless program would escape. */
export function makeCanary(name: string): string {
  return `zq${randomBytes(8).toString("hex")}${name} <„é & €”>`;
}

/** The ways in which a text may stand in bytes without being recognised at once. */
export function spellings(text: string): Buffer[] {
  const raw = [Buffer.from(text), Buffer.from(text, "utf16le"), Buffer.from(text, "utf16le").swap16(), Buffer.from(text, "latin1")];
  const texts = [...escapes(text), ...raw.flatMap(encodings)];
  return unique([...raw, ...texts.map((each) => Buffer.from(each))]);
}

/** What searches bytes for many needles at once. */
export class Net {
  // A needle is looked for where its first four bytes stand; the filter says quickly where they cannot.
  readonly #needles = new Map<number, { readonly name: string; readonly bytes: Buffer }[]>();
  readonly #filter = new Uint8Array(1 << 16);
  // Bytes that held nothing. A canary that was made after they were searched cannot be in them.
  readonly #clean = new Set<string>();

  /** Look for texts in all their spellings. */
  add(name: string, ...texts: readonly string[]): void {
    for (const bytes of texts.flatMap(spellings)) {
      this.#addBytes(name, bytes);
    }
  }

  /** Look for a canary, and for its first word alone, which nothing escapes. */
  addCanary(name: string, canary: string): void {
    this.add(name, canary, canary.split(" ")[0] ?? canary);
  }

  /** Look for a code: all of its words, and any two neighbours. One word alone is public, and proves nothing. */
  addCode(name: string, words: readonly string[]): void {
    this.#clean.clear();
    for (const separator of [" ", "-", ",", ", ", "\n", "\0", ""]) {
      this.add(name, words.join(separator));
    }
    for (const separator of [" ", "-", ",", ", ", ". ", ";", "+", "\t", '","', '", "', "%20", "%2C", "%0A", "&", "\0"]) {
      for (const [i, word] of words.slice(1).entries()) {
        const pair = Buffer.from(`${words[i] ?? ""}${separator}${word}`);
        const wide = Buffer.from(pair.toString(), "utf16le");
        [pair, wide, Buffer.from(wide).swap16()].forEach((bytes) => {
          this.#addBytes(name, bytes);
        });
      }
    }
  }

  /** Look for everything that another net looks for, too. */
  include(other: Net): void {
    this.#clean.clear();
    for (const { name, bytes } of [...other.#needles.values()].flat()) {
      this.#addBytes(name, bytes);
    }
  }

  /** Return the names of the canaries in these bytes and in whatever is packed in them. */
  search(data: Buffer): string[] {
    const digest = createHash("sha256").update(data).digest("base64");
    if (this.#clean.has(digest)) {
      return [];
    }
    const found = new Set(unpack(data).flatMap((layer) => [...this.find(layer)]));
    if (found.size === 0) {
      this.#clean.add(digest);
    }
    return [...found];
  }

  /** Return the names of the canaries in these bytes as they are. */
  find(data: Buffer): Set<string> {
    const found = new Set<string>();
    let four = 0;
    for (let i = 0; i < data.length; i += 1) {
      four = (four << 8) | (data[i] ?? 0);
      if (this.#filter[hash(four)] === 1) {
        for (const { name, bytes } of this.#needles.get(four) ?? []) {
          if (data.subarray(i - 3, i - 3 + bytes.length).equals(bytes)) {
            found.add(name);
          }
        }
      }
    }
    return found;
  }

  #addBytes(name: string, bytes: Buffer): void {
    const four = bytes.readInt32BE(0);
    this.#filter[hash(four)] = 1;
    this.#needles.set(four, [...(this.#needles.get(four) ?? []), { name, bytes }]);
  }
}

function hash(four: number): number {
  // Knuth's multiplicative hashing: the upper half of the product is well mixed.
  return Math.imul(four, 0x9e3779b1) >>> 16;
}

function escapes(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const html = text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;" })[c] ?? "&gt;");
  return [
    encodeURIComponent(text),
    encodeURIComponent(text).replaceAll("%20", "+"),
    json,
    each(json, (code) => `\\u${code.toString(16).padStart(4, "0")}`),
    html,
    each(html, (code) => `&#${code};`),
    each(html, (code) => `&#x${code.toString(16)};`),
  ];
}

function each(text: string, escape: (code: number) => string): string {
  return text.replace(/[^ -~]/g, (character) => escape(character.charCodeAt(0)));
}

// Base64 at the three places where a text can begin in its groups, without the characters that depend on its neighbours.
function encodings(bytes: Buffer): string[] {
  const aligned = [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    return encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
  });
  const url = aligned.map((encoded) => encoded.replaceAll("+", "-").replaceAll("/", "_"));
  const hex = bytes.toString("hex");
  return [...aligned, ...url, hex, hex.toUpperCase()];
}

function unique(buffers: readonly Buffer[]): Buffer[] {
  return [...new Map(buffers.map((buffer) => [buffer.toString("latin1"), buffer])).values()];
}
