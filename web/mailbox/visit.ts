/**
 * One visit to a mailbox: what it asks the store for, and what of it is authentic. spec: Steps, Read.
 *
 * Every opening makes the same requests, whatever is waiting: fetch A and fetch B, four addresses each.
 */

import { fetchBlocks, random } from "../api.ts";
import { today } from "../page.ts";
import type { Report } from "../progress.ts";
import { deriveAddress, type Slot } from "../protocol/address.ts";
import type { Body, Kind } from "../protocol/body.ts";
import { authenticateOwn, authenticateReply, type Draft, type Message, seenBy, speakers } from "../protocol/conversation.ts";
import { encodeB64u, equal } from "../protocol/encoding.ts";
import { open } from "../protocol/envelope.ts";
import { ForgedError, ProtocolError } from "../protocol/errors.ts";
import type { Keyset } from "../protocol/keyset.ts";
import { KEY_SIZE, LAST_NUMBER, SKIP_COUNT } from "../protocol/labels.ts";
import type { Mailbox } from "../protocol/mailbox.ts";
import { listed as listedIn } from "../protocol/roster.ts";
import { FETCH_COUNT, type Listed, matchIndex, planFirst, planMore, planSecond } from "../protocol/visit.ts";

/** What was found so far under a code. */
export class Visit {
  readonly mailbox: Mailbox;
  readonly keyset: Keyset;
  readonly #listed: Listed;
  readonly #asked: Slot[] = [];
  readonly #messages = new Map<string, Message>();
  #false = 0;

  constructor(mailbox: Mailbox, keyset: Keyset, listed: Listed) {
    this.mailbox = mailbox;
    this.keyset = keyset;
    this.#listed = listed;
  }

