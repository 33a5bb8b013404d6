/** Mistakes as people make them, from a seed: the same ones in every run. Other code than what mends them. */

import { encode, makeSecret } from "../../../web/protocol/code.ts";

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const ROWS = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
const SOUNDS = ["ei/ij", "au/ou", "d/t", "c/k", "z/s", "v/f"].map((pair) => pair.split("/"));

/** Return a number below a limit. */
export type Dice = (limit: number) => number;

/** Return dice that fall the same way for the same seed (mulberry32). */
export function makeDice(seed: number): Dice {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** Return the eight words of some code. */
export function makeCode(words: readonly string[], dice: Dice): string[] {
  return encode(makeSecret(Uint8Array.from({ length: 11 }, () => dice(256))), words);
}

/** Return a word with one letter missing, added, wrong, doubled, or swapped with the next. */
export function slipLetter(word: string, dice: Dice): string {
  const at = dice(word.length);
  const [before, letter, after] = [word.slice(0, at), word.charAt(at), word.slice(at + 1)];
  const other = LETTERS.charAt(dice(LETTERS.length));
  const slips = [
    before + after,
    before + other + letter + after,
    before + other + after,
    before + letter + letter + after,
    before + after.slice(0, 1) + letter + after.slice(1),
  ];
  return slips[dice(slips.length)] ?? word;
}

/** Return a word with one letter typed on a key beside or above it. */
export function slipKey(word: string, dice: Dice): string {
  const at = dice(word.length);
  const y = ROWS.findIndex((row) => row.includes(word.charAt(at)));
  const x = ROWS[y]?.indexOf(word.charAt(at)) ?? 0;
  const keys = [ROWS[y]?.[x - 1], ROWS[y]?.[x + 1], ROWS[y - 1]?.[x], ROWS[y + 1]?.[x]].filter((key) => key !== undefined);
  return word.slice(0, at) + (keys[dice(keys.length)] ?? "") + word.slice(at + 1);
}

/** Return a word written as it sounds in one place, or with one of a double letter; null where there is no such place. */
export function slipSound(word: string, dice: Dice): string | null {
  const changed = SOUNDS.flatMap(([one = "", other = ""]) => [...replaceEach(word, one, other), ...replaceEach(word, other, one)]);
  const single = Array.from(word).flatMap((letter, i) => (letter === word[i + 1] ? [word.slice(0, i) + word.slice(i + 1)] : []));
  const slips = [...changed, ...single];
  return slips[dice(Math.max(1, slips.length))] ?? null;
}

function replaceEach(word: string, one: string, other: string): string[] {
  return Array.from(word).flatMap((_, i) => (word.startsWith(one, i) ? [word.slice(0, i) + other + word.slice(i + one.length)] : []));
}
