import { readFileSync } from "node:fs";

import fc from "fast-check";
import { expect, test } from "vitest";

import { meant } from "../../../web/code/mistakes.ts";
import { repair } from "../../../web/code/repair.ts";
import { decode, encode, makeSecret } from "../../../web/protocol/code.ts";

const WORDS = readFileSync(new URL("../../../content/words/nl.txt", import.meta.url), "utf-8").trim().split("\n");
const secrets = fc.uint8Array({ minLength: 11, maxLength: 11 }).map(makeSecret);
const CODE = encode(makeSecret(new Uint8Array(11).fill(99)), WORDS);

const change = (place: number, word: string): string[] => CODE.map((each, i) => (i === place ? word : each));

test("every proposal is a whole code that fits, and names just the places where it is other than what was typed", () => {
  fc.assert(
    fc.property(secrets, fc.array(fc.constantFrom(...WORDS, "", "boem", "xqzw"), { maxLength: 3 }), (secret, strange) => {
      const typed = [...strange, ...encode(secret, WORDS).slice(strange.length)];
      for (const { words, changes } of repair(typed, WORDS)) {
        expect(() => decode(words, WORDS)).not.toThrow();
        if (!typed.includes("")) {
          expect(changes.map(({ place }) => place)).toEqual(words.flatMap((word, i) => (word === typed[i] ? [] : [i])));
        }
        expect(changes.map(({ place, word }) => words[place] === word)).not.toContain(false);
      }
    }),
    { numRuns: 50 },
  );
});

test("at most three codes are proposed, unless any of the eight words may be missing", () => {
  const gap = [...CODE.slice(0, 2), ...CODE.slice(3), ""];
  expect(repair(gap, WORDS).map(({ changes }) => changes.map(({ place }) => place))).toEqual([[0], [1], [2], [3], [4], [5], [6], [7]]);
  expect(repair(gap, WORDS)[2]?.words).toEqual(CODE);
  fc.assert(
    fc.property(secrets, (secret) => {
      const typed = encode(secret, WORDS).map((word) => word.slice(1));
      expect(repair(typed, WORDS).length).toBeLessThanOrEqual(3);
    }),
    { numRuns: 30 },
  );
});

test("an empty field in the middle is the place of the missing word", () => {
  expect(repair(change(3, ""), WORDS)).toEqual([{ words: CODE, changes: [{ place: 3, word: CODE[3] }] }]);
  expect(repair([...CODE.slice(0, 6), "", ""], WORDS)).toEqual([]);
});

test("an unreadable word follows from the seven others", () => {
  expect(repair(change(5, "xqzw"), WORDS)).toEqual([{ words: CODE, changes: [{ place: 5, word: CODE[5] }] }]);
});

test("four letters of each word, one of them wrong, are mended too", () => {
  const typed = CODE.map((word) => word.slice(0, 4));
  const [first = ""] = typed;
  const [proposal] = repair([`${first.slice(0, 2)}${first.slice(3)}`, ...typed.slice(1)], WORDS);
  expect(proposal?.words).toEqual(CODE);
  expect(proposal?.changes).toEqual([{ place: 0, word: CODE[0] }]);
});

test("two swapped words are proposed as one exchange", () => {
  const [one = "", other = "", ...rest] = CODE;
  const [proposal] = repair([other, one, ...rest], WORDS);
  expect(proposal).toEqual({
    words: CODE,
    changes: [
      { place: 0, word: one },
      { place: 1, word: other },
    ],
  });
});

test("a mistake that makes another word of the list is thought of", () => {
  // Words of the list that are two likely slips apart: what was meant, and what was typed.
  const pairs = WORDS.slice(0, 500).flatMap((typed) =>
    meant(typed, WORDS).flatMap(({ index, cost }) => (cost > 0 && cost <= 4 ? [[WORDS[index] ?? "", typed] as const] : [])),
  );
  expect(pairs.length).toBeGreaterThan(10);
  for (const [word, twin] of pairs.slice(0, 20)) {
    const number = BigInt(WORDS.indexOf(word)) << 36n;
    const code = encode(Uint8Array.from({ length: 11 }, (_, i) => Number((number >> BigInt(8 * (10 - i))) & 0xffn)), WORDS);
    const typed = code.map((each, place) => (place === 3 ? twin : each));
    expect(code[3]).toBe(word);
    expect(repair(typed, WORDS).map(({ words }) => words)).toContainEqual(code);
  }
});

test("what sounds alike is near, and what resembles nothing has no neighbours", () => {
  for (const [typed, word] of [["blei", "blij"], ["kautje", "koutje"], ["hont", "hond"], ["qqqqqqq", ""]] as const) {
    const found = meant(typed, [...new Set([...WORDS, "blij", "hond", "koutje"])]);
    expect(found.length > 0).toBe(word !== "");
  }
});
