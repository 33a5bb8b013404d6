/** Which addresses a visit to a mailbox asks for: always the same number, whatever is waiting. spec: Steps, Read. */

import { deriveAddress, prefix, type Slot } from "./address.ts";
import { compareBytes, decodeB64u, encodeB64u } from "./encoding.ts";
import { assert } from "./errors.ts";
import { LAST_NUMBER, PREFIX_SIZE } from "./labels.ts";
import { nextRound, type Pause } from "./pause.ts";
import type { Id } from "./payload.ts";

export const FETCH_COUNT = 4;

// Without JIT that many addresses take a few frames.
const PAUSE_COUNT = 64;

/** The numbers of each author that the index may list, ascending; never an author without any. */
export type Listed = ReadonlyMap<Id, readonly number[]>;

/**
 * Return the numbers of each author that the index may list, ascending.
 *
 * Four bytes of an address match by chance once in 2³² tries per entry: what is listed is a hint, not a promise.
 * Now and then it pauses, so that a page without JIT stays alive.
 */
export async function matchIndex(
  index: Uint8Array,
  replyAddressKey: Uint8Array,
  authors: Iterable<Uint8Array>,
  pause: Pause = nextRound,
): Promise<Listed> {
  const entries = new Set<number>();
  for (let i = 0; i + PREFIX_SIZE <= index.length; i += PREFIX_SIZE) {
    entries.add(numberAt(index, i));
  }
  const matches = new Map<Id, readonly number[]>();
  for (const author of authors) {
    const numbers: number[] = [];
    for (let number = 0; number <= LAST_NUMBER; number += 1) {
      if (number % PAUSE_COUNT === 0) {
        await pause();
      }
      if (entries.has(numberAt(prefix(deriveAddress(replyAddressKey, author, number)), 0))) {
        numbers.push(number);
      }
    }
    if (numbers.length > 0) {
      matches.set(encodeB64u(author), numbers);
    }
  }
  return matches;
}

/** Return the slots of fetch A: own number 0 and the highest listed number of up to three authors. */
export function planFirst(own: Uint8Array, listed: Listed): Slot[] {
  const busiest = Array.from(listed, ([author, numbers]) => slotOf(author, Math.max(...numbers))).sort(compareSlots);
  return [{ author: own, number: 0 }, ...busiest.slice(0, FETCH_COUNT - 1)];
}

/**
 * Return the slots of fetch B: the highest own number that replies have seen and the next, then listed ones.
 *
 * `seen` is 0 where no reply has seen more than the first message.
 */
export function planSecond(own: Uint8Array, seen: number, listed: Listed, asked: Iterable<Slot>): Slot[] {
  const numbers = seen >= 1 ? [seen, seen + 1] : [1, 2];
  const slots = numbers.filter((number) => number <= LAST_NUMBER).map((number) => ({ author: own, number }));
  return [...slots, ...planNext(listed, asked)].slice(0, FETCH_COUNT);
}

/** Return the listed slots that were not asked for yet, newest numbers first. */
export function planNext(listed: Listed, asked: Iterable<Slot>): Slot[] {
  const known = new Set(Array.from(asked, slotKey));
  const all = Array.from(listed, ([author, numbers]) => numbers.map((number) => slotOf(author, number))).flat();
  return all.filter((slot) => !known.has(slotKey(slot))).sort(compareSlots);
}

/**
 * Return the slots of *four more*: own numbers below the highest known one and listed slots, not asked for yet.
 *
 * `highest` is −1 where no own message is known. The highest numbers come first.
 */
export function planMore(own: Uint8Array, highest: number, listed: Listed, asked: Iterable<Slot>): Slot[] {
  const numbers = Array.from({ length: Math.max(highest, 0) }, (_, number) => number);
  return planNext(new Map([...listed, [encodeB64u(own), numbers]]), asked);
}

function numberAt(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset);
}

function slotOf(author: Id, number: number): Slot {
  assert(number >= 0, "an author is listed with at least one number");
  return { author: decodeB64u(author), number };
}

function slotKey(slot: Slot): string {
  return `${encodeB64u(slot.author)} ${slot.number}`;
}

function compareSlots(a: Slot, b: Slot): number {
  return b.number - a.number || compareBytes(a.author, b.author);
}
