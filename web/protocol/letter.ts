/** A text that is longer than one envelope holds: cut into pieces, and joined again. spec: Payload, Long text. */

import { type Body, makeBody } from "./body.ts";
import type { Message } from "./conversation.ts";
import { encodeB64u, serializeJson } from "./encoding.ts";
import { MalformedError } from "./errors.ts";

export const PIECE_SIZE = 24_576;
export const PIECE_COUNT = 16;

type Chain = [Message, ...Message[]];

const LONE_SURROGATE = /\p{Cs}/u;

/**
 * What one author said in one go: its messages, the first of which carries all but text, and the joined text.
 *
 * `whole` is false as long as its last piece is not there.
 */
export interface Letter {
  readonly messages: readonly [Message, ...Message[]];
  readonly text: string;
  readonly whole: boolean;
}

/**
 * Return the pieces of a text: one at least, each as long as it can be. Throws MalformedError if it takes too many.
 *
 * Half a surrogate pair has no UTF-8 and is malformed too.
 */
export function splitText(text: string): string[] {
  if (LONE_SURROGATE.test(text)) {
    throw new MalformedError("half a surrogate pair");
  }
  // spec: at most 24,576 bytes as JSON writes them, without the quotes, never inside a code point
  const pieces: string[] = [];
  let [start, index, used] = [0, 0, 0];
  for (const character of text) {
    const size = writtenSize(character);
    if (used + size > PIECE_SIZE) {
      pieces.push(text.slice(start, index));
      [start, used] = [index, 0];
    }
    used += size;
    index += character.length;
  }
  pieces.push(text.slice(start));
  if (pieces.length > PIECE_COUNT) {
    throw new MalformedError("a text of more than 16 pieces");
  }
  return pieces;
}

/** Return the bodies of the messages that say this together. Throws MalformedError if they are too many. */
export function splitBody(body: Body): Body[] {
  const pieces = splitText(body.text);
  // spec: each following one carries a piece, and the first one's track and next
  const bare = makeBody({ track: body.track, next: body.next });
  return pieces.map((text, i) => ({ ...(i === 0 ? body : bare), text, continues: i < pieces.length - 1 }));
}

/** Return the letters of authentic messages; each stands where its first message stood. */
export function joinLetters(ordered: readonly Message[]): Letter[] {
  const chains: Chain[] = [];
  // Which chain waits for the message of this author and kind that names this one as its previous.
  const waiting = new Map<string, Chain>();
  for (const message of ordered) {
    const { previous } = message.payload;
    const place = previous === null ? "" : placeOf(message, previous);
    const chain = waiting.get(place);
    waiting.delete(place);
    const grown: Chain = chain ?? [message];
    if (chain === undefined) {
      chains.push(grown);
    } else {
      chain.push(message);
    }
    if (message.payload.body.continues) {
      waiting.set(placeOf(message, message.id), grown);
    }
  }
  return chains.map(join);
}

function placeOf({ payload }: Message, previous: Uint8Array): string {
  return [encodeB64u(payload.author), payload.kind, encodeB64u(previous)].join(" ");
}

function join(chain: Chain): Letter {
  const last = chain[chain.length - 1] ?? chain[0];
  return {
    messages: chain,
    text: chain.map(({ payload }) => payload.body.text).join(""),
    whole: !last.payload.body.continues,
  };
}

function writtenSize(character: string): number {
  return serializeJson(character).length - 2;
}
