/** A message sealed to its recipients: one age file of exactly one block. spec: Envelope. */

import * as age from "./age.ts";
import { compareBytes, encodeB64u, equal } from "./encoding.ts";
import { assert, MalformedError } from "./errors.ts";
import { BLOCK_SIZE, KEY_SIZE, SIGNATURE_SIZE, STANZA_COUNT } from "./labels.ts";
import { nextRound, type Pause } from "./pause.ts";

export const HEADER_SIZE = age.HEADER_SIZE;
export const PLAINTEXT_SIZE = BLOCK_SIZE - HEADER_SIZE - age.NONCE_SIZE - age.TAG_SIZE;
export const LENGTH_SIZE = 4;
export const PAYLOAD_SIZE = PLAINTEXT_SIZE - LENGTH_SIZE - SIGNATURE_SIZE;

export type Random = (size: number) => Uint8Array;

/** What stands in an envelope: a payload and its signature, neither of them verified yet. */
export interface Opened {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** Return the plaintext of an envelope: 46,750 bytes whatever the payload. Throws MalformedError if it does not fit. */
export function pad(payload: Uint8Array, signature: Uint8Array): Uint8Array {
  if (payload.length > PAYLOAD_SIZE) {
    throw new MalformedError("the message does not fit in one envelope");
  }
  assert(signature.length === SIGNATURE_SIZE, "a signature is 64 bytes");
  const plaintext = new Uint8Array(PLAINTEXT_SIZE);
  new DataView(plaintext.buffer).setUint32(0, payload.length);
  plaintext.set(payload, LENGTH_SIZE);
  plaintext.set(signature, LENGTH_SIZE + payload.length);
  return plaintext;
}

/** Return payload and signature. Throws MalformedError for what pad cannot have produced. */
export function unpad(plaintext: Uint8Array): Opened {
  if (plaintext.length !== PLAINTEXT_SIZE) {
    throw new MalformedError("a plaintext of another size");
  }
  const size = new DataView(plaintext.buffer, plaintext.byteOffset).getUint32(0);
  const payload = plaintext.slice(LENGTH_SIZE, LENGTH_SIZE + size);
  const signature = plaintext.slice(LENGTH_SIZE + size, LENGTH_SIZE + size + SIGNATURE_SIZE);
  // Padding again catches a wrong length and non-zero fill alike.
  if (signature.length !== SIGNATURE_SIZE || !equal(pad(payload, signature), plaintext)) {
    throw new MalformedError("padding is not canonical");
  }
  return { payload, signature };
}

/**
 * Seal to 1–12 different recipients (1,216 bytes each); return one block.
 *
 * Nobody sees how many of the twelve are real, nor which. Between recipients it pauses, so that a page without JIT
 * stays alive. Throws MalformedError if the payload does not fit.
 */
export async function seal(
  payload: Uint8Array,
  signature: Uint8Array,
  recipients: readonly Uint8Array[],
  random: Random,
  pause: Pause = nextRound,
): Promise<Uint8Array> {
  assert(recipients.length >= 1 && recipients.length <= STANZA_COUNT, "an envelope has one to twelve recipients");
  assert(new Set(recipients.map(encodeB64u)).size === recipients.length, "nobody is a recipient twice");
  const plaintext = pad(payload, signature);
  const all = [...recipients];
  while (all.length < STANZA_COUNT) {
    all.push(await age.recipientOf(random(KEY_SIZE)));
    await pause();
  }
  const block = await age.encrypt(plaintext, shuffle(all, random), pause);
  plaintext.fill(0);
  assert(block.length === BLOCK_SIZE, "an envelope is one block");
  return block;
}

/**
 * Open a block with seeds of 32 bytes each; return payload and signature, neither of them verified yet.
 *
 * Between stanzas it pauses. Throws MalformedError (not an envelope), NoMatchError (not for us), ForgedError (for us,
 * and changed).
 */
export async function open(
  block: Uint8Array,
  identities: readonly Uint8Array[],
  pause: Pause = nextRound,
): Promise<Opened> {
  if (block.length !== BLOCK_SIZE) {
    throw new MalformedError("not one block");
  }
  age.checkHeader(block);
  return unpad(await age.decrypt(block, identities, pause));
}

// Sorting by 16 random bytes each is a fair shuffle: a tie has a probability of 2⁻¹²⁰.
function shuffle(recipients: readonly Uint8Array[], random: Random): Uint8Array[] {
  return recipients
    .map((recipient) => ({ recipient, draw: random(16) }))
    .sort((a, b) => compareBytes(a.draw, b.draw))
    .map(({ recipient }) => recipient);
}
