/** Eight words ⇄ 84 bits, with a check word that finds and mends mistakes. spec: Code. */

import { assert, MalformedError } from "./errors.ts";

export const LIST_SIZE = 4_096;
export const WORD_COUNT = 8;
export const SECRET_SIZE = 11;
export const PREFIX_LETTERS = 4;

// x¹² + x⁶ + x⁴ + x + 1, a primitive polynomial of GF(2¹²).
const POLYNOMIAL = 0x1053;
const LETTERS = /[a-z]+/g;

function multiply(a: number, b: number): number {
  let product = 0;
  let power = a;
  for (let rest = b; rest > 0; rest >>>= 1) {
    product ^= rest & 1 ? power : 0;
    power = (power << 1) ^ (power & 0x800 ? POLYNOMIAL : 0);
  }
  return product;
}

function raise(a: number, exponent: number): number {
  let result = 1;
  for (let i = 0; i < exponent; i += 1) {
    result = multiply(result, a);
  }
  return result;
}

// spec: the weight of digit i is α^(7−i), α = x. They differ from one another, hence a swap shows.
const WEIGHTS = Array.from({ length: WORD_COUNT }, (_, i) => raise(2, WORD_COUNT - 1 - i));

/** Return the sum that is zero for the eight digits of a code, each with its weight. */
export function syndrome(digits: readonly number[]): number {
  return WEIGHTS.reduce((total, weight, i) => total ^ multiply(weight, digits[i] ?? 0), 0);
}

/** Return a secret from 11 random bytes, of which the first four bits are dropped. */
export function makeSecret(random: Uint8Array): Uint8Array {
  assert(random.length === SECRET_SIZE, "a secret needs 11 random bytes");
  return random.map((byte, i) => (i === 0 ? byte & 0x0f : byte));
}

/** Return the eight words of a secret of 11 bytes, from a list of 4,096. */
export function encode(secret: Uint8Array, words: readonly string[]): string[] {
  const number = secret.reduce((total, byte) => (total << 8n) | BigInt(byte), 0n);
  assert(secret.length === SECRET_SIZE && number < 1n << 84n, "a secret is 84 bits in 11 bytes");
  const digits = [0, 1, 2, 3, 4, 5, 6].map((i) => Number((number >> BigInt(12 * (6 - i))) & 0xfffn));
  // spec: c_7 = Σ α^(7−i)·c_i; the weight of c_7 is 1.
  return [...digits, syndrome([...digits, 0])].map((digit) => wordAt(words, digit));
}

/**
 * Return the secret of eight words.
 *
 * Throws MalformedError for a word that is not on the list or a check word that does not fit. Every single wrong
 * word and every swap is found for certain; several wrong words pass with a probability of 1 in 4,096.
 */
export function decode(typed: readonly string[], words: readonly string[]): Uint8Array {
  const digits = typed.map((word) => indexOf(word, words));
  if (digits.length !== WORD_COUNT || syndrome(digits) !== 0) {
    throw new MalformedError("the words do not fit together");
  }
  const number = digits.slice(0, 7).reduce((total, digit) => (total << 12n) | BigInt(digit), 0n);
  return Uint8Array.from({ length: SECRET_SIZE }, (_, i) =>
    Number((number >> BigInt(8 * (SECRET_SIZE - 1 - i))) & 0xffn),
  );
}

/**
 * Return the one missing word, null at its place; a proposal, never to be applied silently.
 *
 * Throws MalformedError unless exactly one of eight is missing and the rest are on the list.
 */
export function recover(typed: readonly (string | null)[], words: readonly string[]): string {
  const place = typed.indexOf(null);
  if (typed.length !== WORD_COUNT || place < 0 || typed.lastIndexOf(null) !== place) {
    throw new MalformedError("exactly one word may be missing");
  }
  const digits = typed.map((word) => (word === null ? 0 : indexOf(word, words)));
  // The inverse of a non-zero element is its power 2¹² − 2; the weights are powers of α, whose order is 4,095.
  const inverse = raise(2, (LIST_SIZE - 1 - (WORD_COUNT - 1 - place)) % (LIST_SIZE - 1));
  return wordAt(words, multiply(syndrome(digits), inverse));
}

/** Return the words in what was typed or pasted: lower case, numbers and punctuation dropped. */
export function split(text: string): string[] {
  return text.toLowerCase().match(LETTERS) ?? [];
}

/** Return the words of the list that begin with what was typed. */
export function complete(typed: string, words: readonly string[]): string[] {
  return typed === "" ? [] : words.filter((word) => word.startsWith(typed));
}

function indexOf(word: string, words: readonly string[]): number {
  assert(words.length === LIST_SIZE, "a word list has 4,096 words");
  const exact = words.indexOf(word);
  if (exact >= 0) {
    return exact;
  }
  const found = word.length >= PREFIX_LETTERS ? complete(word, words) : [];
  const [only] = found;
  if (only === undefined || found.length !== 1) {
    throw new MalformedError("a word is not on the list");
  }
  return words.indexOf(only);
}

function wordAt(words: readonly string[], index: number): string {
  const word = words[index];
  assert(words.length === LIST_SIZE && word !== undefined, "a word list has 4,096 words");
  return word;
}
