/** Thousands of mistakes of each kind: how many are seen, and how many the first proposal mends. */

import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { repair } from "../../../web/code/repair.ts";
import { decode } from "../../../web/protocol/code.ts";
import { type Dice, makeCode, makeDice, slipKey, slipLetter, slipSound } from "./slips.ts";

// The English list is made by the same rules and mended by the same code.
const TRIES: Readonly<Record<string, number>> = { nl: 10_000, en: 1_000 };
// A share near the 95% that is asked for would be off by half a percentage point, one standard error; what is found lies above 99%.
const REPAIRS: Readonly<Record<string, number>> = { nl: 2_000, en: 1_000 };
// A repair without a likely answer looks at all eight words; a few hundred of them say as much.
const SEARCHES = 500;
// Some five seconds where nothing else runs.
const LONGEST_MILLISECONDS = 300_000;
const LEAST_REPAIRED = 0.95;

type Mistake = (code: readonly string[], dice: Dice) => string[] | null;

const readWords = (language: string): string[] =>
  readFileSync(new URL(`../../../content/words/${language}.txt`, import.meta.url), "utf-8").trim().split("\n");

describe.each(["nl", "en"])("with the list %s", (language) => {
  const words = readWords(language);
  const tries = TRIES[language] ?? 0;
  const repairs = REPAIRS[language] ?? 0;

  const wordsWith =
    (slip: (word: string, dice: Dice) => string | null, count = 1): Mistake =>
    (code, dice) => {
      const start = dice(8);
      const places = Array.from({ length: count }, (_, i) => (start + 3 * i) % 8);
      const slips = code.map((word, place) => (places.includes(place) ? slip(word, dice) : word));
      return slips.every((word) => word !== null) && slips.join(" ") !== code.join(" ") ? slips : null;
    };
  const putAnother: Mistake = (code, dice) => {
    const place = dice(8);
    const other = words[dice(words.length)] ?? "";
    return code[place] === other ? null : code.map((word, i) => (i === place ? other : word));
  };
  const swapTwo: Mistake = (code, dice) => {
    const one = dice(8);
    const other = (one + 1 + dice(7)) % 8;
    return code[one] === code[other] ? null : code.map((word, i) => (i === one ? code[other] : i === other ? code[one] : word) ?? "");
  };
  const leaveOut: Mistake = (code, dice) => {
    const place = dice(8);
    return [...code.filter((_, i) => i !== place), ""];
  };
  const leaveEmpty: Mistake = (code, dice) => {
    const place = dice(7);
    return code.map((word, i) => (i === place ? "" : word));
  };

  test.each<[string, Mistake]>([
    ["letter", wordsWith(slipLetter)],
    ["neighbour key", wordsWith(slipKey)],
    ["homophone", wordsWith(slipSound)],
    ["two swapped words", swapTwo],
  ])("of mistakes of the kind “%s” most are mended by the first proposal", (kind, mistake) => {
    const { first, amongThree } = simulate(kind, mistake, repairs);
    expect(first).toBeGreaterThanOrEqual(LEAST_REPAIRED);
    expect(amongThree).toBeGreaterThanOrEqual(first);
  }, LONGEST_MILLISECONDS);

  test.each<[string, Mistake]>([
    ["two words with a letter each", wordsWith(slipLetter, 2)],
    ["four words with a key each", wordsWith(slipKey, 4)],
    ["two letters in one word", wordsWith((word, dice) => slipLetter(slipLetter(word, dice), dice))],
  ])("of mistakes of the kind “%s” most are mended by the first proposal", (kind, mistake) => {
    expect(simulate(kind, mistake, SEARCHES).first).toBeGreaterThanOrEqual(LEAST_REPAIRED);
  });

  test("a word that was left out is proposed: alone where its place is empty, else among the eight that fit", () => {
    expect(simulate("missing word, its place left empty", leaveEmpty, SEARCHES).first).toBe(1);
    expect(simulate("missing word, the rest moved up", leaveOut, SEARCHES).all).toBe(1);
  });

  test("a wrong word that resembles nothing is seldom answered with a proposal", () => {
    expect(simulate("wrong word", putAnother, SEARCHES).none).toBeGreaterThan(0.95);
  });

  test.each<[string, Mistake]>([
    ["wrong word", putAnother],
    ["two swapped words", swapTwo],
    ["missing word", leaveOut],
  ])("no code with a mistake of the kind “%s” opens", (_, mistake) => {
    repeat(mistake, tries, (_code, typed) => {
      expect(() => decode(typed, words)).toThrow("word");
    });
  });

  /** Make mistakes and count, as shares: mended by the first proposal, by one of three, by any; nothing proposed. */
  function simulate(kind: string, mistake: Mistake, times: number): Record<"first" | "amongThree" | "all" | "none", number> {
    const ranks: number[] = [];
    let none = 0;
    repeat(mistake, times, (code, typed) => {
      const proposals = repair(typed, words);
      ranks.push(proposals.findIndex((proposal) => proposal.words.join(" ") === code.join(" ")));
      none += proposals.length === 0 ? 1 : 0;
    });
    const within = (count: number): number => ranks.filter((rank) => rank >= 0 && rank < count).length / times;
    const [first, amongThree, all] = [within(1), within(3), within(8)];
    const percent = (share: number): string => `${(100 * share).toFixed(2)}%`;
    console.info(
      `${language}, ${kind}, ${times} times: first ${percent(first)}, among three ${percent(amongThree)}, ` +
        `at all ${percent(all)}, no proposal ${percent(none / times)}`,
    );
    return { first, amongThree, all, none: none / times };
  }

  function repeat(mistake: Mistake, times: number, look: (code: readonly string[], typed: readonly string[]) => void): void {
    const dice = makeDice(20_261_121);
    for (let count = 0; count < times; ) {
      const code = makeCode(words, dice);
      const typed = mistake(code, dice);
      if (typed !== null) {
        look(code, typed);
        count += 1;
      }
    }
  }
});
