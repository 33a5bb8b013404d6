/** Sharing a conversation with family: what was shared with whom, and what that covers. spec: Sharing. */

import { SCOPES, type Scope, type Share, type Writer } from "./body.ts";
import type { Message } from "./conversation.ts";
import { encodeB64u, equal } from "./encoding.ts";
import type { Id } from "./payload.ts";

/** What holds now for one family conversation, and since which number of the mailbox. */
export interface Sharing {
  readonly conversation: Uint8Array;
  readonly index: number;
  readonly scope: Scope;
  readonly since: number;
}

// Which scopes cover what the writer says; each includes the ones before.
const COVERED: Readonly<Record<Writer, number>> = { team: SCOPES.indexOf("replies"), mailbox: SCOPES.indexOf("conversation") };
const QUESTIONS = SCOPES.indexOf("questions");

/** Return what holds for each family conversation, from a mailbox's authentic messages. */
export function listSharings(messages: Iterable<Message>): ReadonlyMap<Id, Sharing> {
  return new Map(
    listShares(messages).map(({ share, number }) => [
      encodeB64u(share.conversation),
      { conversation: share.conversation, index: share.index, scope: share.scope, since: number },
    ]),
  );
}

/** Return the scope that held for a family conversation when the mailbox wrote its message of this number. */
export function scopeAt(messages: Iterable<Message>, family: Uint8Array, number: number): Scope {
  const shares = listShares(messages).filter(({ share, number: at }) => at < number && equal(share.conversation, family));
  return shares.at(-1)?.share.scope ?? "none";
}

/** Say whether a scope covers what the mailbox, or the team, writes. */
export function covers(scope: Scope, writer: Writer): boolean {
  return SCOPES.indexOf(scope) >= COVERED[writer];
}

/** Say whether own questions of the family member are taken in. */
export function mayAsk(scope: Scope): boolean {
  return SCOPES.indexOf(scope) >= QUESTIONS;
}

/**
 * Say whether of an author's messages none is missing below the highest that is known.
 *
 * A server that withholds the message with which sharing was stopped leaves a gap before whatever comes later.
 */
export function isWhole(messages: Iterable<Message>, author: Uint8Array): boolean {
  const own = [...messages].filter(({ payload }) => equal(payload.author, author));
  return own.every(({ payload: { previous } }) => previous === null || own.some(({ id }) => equal(id, previous)));
}

function listShares(messages: Iterable<Message>): { share: Share; number: number }[] {
  const shares = [...messages].flatMap(({ payload: { kind, body, number } }) =>
    kind === "share" && body.share !== null ? [{ share: body.share, number }] : [],
  );
  return shares.sort((a, b) => a.number - b.number);
}
