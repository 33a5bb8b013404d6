import { readFileSync } from "node:fs";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { complete, decode, encode, makeSecret, recover, split } from "../../../web/protocol/code.ts";
import { MalformedError } from "../../../web/protocol/errors.ts";

const readWords = (language: string): string[] =>
  readFileSync(new URL(`../../../content/words/${language}.txt`, import.meta.url), "utf-8").trim().split("\n");
const secrets = fc.uint8Array({ minLength: 11, maxLength: 11 }).map(makeSecret);
const places = fc.nat(7);

describe.each(["nl", "en"])("with the list %s", (language) => {
  const words = readWords(language);

  test("words encode a secret and decode to it", () => {
    fc.assert(
      fc.property(secrets, (secret) => {
        expect(decode(encode(secret, words), words)).toEqual(secret);
      }),
    );
  });

  test("every single wrong word is detected, and the right one is recovered once it is struck out", () => {
    fc.assert(
      fc.property(secrets, places, fc.constantFrom(...words), (secret, place, wrong) => {
        const right = encode(secret, words);
        const typed = right.map((word, i) => (i === place ? wrong : word));
        if (wrong !== right[place]) {
          expect(() => decode(typed, words)).toThrow(MalformedError);
        }
        expect(recover(typed.map((word, i) => (i === place ? null : word)), words)).toBe(right[place]);
      }),
    );
  });

  test("every swap is detected", () => {
    fc.assert(
      fc.property(secrets, places, places, (secret, one, other) => {
        const right = encode(secret, words);
        const typed = right.map((word, i) => right[i === one ? other : i === other ? one : i] ?? word);
        fc.pre(right[one] !== right[other]);
        expect(() => decode(typed, words)).toThrow(MalformedError);
      }),
    );
  });

  test("four letters suffice where they name one word", () => {
    const secret = makeSecret(new Uint8Array(11).fill(99));
    const typed = encode(secret, words).map((word) => word.slice(0, 4));
    expect(typed.every((start) => complete(start, words).length === 1)).toBe(true);
    expect(decode(typed, words)).toEqual(secret);
  });
});

test("typed text is split into lower-case words, whatever stands between", () => {
  expect(split("1. Appel,peer\n 2) KERS")).toEqual(["appel", "peer", "kers"]);
  expect(split("12 !")).toEqual([]);
});

test("only one missing word of eight can be recovered", () => {
  const words = readWords("nl");
  const right: (string | null)[] = encode(makeSecret(new Uint8Array(11)), words);
  for (const typed of [right, [...right.slice(0, 6), null, null], [...right, null], []]) {
    expect(() => recover(typed, words)).toThrow(MalformedError);
  }
});
