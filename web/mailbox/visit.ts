/**
 * One visit to a mailbox: what it asks the store for, and what of it is authentic. spec: Steps, Read.
 *
 * Every opening makes the same requests, whatever is waiting: fetch A and fetch B, four addresses each.
 */

import { fetchBlocks, random } from "../api.ts";
import type { Report } from "../progress.ts";
import { deriveAddress, type Slot } from "../protocol/address.ts";
import { authenticateOwn, authenticateReply, type Message, speakers } from "../protocol/conversation.ts";
import { encodeB64u, equal } from "../protocol/encoding.ts";
import { open } from "../protocol/envelope.ts";
import { ForgedError, ProtocolError } from "../protocol/errors.ts";
import type { Keyset } from "../protocol/keyset.ts";
import { KEY_SIZE, LAST_NUMBER, SKIP_COUNT } from "../protocol/labels.ts";
import type { Mailbox } from "../protocol/mailbox.ts";
import { FETCH_COUNT, type Listed, matchIndex, planFirst, planNext, planSecond } from "../protocol/visit.ts";

/** What was found so far under a code. */
export class Visit {
  readonly mailbox: Mailbox;
  readonly keyset: Keyset;
  readonly #listed: Listed;
  readonly #asked: Slot[] = [];
  readonly #messages = new Map<string, Message>();
  /** How many bodies at an expected place were meant for this mailbox, and false. */
  forged = 0;

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

  /** The counsellors' messages. */
  get replies(): Message[] {
    return [...this.#messages.values()].filter((message) => !this.#isOwn(message.payload.author));
  }

  /** How many messages the index lists that were not asked for yet. */
  get unloaded(): number {
    return planNext(this.#listed, this.#asked).length;
  }

  /** Whether the index lists a reply at all. */
  get isListed(): boolean {
    return this.#listed.size > 0;
  }

  /** Fetch A. Throws UnreachableError. */
  async fetchFirst(): Promise<void> {
    await this.#fetch(planFirst(this.mailbox.conversation, this.#listed));
  }

  /** Fetch B. Throws UnreachableError. */
  async fetchSecond(): Promise<void> {
    const conversation = encodeB64u(this.mailbox.conversation);
    const seen = Math.max(0, ...this.replies.map(({ payload }) => payload.seen.get(conversation) ?? 0));
    await this.#fetch(planSecond(this.mailbox.conversation, seen, this.#listed, this.#asked));
  }

  /** Fetch four more of the listed messages. Throws UnreachableError. */
  async fetchMore(): Promise<void> {
    await this.#fetch(planNext(this.#listed, this.#asked).slice(0, FETCH_COUNT));
  }

  /** Look for own messages beyond those known, until eight places in a row hold none. Throws UnreachableError. */
  async fetchOwn(): Promise<void> {
    let next = this.nextNumber;
    for (let empty = 0; empty < SKIP_COUNT && next <= LAST_NUMBER; next += FETCH_COUNT) {
      const before = this.own.length;
      const numbers = Array.from({ length: FETCH_COUNT }, (_, i) => next + i).filter((number) => number <= LAST_NUMBER);
      await this.#fetch(numbers.map((number) => ({ author: this.mailbox.conversation, number })));
      empty = this.own.length > before ? 0 : empty + FETCH_COUNT;
    }
  }

  /** The number after the highest own message that is known. */
  get nextNumber(): number {
    return (this.own.at(-1)?.payload.number ?? -1) + 1;
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
        : authenticateReply(opened, this.keyset.roster, this.mailbox, slot, speakers(this.own));
      this.#messages.set(encodeB64u(message.id), message);
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        throw error;
      }
      // What does not open is filler. What opens and is false was put there by somebody.
      this.forged += error instanceof ForgedError ? 1 : 0;
    }
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

