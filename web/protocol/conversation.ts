/**
 * The rules of a thread as pure state: who may read, who wrote, in which order. spec: Conversation.
 *
 * A message is read in two steps that are never taken apart: `envelope.open` says that it was sealed to us and
 * unchanged (what it returns is called `opened` here), one of the `authenticate…` functions says whose it is. Only what
 * they return may be shown to anybody.
 */

import { deriveAddress, type Slot } from "./address.ts";
import type { Body, Kind } from "./body.ts";
import { compareBytes, decodeB64u, encodeB64u, equal } from "./encoding.ts";
import type { Opened } from "./envelope.ts";
import { assert, ForgedError, NoMatchError } from "./errors.ts";
import type { Keyset } from "./keyset.ts";
import * as labels from "./labels.ts";
import type { Mailbox } from "./mailbox.ts";
import {
  ABSENT,
  allowId,
  type AllowList,
  type Contact,
  EXCLUDED,
  type Id,
  isAllowList,
  KINDS_BY_WORKSTATION,
  messageId,
  parse,
  type Payload,
  type Sealed,
} from "./payload.ts";
import { active, listed, type Roster, type Workstation } from "./roster.ts";
import { authorId, verify } from "./verifying.ts";

/** A payload whose author is certain, with the bytes that prove it (payload, signature of 64 bytes). */
export interface Message {
  readonly id: Uint8Array;
  readonly payload: Payload;
  readonly data: Uint8Array;
  readonly signature: Uint8Array;
}

// -- who may read -----------------------------------------------------------------------------------------------------

/** Return the allow-list that goes with a first message. */
export function firstAllow(persons: Iterable<string>, successor: string | null = null): AllowList {
  return { version: 1, persons: sortedSet(persons), previous: null, successor };
}

/** Return the list that follows this one. */
export function nextAllow(allow: AllowList, persons: Iterable<string>, successor: string | null = null): AllowList {
  return { version: allow.version + 1, persons: sortedSet(persons), previous: allowId(allow), successor };
}

/**
 * Return the highest version among authentic messages of a mailbox.
 *
 * A server that withholds a narrowing can keep it from being seen; it cannot make up a widening. Throws NoMatchError
 * where there is none: ask again, never default to everybody.
 */
export function newestAllow(messages: Iterable<Message>): AllowList {
  let newest: { readonly allow: AllowList; readonly number: number } | null = null;
  for (const { payload } of messages) {
    const { allow, number } = payload;
    const current = newest === null ? ([0, 0] as const) : ([newest.allow.version, newest.number] as const);
    if (isAllowList(allow) && isNewer([allow.version, number], current)) {
      newest = { allow, number };
    }
  }
  if (newest === null) {
    throw new NoMatchError("no allow-list is known");
  }
  return newest.allow;
}

/**
 * Return for every active workstation its card's hash, or why it gets none.
 *
 * Throws NoMatchError if nobody who may read it can be reached.
 */
export function chooseSealed(keyset: Keyset, allow: AllowList): ReadonlyMap<Id, Sealed> {
  const workstations = active(keyset.roster);
  const present = new Set(Array.from(workstations.values(), (workstation) => workstation.person));
  const allowed = allow.persons.filter((person) => present.has(person));
  const persons = new Set(allowed.length > 0 ? allowed : [allow.successor]);
  const sealed = new Map<Id, Sealed>();
  for (const [id, workstation] of workstations) {
    const card = keyset.cards.get(id);
    assert(card !== undefined, "a keyset has an entry for every active workstation");
    sealed.set(id, persons.has(workstation.person) ? (card?.hash ?? ABSENT) : EXCLUDED);
  }
  if (Array.from(sealed.values()).every((state) => typeof state === "string")) {
    throw new NoMatchError("nobody who may read this can be reached");
  }
  return sealed;
}

/** Return the recipients (1,216 bytes each) that the payload's `sealed` promises: the mailbox first, then cards. */
export function listRecipients(keyset: Keyset, payload: Payload): Uint8Array[] {
  const ids = Array.from(payload.sealed.keys()).filter((id) => typeof payload.sealed.get(id) !== "string");
  const cards = ids.sort(compareIds).map((id) => {
    const card = keyset.cards.get(id);
    assert(card !== undefined, "a payload is sealed to workstations of its keyset");
    return card;
  });
  return [payload.mailbox, ...cards.flatMap((card) => (card === null ? [] : [card.recipient]))];
}

// -- writing ----------------------------------------------------------------------------------------------------------

/** What an author adds to what follows from keys and history. */
export interface Draft {
  readonly kind: Kind;
  readonly body: Body;
  readonly day: string;
  readonly number: number;
  readonly previous: Uint8Array | null;
  readonly seen: ReadonlyMap<Id, number>;
}

