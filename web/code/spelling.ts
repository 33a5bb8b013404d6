/** Words as they are typed, pasted or dictated, among them words that are spelled out letter by letter. */

import dutch from "../../content/words/spelling.nl.txt";
import nato from "../../content/words/spelling.nato.txt";

import { split } from "../protocol/code.ts";

// A name stands for its first letter; only IJ is two.
const NAMES = new Map([...dutch.trim().split("\n"), ...nato.trim().split("\n")].map((name) => [name, /^(ij|.)/.exec(name)?.[0] ?? ""]));
const MARKS = /\p{M}/gu;
const BETWEEN_WORDS = /[\n\r,;.:)\d]+/;

/** Return the words in a text: what is spelled out, as in "b o o m" or "Bernhard Otto Otto Maria", is one word. */
export function readWords(text: string): string[] {
  const pieces = text.normalize("NFKD").replace(MARKS, "").split(BETWEEN_WORDS).map(split).filter((tokens) => tokens.length > 0);
  // Whoever spells may pause after every letter: "B, O, O, M".
  const isPaused = pieces.length > 1 && pieces.every((tokens) => joinLetters(tokens) !== null && isOneLetter(tokens));
  const whole = isPaused ? joinLetters(pieces.flat()) : null;
  return whole === null ? pieces.flatMap((tokens) => (tokens.length > 1 ? joinLetters(tokens) : null) ?? tokens) : [whole];
}

/** Return the one word that a text stands for; "" where there is none. */
export function readWord(text: string): string {
  return readWords(text).join("");
}

/** Say whether a text may be the beginning of a word that is spelled out. */
export function isSpelled(text: string): boolean {
  return joinLetters(readTokens(text)) !== null;
}

function readTokens(text: string): string[] {
  return split(text.normalize("NFKD").replace(MARKS, ""));
}

function isOneLetter(tokens: readonly string[]): boolean {
  return tokens.length === 1 || NAMES.has(tokens.join(" "));
}

/** Return the letters that tokens name, or null if one of them names none. */
function joinLetters(tokens: readonly string[]): string | null {
  let letters = "";
  for (let i = 0; i < tokens.length; i += 1) {
    const token = tokens[i] ?? "";
    const pair = NAMES.get(`${token} ${tokens[i + 1] ?? ""}`);
    const letter = pair ?? (token.length === 1 || token === "ij" ? token : NAMES.get(token));
    if (letter === undefined) {
      return null;
    }
    letters += letter;
    i += pair === undefined ? 0 : 1;
  }
  return letters;
}
