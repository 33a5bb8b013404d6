/** Mistakes within one word: how likely a word was meant by what was typed. No page, no state but the lists' shapes. */

/** A word that may have been meant: its place in the list, and a cost that is lower the likelier it is. */
export interface Candidate {
  readonly index: number;
  readonly cost: number;
}

// Costs are about −log₂ of a chance, in halves: a likely slip 2, any other 3.
const SLIP = 2;
const OTHER = 3;
// Four letters may stand for a word; that they do so with a mistake in them is a little less likely.
const ABBREVIATED = 1;
const MOST = 2 * OTHER;
const MOST_EDITS = 2;
const MOST_IN_SHORT = 2 * SLIP;
const SHORT = 4;

const A = "a".charCodeAt(0);
const LETTER_COUNT = 26;
// A phone's keyboard: each row begins half a key, then a whole one, further to the right.
const ROWS = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
const SHIFTS = [0, 0.5, 1.5];
const NEVER = 100;
const LONGEST = 28;
const ROWS_OF_COSTS: readonly [Uint8Array, Uint8Array, Uint8Array] = [makeRow(), makeRow(), makeRow()];
const CHANGES = priceChanges();

// Spellings that sound alike, or nearly so, in Dutch or in English; applied in this order.
const SOUNDS: readonly (readonly [RegExp, string])[] = [
  [/ij|ey/g, "ei"],
  [/[ao]uw?/g, "au"],
  [/ie|ea/g, "i"],
  [/ph/g, "f"],
  [/th/g, "t"],
  [/qu/g, "kw"],
  [/ch/g, "g"],
  [/x/g, "ks"],
  [/c/g, "k"],
  [/z/g, "s"],
  [/v/g, "f"],
  [/y/g, "i"],
  [/d$/, "t"],
  [/(.)\1/g, "$1"],
];

/** A way in which words may be typed: as they are spelt, as they sound, or by their first four letters. */
interface Form {
  readonly indices: readonly number[];
  readonly texts: readonly string[];
  /** The letters that occur in each text. Every search passes all of them, so they stand close together. */
  readonly letters: Int32Array;
}

interface Forms {
  readonly spelt: Form;
  readonly heard: Form;
  readonly heardOtherwise: Form;
  readonly abbreviated: Form;
}

const known = new WeakMap<readonly string[], Forms>();

/** Return the words of a list that may have been meant by what was typed, each once. */
export function meant(typed: string, words: readonly string[]): Candidate[] {
  const { spelt, heard, heardOtherwise, abbreviated } = formsOf(words);
  const most = typed.length <= SHORT ? MOST_IN_SHORT : MOST;
  const costs = new Map<number, number>();
  compare(typed, spelt, 0, most, costs);
  const sound = hear(typed);
  // What sounds as it is spelt, on both sides, was compared already.
  compare(sound, sound === typed ? heardOtherwise : heard, SLIP, most, costs);
  if (Math.abs(typed.length - SHORT) <= 1) {
    compare(typed, abbreviated, ABBREVIATED, most, costs);
  }
  return Array.from(costs, ([index, cost]) => ({ index, cost }));
}

function compare(typed: string, form: Form, extra: number, most: number, costs: Map<number, number>): void {
  const letters = lettersOf(typed);
  form.letters.forEach((others, i) => {
    // An edit makes one letter appear and another vanish at the most; most words fall out by that alone.
    if (countBits(letters & ~others) > MOST_EDITS || countBits(others & ~letters) > MOST_EDITS) {
      return;
    }
    const index = form.indices[i] ?? 0;
    const limit = Math.min(most, costs.get(index) ?? most) - extra;
    const cost = distance(typed, form.texts[i] ?? "", limit);
    if (cost <= limit) {
      costs.set(index, cost + extra);
    }
  });
}

/**
 * Return what it costs to have typed one text for another: letters lost, added, changed, or two of them swapped.
 *
 * Whatever needs more than two letters more or less on the way, or costs more than `limit`, is NEVER.
 */
