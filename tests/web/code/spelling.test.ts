import { readFileSync } from "node:fs";

import { describe, expect, test, vi } from "vitest";

// The bundler makes text of these files; the test runner would make addresses of them.
vi.mock("../../../content/words/spelling.nl.txt", () => ({ default: read("nl") }));
vi.mock("../../../content/words/spelling.nato.txt", () => ({ default: read("nato") }));

const { isSpelled, readWord, readWords } = await import("../../../web/code/spelling.ts");

function read(name: string): string {
  return readFileSync(new URL(`../../../content/words/spelling.${name}.txt`, import.meta.url), "utf-8");
}

describe("a word", () => {
  test.each([
    "boom",
    " Boom,",
    "b o o m",
    "b-o-o-m",
    "B. O. O. M.",
    "b, o, o, m",
    "Bernhard Otto Otto Maria",
    "Bernhard, Otto, Otto, Maria.",
    "bravo oscar oscar mike",
    "bravo Otto o Mike",
    "bóóm",
  ])("is read from %j", (text) => {
    expect(readWords(text)).toEqual(["boom"]);
  });

  test.each([
    ["IJmuiden Simon", "ijs"],
    ["ij s", "ijs"],
    ["Izaäk Jan", "ij"],
    ["x-ray echo", "xe"],
    ["xray echo", "xe"],
    ["Quotiënt Utrecht", "qu"],
    ["zee ster", "zeester"],
    ["kip\uFB01let", "kipfilet"],
    ["\u0133s", "ijs"],
    ["hotel", "hotel"],
    ["", ""],
    ["12 !", ""],
  ])("is read from %j as %j", (text, word) => {
    expect(readWord(text)).toBe(word);
  });
});

test.each([
  "boom kers peer",
  "boom, kers, peer",
  "1. Boom\n2. KERS\n3. peer",
  "1 boom 2 kers 3 peer",
  "1) boom\r\n2) kers\r\n3) peer",
  "boom; b-o-o-m",
  "1. b o o m 2. k e r s 3. Pieter Eduard Eduard Richard",
])("several words are kept apart: %j", (text) => {
  expect(readWords(text).slice(0, 3)).toEqual(text.includes(";") ? ["boom", "boom"] : ["boom", "kers", "peer"]);
});

test("what may go on being spelled out is told from a word that has ended", () => {
  expect(["b ", "b o ", "bernhard ", "x ray ", "ij "].filter(isSpelled)).toHaveLength(5);
  expect(["boom ", "zee ster", "b oo"].filter(isSpelled)).toEqual([]);
});

test("every name of an alphabet begins with the letter that it stands for, and none stands for two", () => {
  for (const name of `${read("nl")}${read("nato")}`.trim().split("\n")) {
    expect(name).toMatch(/^[a-z ]+$/);
    expect([name.charAt(0), "ij"]).toContain(readWord(`${name} ${name}`).slice(0, name.startsWith("ij") ? 2 : 1));
  }
});
