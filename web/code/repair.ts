/** What somebody may have meant who typed a code wrongly. No page; a repair is proposed, never applied. */

import { complete, LIST_SIZE, PREFIX_LETTERS, recover, syndrome, WORD_COUNT } from "../protocol/code.ts";
import { type Candidate, meant } from "./mistakes.ts";

/** One word of a code that is other than it was typed. */
export interface Change {
  readonly place: number;
  readonly word: string;
}

/** A whole code whose check word fits, and in what it differs from what was typed. */
export interface Proposal {
  readonly words: readonly string[];
  readonly changes: readonly Change[];
}

interface Costly extends Proposal {
  readonly cost: number;
}

const MOST_PROPOSALS = 3;
// In the units of mistakes.ts. Words of a list are two slips apart, so one is rarely typed for another.
const WORD_FOR_WORD = 3;
const SLACK = 9;
// Beside the first proposal, whatever is this much less likely would only confuse.
const MARGIN = 4;
const NEVER = 0x7fff;

/**
 * Return whole codes that fit and that may have been meant, best first: at most three.
 *
 * Where only the last of the eight is empty, any one word may be missing and the rest have moved up: all eight codes
 * are equally likely and are returned, in the order of the missing word's place.
 */
export function repair(typed: readonly string[], words: readonly string[]): Proposal[] {
  const numbers = typed.map((word) => find(word, words));
  const doubtful = numbers.flatMap((number, place) => (number < 0 ? [place] : []));
  const [first] = doubtful;
  if (typed.includes("")) {
    return doubtful.length === 1 && first !== undefined ? fillGap(typed, first, words) : [];
  }
  const found = first === undefined ? swap(numbers, words) : respell(typed, numbers, words, false);
  // A word of the list is rarely typed for another, so that is thought of last.
  found.push(...(found.length === 0 ? respell(typed, numbers, words, true) : []));
  if (found.length === 0 && doubtful.length === 1 && first !== undefined) {
    return [insert(typed, first, words)];
  }
  found.sort((one, other) => one.cost - other.cost);
  return found.slice(0, MOST_PROPOSALS).map(({ words: proposed, changes }) => ({ words: proposed, changes }));
}

/** Return the place in the list of a word or of its first letters; −1 if there is none, or more than one. */
export function find(typed: string, words: readonly string[]): number {
  const exact = words.indexOf(typed);
  if (exact >= 0 || typed.length < PREFIX_LETTERS) {
    return exact;
  }
  const [only, ...others] = complete(typed, words);
  return only === undefined || others.length > 0 ? -1 : words.indexOf(only);
}

/** Return the code with the one word at a place that fits the seven others. */
function insert(typed: readonly string[], place: number, words: readonly string[]): Proposal {
  const word = recover(typed.map((each, i) => (i === place ? null : each)), words);
  return { words: typed.map((each, i) => (i === place ? word : each)), changes: [{ place, word }] };
}

function fillGap(typed: readonly string[], gap: number, words: readonly string[]): Proposal[] {
  if (gap < WORD_COUNT - 1) {
    return [insert(typed, gap, words)];
  }
  const seven = typed.slice(0, gap);
  return typed.map((_, place) => insert([...seven.slice(0, place), "", ...seven.slice(place)], place, words));
}

function swap(numbers: readonly number[], words: readonly string[]): Costly[] {
  const found: Costly[] = [];
  for (const [one, number] of numbers.entries()) {
    for (const [other, twin] of numbers.slice(0, one).entries()) {
      const swapped = numbers.map((each, place) => (place === one ? twin : place === other ? number : each));
      if (number !== twin && syndrome(swapped) === 0) {
        found.push(describe(swapped, numbers, words, 0));
      }
    }
  }
  return found;
}

function describe(chosen: readonly number[], numbers: readonly number[], words: readonly string[], cost: number): Costly {
  const proposed = chosen.map((number) => words[number] ?? "");
  const changes = proposed.flatMap((word, place) => (chosen[place] === numbers[place] ? [] : [{ place, word }]));
  return { words: proposed, changes, cost };
}

/** A word at its place in the code, and what it adds to the syndrome. */
interface Choice extends Candidate {
  readonly share: number;
}

/**
 * Return the codes that differ from what was typed by mistakes within words, one or several.
 *
 * The cheapest cost of every syndrome is carried from place to place, as Viterbi did; walking back from a syndrome of
 * zero then meets nothing but codes that fit.
 */
function respell(
  typed: readonly string[],
  numbers: readonly number[],
  words: readonly string[],
  isAnyDoubtful: boolean,
): Costly[] {
  const choices = typed.map((word, place) => {
    const number = numbers[place] ?? -1;
    const candidates = number < 0 || isAnyDoubtful ? meant(word, words) : [];
    return choose(candidates, place, number);
  });
  const least = choices.reduce((sum, each) => sum + Math.min(NEVER, ...each.map(({ cost }) => cost)), 0);
  const most = least + SLACK;
  if (least >= NEVER) {
    return [];
  }
  const tables: Int16Array[] = [new Int16Array(LIST_SIZE).fill(NEVER)];
  tables[0]?.fill(0, 0, 1);
  for (const each of choices) {
    tables.push(carry(tables.at(-1) ?? new Int16Array(0), each, most));
  }
  const best = tables.at(-1)?.[0] ?? NEVER;
  return walkBack(choices, tables, Math.min(most, best + MARGIN)).map(({ chosen, cost }) =>
    describe(chosen, numbers, words, cost),
  );
}

function choose(candidates: readonly Candidate[], place: number, number: number): Choice[] {
  const others = candidates.filter(({ index }) => index !== number);
  const all =
    number < 0
      ? others
      : [{ index: number, cost: 0 }, ...others.map(({ index, cost }) => ({ index, cost: cost + WORD_FOR_WORD }))];
  return all.map(({ index, cost }) => ({
    index,
    cost,
    share: syndrome(Array.from({ length: WORD_COUNT }, (_, i) => (i === place ? index : 0))),
  }));
}

function carry(before: Int16Array, choices: readonly Choice[], most: number): Int16Array {
  const after = new Int16Array(LIST_SIZE).fill(NEVER);
  for (let sum = 0; sum < LIST_SIZE; sum += 1) {
    const spent = before[sum] ?? NEVER;
    if (spent <= most) {
      for (const { share, cost } of choices) {
        const total = spent + cost;
        if (total <= most && total < (after[sum ^ share] ?? 0)) {
          after[sum ^ share] = total;
        }
      }
    }
  }
  return after;
}

/** Return the indices of all codes with a syndrome of zero that cost no more than `most`. */
function walkBack(
  choices: readonly (readonly Choice[])[],
  tables: readonly Int16Array[],
  most: number,
): { chosen: number[]; cost: number }[] {
  const found: { chosen: number[]; cost: number }[] = [];
  const walk = (place: number, sum: number, cost: number, chosen: readonly number[]): void => {
    if (cost + (tables[place]?.[sum] ?? NEVER) > most) {
      return;
    }
    if (place === 0) {
      found.push({ chosen: [...chosen], cost });
    }
    for (const choice of choices[place - 1] ?? []) {
      walk(place - 1, sum ^ choice.share, cost + choice.cost, [choice.index, ...chosen]);
    }
  };
  walk(WORD_COUNT, 0, 0, []);
  return found;
}