  /** One's own messages, by number. */
  get own(): Message[] {
    const own = [...this.#messages.values()].filter((message) => this.#isOwn(message.payload.author));
    return own.sort((a, b) => a.payload.number - b.payload.number);
  }

  /** The counsellors' messages: of those who may speak here, which only own messages say. */
  get replies(): Message[] {
    const persons = speakers(this.own);
    const workstations = listedIn(this.keyset.roster);
    return this.#signed.filter(({ payload }) => persons.has(workstations.get(encodeB64u(payload.author))?.person ?? ""));
  }

  /** With which the conversation was taken back, if it was. */
  get withdrawal(): Message | undefined {
    return this.own.find(({ payload }) => payload.kind === "withdraw");
  }

  /** How many bodies at an expected place were meant for this mailbox, and false. */
  get forged(): number {
    return this.#false + (this.own.length === 0 ? 0 : this.#signed.length - this.replies.length);
  }

  /** How many messages are known to be somewhere and were not asked for yet. */
  get unloaded(): number {
    return this.#more.length;
  }

  /** Whether nothing more of one's own can be beyond those that are known. */
  get isOwnEnd(): boolean {
    const next = this.nextNumber;
    return next > LAST_NUMBER || this.#wasAsked(encodeB64u(this.mailbox.conversation), next);
  }

  /** Whether the newest listed message of every counsellor was asked for. */
  get isNewest(): boolean {
    return [...this.#listed].every(([author, numbers]) => this.#wasAsked(author, Math.max(...numbers)));
  }

  /** Whether the index lists a reply at all. */
  get isListed(): boolean {
    return this.#listed.size > 0;
  }

  /** The highest number that is known or listed of an author; −1 where there is none. */
  highestOf(author: Uint8Array): number {
    const known = [...this.#messages.values()].filter(({ payload }) => equal(payload.author, author));
    return Math.max(-1, ...known.map(({ payload }) => payload.number), ...(this.#listed.get(encodeB64u(author)) ?? []));
  }

  /** Fetch A. Throws UnreachableError. */
  async fetchFirst(): Promise<void> {
    await this.#fetch(planFirst(this.mailbox.conversation, this.#listed));
  }

  /** Fetch B. Throws UnreachableError. */
  async fetchSecond(): Promise<void> {
    const conversation = encodeB64u(this.mailbox.conversation);
    // After a withdrawal no early message of one's own says who may speak; where to look any workstation may hint.
    const seen = Math.max(0, ...this.#signed.map(({ payload }) => payload.seen.get(conversation) ?? 0));
    await this.#fetch(planSecond(this.mailbox.conversation, seen, this.#listed, this.#asked));
  }

  /** Fetch four more, and look for own ones where that was not done. Throws UnreachableError. */
  async fetchMore(): Promise<void> {
    const more = this.#more;
    if (more.length > 0) {
      await this.#fetch(more.slice(0, FETCH_COUNT));
    }
    if (!this.isOwnEnd) {
      await this.fetchOwn();
    }
  }

  /** Fetch all there is; `onProgress` is told how much of it, from 0 to 1. Throws UnreachableError. */
  async fetchAll(onProgress: (part: number) => void): Promise<void> {
    const count = this.unloaded;
    while (this.unloaded > 0 || !this.isOwnEnd) {
      await this.fetchMore();
      onProgress(1 - Math.min(1, this.unloaded / Math.max(1, count)));
    }
  }

  /** Look for any message of one's own, however far; `onProgress` is told how far, from 0 to 1. Throws UnreachableError. */
  async search(onProgress: (part: number) => void): Promise<void> {
    for (let first = 0; first <= LAST_NUMBER && this.own.length === 0; first += FETCH_COUNT) {
      await this.#fetch(this.#slotsFrom(first));
      onProgress(first / LAST_NUMBER);
    }
  }

  /** Look for own messages beyond those known, until eight places in a row hold none. Throws UnreachableError. */
  async fetchOwn(): Promise<void> {
    let next = this.nextNumber;
    for (let empty = 0; empty < SKIP_COUNT && next <= LAST_NUMBER; next += FETCH_COUNT) {
      const before = this.own.length;
      await this.#fetch(this.#slotsFrom(next));
      empty = this.own.length > before ? 0 : empty + FETCH_COUNT;
    }
  }

  /** Fetch every message of one's own. Throws UnreachableError. */
  async fetchEveryOwn(): Promise<void> {
    await this.fetchOwn();
    const author = encodeB64u(this.mailbox.conversation);
    const numbers = Array.from({ length: this.nextNumber }, (_, number) => number);
    const left = numbers.filter((number) => !this.#wasAsked(author, number));
    for (let i = 0; i < left.length; i += FETCH_COUNT) {
      await this.#fetch(left.slice(i, i + FETCH_COUNT).map((number) => ({ author: this.mailbox.conversation, number })));
    }
  }

  /** Return what one's next message follows from, as far as it is known. */
  makeDraft(kind: Kind, body: Body): Draft {
    return {
      kind,
      body,
      day: today(),
      number: this.nextNumber,
      previous: this.own.at(-1)?.id ?? null,
      seen: seenBy(this.replies, this.mailbox.conversation),
    };
  }

  /** The number after the highest own message that is known. */
  get nextNumber(): number {
    return (this.own.at(-1)?.payload.number ?? -1) + 1;
  }

  get #signed(): Message[] {
    return [...this.#messages.values()].filter((message) => !this.#isOwn(message.payload.author));
  }

  get #more(): Slot[] {
    return planMore(this.mailbox.conversation, this.highestOf(this.mailbox.conversation), this.#listed, this.#asked);
  }

  #wasAsked(author: string, number: number): boolean {
    return this.#asked.some((slot) => slot.number === number && encodeB64u(slot.author) === author);
  }

  #slotsFrom(first: number): Slot[] {
    const numbers = Array.from({ length: FETCH_COUNT }, (_, i) => first + i).filter((number) => number <= LAST_NUMBER);
    return numbers.map((number) => ({ author: this.mailbox.conversation, number }));
  }

  async #fetch(slots: readonly Slot[]): Promise<void> {
    const addresses = slots.map((slot) => this.#addressOf(slot));
    // Random addresses fill up, so that every fetch asks for four.
    const decoys = Array.from({ length: FETCH_COUNT - slots.length }, () => random(KEY_SIZE));
    const blocks = await fetchBlocks([...addresses, ...decoys]);
    this.#asked.push(...slots);
    for (const [i, slot] of slots.entries()) {
      const block = blocks[i];
      if (block !== undefined) {
        await this.#take(slot, block);
      }
    }
  }

  async #take(slot: Slot, block: Uint8Array): Promise<void> {
    try {
      const opened = await open(block, [this.mailbox.identity]);
      const message = this.#isOwn(slot.author)
        ? authenticateOwn(opened, this.keyset.roster.organisation, this.mailbox, slot.number)
        : authenticateReply(opened, this.keyset.roster, this.mailbox, slot, this.#everybody);
      this.#messages.set(encodeB64u(message.id), message);
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        throw error;
      }
      // What does not open is filler. What opens and is false was put there by somebody.
      this.#false += error instanceof ForgedError ? 1 : 0;
    }
  }

  // Who of them may speak here stands in own messages, which may come later than a reply.
  get #everybody(): string[] {
    return this.keyset.roster.workstations.map(({ person }) => person);
  }

  #addressOf({ author, number }: Slot): Uint8Array {
    const key = this.#isOwn(author) ? this.mailbox.addressKey : this.mailbox.replyAddressKey;
    return deriveAddress(key, author, number);
  }

  #isOwn(author: Uint8Array): boolean {
    return equal(author, this.mailbox.conversation);
  }
}

/** Open a mailbox: match the index, fetch A, fetch B. Throws UnreachableError. */
export async function visit(mailbox: Mailbox, keyset: Keyset, index: Uint8Array, report: Report): Promise<Visit> {
  report("fetch");
  const authors = keyset.roster.workstations.map(({ id }) => id);
  const visited = new Visit(mailbox, keyset, await matchIndex(index, mailbox.replyAddressKey, authors));
  report("fetch", 0.5);
  await visited.fetchFirst();
  report("open");
  await visited.fetchSecond();
  report("open", 1);
  return visited;
}