/** Return a mailbox's message, not yet signed. Throws NoMatchError if nobody can be reached. */
export function composeMessage(mailbox: Mailbox, keyset: Keyset, allow: AllowList, draft: Draft): Payload {
  return {
    kind: draft.kind,
    organisation: keyset.roster.organisation,
    conversation: mailbox.conversation,
    author: mailbox.conversation,
    number: draft.number,
    address: deriveAddress(mailbox.addressKey, mailbox.conversation, draft.number),
    previous: draft.previous,
    seen: draft.seen,
    day: draft.day,
    roster: { version: keyset.roster.version, hash: keyset.roster.hash },
    mailbox: mailbox.recipient,
    sealed: chooseSealed(keyset, allow),
    body: draft.body,
    allow,
    contact: contactOf(mailbox),
  };
}

/**
 * Return a workstation's `reply` or `destroyed` to a mailbox's authentic messages, not yet signed.
 *
 * Throws NoMatchError without any such message, or if nobody but the mailbox could read it.
 */
export function composeReply(
  workstation: Workstation,
  keyset: Keyset,
  messages: readonly Message[],
  draft: Draft,
): Payload {
  const allow = newestAllow(messages);
  const first = messages.find((message) => message.payload.contact !== null)?.payload;
  assert(first !== undefined && first.contact !== null, "an allow-list comes with a contact");
  return {
    kind: draft.kind,
    organisation: keyset.roster.organisation,
    conversation: first.conversation,
    author: workstation.id,
    number: draft.number,
    address: deriveAddress(first.contact.replyAddressKey, workstation.id, draft.number),
    previous: draft.previous,
    seen: draft.seen,
    day: draft.day,
    roster: { version: keyset.roster.version, hash: keyset.roster.hash },
    mailbox: first.mailbox,
    sealed: chooseSealed(keyset, allow),
    body: draft.body,
    allow: { version: allow.version, hash: allowId(allow) },
    contact: null,
  };
}

// -- reading ----------------------------------------------------------------------------------------------------------

/**
 * Return a mailbox's message that lay under `address`.
 *
 * `first` is the conversation's first known message: its recipient and contact are trusted from then on. What is not
 * given: that nobody else has the code. Throws MalformedError, ForgedError.
 */
export function authenticateMessage(
  opened: Opened,
  organisation: string,
  address: Uint8Array,
  first: Payload | null = null,
): Message {
  const payload = parse(opened.payload);
  const { contact } = payload;
  if (contact === null || payload.organisation !== organisation || !equal(payload.address, address)) {
    throw new ForgedError("a message that does not belong here");
  }
  const id = authorId(labels.ID_CONVERSATION, contact.verifyingKey);
  if (!equal(payload.author, payload.conversation) || !equal(payload.conversation, id)) {
    throw new ForgedError("a message in another's name");
  }
  if (first !== null && !sameKeys(first, payload)) {
    throw new ForgedError("a message with other keys than the conversation began with");
  }
  verify(labels.SIGN_MAILBOX, opened.payload, opened.signature, contact.verifyingKey);
  return messageOf(opened, payload);
}

/** Return a message of one's own mailbox, looked for under `number`. Throws MalformedError, ForgedError. */
export function authenticateOwn(opened: Opened, organisation: string, mailbox: Mailbox, number: number): Message {
  const address = deriveAddress(mailbox.addressKey, mailbox.conversation, number);
  const message = authenticateMessage(opened, organisation, address);
  const { payload } = message;
  if (
    payload.number !== number ||
    !equal(payload.mailbox, mailbox.recipient) ||
    !sameContact(payload.contact, contactOf(mailbox))
  ) {
    throw new ForgedError("a message with other keys than one's own");
  }
  return message;
}

/**
 * Return a workstation's `reply` or `destroyed`, looked for under `slot` (workstation id, number).
 *
 * `persons` are those of every allow-list of this mailbox, and successors: nobody else speaks here. What is not given:
 * that the server shows the newest one. Throws MalformedError, ForgedError.
 */
export function authenticateReply(
  opened: Opened,
  roster: Roster,
  mailbox: Mailbox,
  slot: Slot,
  persons: Iterable<string>,
): Message {
  const payload = parse(opened.payload);
  const address = deriveAddress(mailbox.replyAddressKey, slot.author, slot.number);
  const expected =
    KINDS_BY_WORKSTATION.includes(payload.kind) &&
    payload.organisation === roster.organisation &&
    equal(payload.conversation, mailbox.conversation) &&
    equal(payload.author, slot.author) &&
    payload.number === slot.number &&
    equal(payload.address, address) &&
    equal(payload.mailbox, mailbox.recipient);
  const workstation = listed(roster).get(encodeB64u(slot.author));
  if (!expected || workstation === undefined || !new Set(persons).has(workstation.person)) {
    throw new ForgedError("a reply that does not belong here");
  }
  verify(labels.SIGN_WORKSTATION, opened.payload, opened.signature, workstation.verifyingKey);
  return messageOf(opened, payload);
}