export function distance(typed: string, word: string, limit: number): number {
  if (typed.length > LONGEST || Math.abs(typed.length - word.length) > MOST_EDITS) {
    return NEVER;
  }
  // Row i holds the costs of the first i letters typed, by the number of letters of the word.
  let [before, last, row] = ROWS_OF_COSTS;
  last.fill(NEVER);
  last[0] = 0;
  for (let j = 1; j <= Math.min(MOST_EDITS, word.length); j += 1) {
    last[j] = (last[j - 1] ?? 0) + priceOfRepeat(word, j - 1);
  }
  for (let i = 1; i <= typed.length; i += 1) {
    if (fillRow(typed, word, i, before, last, row) > limit) {
      return NEVER;
    }
    [before, last, row] = [last, row, before];
  }
  return last[word.length] ?? NEVER;
}

function fillRow(typed: string, word: string, i: number, before: Uint8Array, last: Uint8Array, row: Uint8Array): number {
  const here = typed.charCodeAt(i - 1);
  const there = typed.charCodeAt(i - 2);
  const removed = priceOfRepeat(typed, i - 1);
  let least = NEVER;
  row.fill(NEVER);
  for (let j = Math.max(0, i - MOST_EDITS); j <= Math.min(word.length, i + MOST_EDITS); j += 1) {
    const letter = word.charCodeAt(j - 1);
    let cost = (last[j] ?? NEVER) + removed;
    if (j > 0) {
      cost = Math.min(cost, (row[j - 1] ?? NEVER) + priceOfRepeat(word, j - 1));
      cost = Math.min(cost, (last[j - 1] ?? NEVER) + priceOfChange(here, letter));
      if (letter === there && here === word.charCodeAt(j - 2)) {
        cost = Math.min(cost, (before[j - 2] ?? NEVER) + SLIP);
      }
    }
    row[j] = Math.min(cost, NEVER);
    least = Math.min(least, cost);
  }
  return least;
}

/** Return a spelling that texts share which sound alike, or nearly so. */
export function hear(text: string): string {
  return SOUNDS.reduce((heard, [pattern, sound]) => heard.replace(pattern, sound), text);
}

// A letter that is typed twice, or once instead of twice, is a slip.
function priceOfRepeat(text: string, at: number): number {
  return text.charCodeAt(at) === text.charCodeAt(at - 1) ? SLIP : OTHER;
}

function priceOfChange(one: number, other: number): number {
  return CHANGES[(one - A) * LETTER_COUNT + other - A] ?? OTHER;
}

function makeRow(): Uint8Array {
  return new Uint8Array(LONGEST + MOST_EDITS + 1);
}

function priceChanges(): Uint8Array {
  const prices = new Uint8Array(LETTER_COUNT * LETTER_COUNT).fill(OTHER);
  const keys = ROWS.flatMap((row, y) => Array.from(row, (letter, x) => ({ letter, x: x + (SHIFTS[y] ?? 0), y })));
  for (const one of keys) {
    for (const other of keys) {
      if (Math.abs(one.x - other.x) <= 1 && Math.abs(one.y - other.y) <= 1) {
        const price = one.letter === other.letter ? 0 : SLIP;
        prices[(one.letter.charCodeAt(0) - A) * LETTER_COUNT + other.letter.charCodeAt(0) - A] = price;
      }
    }
  }
  return prices;
}

function formsOf(words: readonly string[]): Forms {
  const found = known.get(words);
  if (found !== undefined) {
    return found;
  }
  const all = Array.from(words.keys());
  const sounds = words.map(hear);
  const made = {
    spelt: makeForm(all, words),
    heard: makeForm(all, sounds),
    heardOtherwise: makeForm(all.filter((index) => sounds[index] !== words[index]), sounds),
    abbreviated: makeForm(all, words.map((word) => word.slice(0, SHORT))),
  };
  known.set(words, made);
  return made;
}

function makeForm(indices: readonly number[], all: readonly string[]): Form {
  const texts = indices.map((index) => all[index] ?? "");
  return { indices, texts, letters: Int32Array.from(texts, lettersOf) };
}

/** Return the letters that occur in a text, one bit each. */
function lettersOf(text: string): number {
  let letters = 0;
  for (let i = 0; i < text.length; i += 1) {
    letters |= 1 << (text.charCodeAt(i) - A);
  }
  return letters;
}

// Each step adds neighbours: bits, pairs, fours; the product then adds the four bytes up.
function countBits(bits: number): number {
  const pairs = bits - ((bits >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
