/** The word lists; a code's language is the list that has all of its words. */

import dutch from "../../content/words/nl.txt";
import english from "../../content/words/en.txt";

import { complete } from "../protocol/code.ts";

const LISTS = [dutch, english].map((text) => text.trim().split("\n"));

/** The list that new codes are made from. */
export const DUTCH = LISTS[0] ?? [];

/** Return the list that fits what was typed: the one that knows most of the words. */
export function listOf(typed: readonly string[]): readonly string[] {
  const known = (words: readonly string[]): number => typed.filter((word) => complete(word, words).length > 0).length;
  return LISTS.reduce((best, words) => (known(words) > known(best) ? words : best), DUTCH);
}
