/** The word lists; a code's language is the list that has all of its words. */

import dutch from "../../content/words/nl.txt";

import { complete } from "../protocol/code.ts";
import { goOn } from "../protocol/pause.ts";

/** The lists that a code may come from. */
export type Lists = readonly (readonly string[])[];

/** The list that new codes are made from. */
export const DUTCH = split(dutch);

/** Load all lists that a code may come from; only whoever enters one needs the others. */
export async function loadLists(): Promise<Lists> {
  const english = await import("../../content/words/en.txt");
  await goOn();
  return [DUTCH, split(english.default)];
}

/** Return the list that fits what was typed: the one that knows most of the words. */
export function chooseList(typed: readonly string[], lists: Lists): readonly string[] {
  const known = (words: readonly string[]): number => typed.filter((word) => complete(word, words).length > 0).length;
  return lists.reduce((best, words) => (known(words) > known(best) ? words : best), DUTCH);
}

function split(text: string): string[] {
  return text.trim().split("\n");
}