/** Check that a message names this workstation with the card (its hash) that opened it. Throws ForgedError. */
export function checkSealed(message: Message, workstation: Uint8Array, cardHash: Uint8Array): void {
  const state = message.payload.sealed.get(encodeB64u(workstation));
  if (state === undefined || typeof state === "string" || !equal(state, cardHash)) {
    throw new ForgedError("a message that does not say that it was sealed to us");
  }
}

// -- a thread ---------------------------------------------------------------------------------------------------------

/** Return the persons whom any allow-list of these messages names, successors included. */
export function speakers(messages: Iterable<Message>): ReadonlySet<string> {
  const lists = Array.from(messages, (message) => message.payload.allow).filter(isAllowList);
  const named = lists.flatMap((allow) => [...allow.persons, allow.successor]);
  return new Set(named.filter((person) => person !== null));
}

/** Return the highest number of every other author among authentic messages. */
export function seenBy(messages: Iterable<Message>, author: Uint8Array): ReadonlyMap<Id, number> {
  const seen = new Map<Id, number>();
  for (const { payload } of messages) {
    if (!equal(payload.author, author)) {
      const id = encodeB64u(payload.author);
      seen.set(id, Math.max(payload.number, seen.get(id) ?? 0));
    }
  }
  return seen;
}

/**
 * Return messages so that each stands after its author's earlier ones and after all that its `seen` covers.
 *
 * What that leaves open is decided by day, author and number. Each message stands once, whatever its copies.
 */
export function order(messages: Iterable<Message>): Message[] {
  const waiting = new Map(Array.from(messages, (message) => [encodeB64u(message.id), message]));
  const ordered: Message[] = [];
  while (waiting.size > 0) {
    const rest = Array.from(waiting.values());
    const free = rest.filter((message) => !rest.some((other) => precedes(other, message)));
    // Two authors who each claim to have seen the other's later message contradict themselves; then days decide.
    const [chosen] = (free.length > 0 ? free : rest).sort(compareMessages);
    assert(chosen !== undefined, "whoever waits can be chosen");
    waiting.delete(encodeB64u(chosen.id));
    ordered.push(chosen);
  }
  return ordered;
}

/** Say whether an author begins anew although an earlier message of theirs is known; it is shown, never dropped. */
export function isRestart(message: Message, earlier: Iterable<Message>): boolean {
  const { author, previous } = message.payload;
  return previous === null && Array.from(earlier).some((other) => equal(other.payload.author, author));
}

function precedes(earlier: Message, later: Message): boolean {
  if (equal(earlier.payload.author, later.payload.author)) {
    return earlier.payload.number < later.payload.number;
  }
  return earlier.payload.number <= (later.payload.seen.get(encodeB64u(earlier.payload.author)) ?? -1);
}

function compareMessages(a: Message, b: Message): number {
  const [left, right] = [a.payload, b.payload];
  if (left.day !== right.day) {
    return left.day < right.day ? -1 : 1;
  }
  return compareBytes(left.author, right.author) || left.number - right.number || compareBytes(a.id, b.id);
}

// -- what Python has in its language ----------------------------------------------------------------------------------

function messageOf(opened: Opened, payload: Payload): Message {
  return { id: messageId(opened.payload), payload, data: opened.payload, signature: opened.signature };
}

function contactOf(mailbox: Mailbox): Contact {
  return {
    verifyingKey: mailbox.verifying,
    replyAddressKey: mailbox.replyAddressKey,
    replyDeleteKey: mailbox.replyDeleteKey,
  };
}

function sameKeys(a: Payload, b: Payload): boolean {
  return equal(a.conversation, b.conversation) && equal(a.mailbox, b.mailbox) && sameContact(a.contact, b.contact);
}

function sameContact(a: Contact | null, b: Contact | null): boolean {
  if (a === null || b === null) {
    return a === b;
  }
  return (
    equal(a.verifyingKey, b.verifyingKey) &&
    equal(a.replyAddressKey, b.replyAddressKey) &&
    equal(a.replyDeleteKey, b.replyDeleteKey)
  );
}

function isNewer(a: readonly [number, number], b: readonly [number, number]): boolean {
  return a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]);
}

function sortedSet(persons: Iterable<string>): readonly string[] {
  // Persons are ASCII, so UTF-16 order is code point order.
  return Array.from(new Set(persons)).sort();
}

function compareIds(a: Id, b: Id): number {
  return compareBytes(decodeB64u(a), decodeB64u(b));
}
