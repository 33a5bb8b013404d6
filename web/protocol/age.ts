/**
 * What `crypto/age/` does, by npm `age-encryption`: age-encryption.org/v1 with post-quantum recipients, and no more.
 *
 * The library parses more than we accept and does not say at which stage it fails, so the header is judged here first
 * and what then fails is told apart by how far it came. spec: Envelope; C2SP age.md.
 */

import { Decrypter, Encrypter, identityToRecipient, type Stanza } from "age-encryption";

import { decodeB64 } from "./encoding.ts";
import { ForgedError, MalformedError, NoMatchError } from "./errors.ts";
import { KEY_SIZE, STANZA_COUNT } from "./labels.ts";
import type { Pause } from "./pause.ts";
import { checkRecipient, decodeRecipient, encodeIdentity, encodeRecipient, isLowOrder } from "./recipient.ts";

export const NONCE_SIZE = 16;
export const TAG_SIZE = 16;
export const HEADER_SIZE = 18_754;

const STANZA = "-> mlkem768x25519 [A-Za-z0-9+/]{1494}\\n[A-Za-z0-9+/]{43}\\n";
const HEADER = new RegExp(`^age-encryption\\.org/v1\\n(?:${STANZA}){${STANZA_COUNT}}--- [A-Za-z0-9+/]{43}\\n$`);
const BASE64 = /[A-Za-z0-9+/]{1494}(?=\n)|[A-Za-z0-9+/]{43}(?=\n)/g;
const ENC_LENGTH = 1_494;

/** Return the recipient (1,216 bytes) of an identity's seed (32 bytes). */
export async function recipientOf(seed: Uint8Array): Promise<Uint8Array> {
  return decodeRecipient(await identityToRecipient(encodeIdentity(seed)));
}

/**
 * Encrypt to recipients (1,216 bytes each) in the given order; anybody with one of their identities reads all of it.
 *
 * File key, nonce and the encapsulations' randomness are the library's own. Throws MalformedError for what is no
 * public key.
 */
export async function encrypt(
  plaintext: Uint8Array,
  recipients: readonly Uint8Array[],
  pause: Pause,
): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    checkRecipient(recipient);
    encrypter.addRecipient(encodeRecipient(recipient));
    // A recipient without a stanza: the library waits for it, and the page lives.
    encrypter.addRecipient({ wrapFileKey: async () => pause().then(() => []) });
  }
  try {
    return await encrypter.encrypt(plaintext);
  } catch {
    throw new MalformedError("not a public key");
  }
}

/**
 * Check that a file begins with a header of exactly our shape; nothing in it is true yet.
 *
 * Throws MalformedError for another shape, a base64 that is not canonical, or a share of low order.
 */
export function checkHeader(data: Uint8Array): void {
  // Every byte becomes one character, and none above ASCII becomes one of those that are looked for.
  const header = new TextDecoder("latin1").decode(data.subarray(0, HEADER_SIZE));
  if (!HEADER.test(header)) {
    throw new MalformedError("an envelope has twelve hybrid stanzas and nothing else");
  }
  for (const text of header.match(BASE64) ?? []) {
    const value = decodeB64(text.padEnd(Math.ceil(text.length / 4) * 4, "="));
    if (text.length === ENC_LENGTH && isLowOrder(value.subarray(-KEY_SIZE))) {
      throw new MalformedError("a hybrid stanza without a proper share");
    }
  }
}

/**
 * Decrypt a whole file, whose header is checked already, with seeds of 32 bytes each.
 *
 * Throws NoMatchError (no identity opens it), ForgedError (MAC or body).
 */
export async function decrypt(
  data: Uint8Array,
  identities: readonly Uint8Array[],
  pause: Pause,
): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  const all: Stanza[] = [];
  for (const seed of identities) {
    for (let place = 0; place < STANZA_COUNT; place += 1) {
      decrypter.addIdentity({ unwrapFileKey: async (stanzas) => pause().then(() => narrow(stanzas, all, place)) });
      decrypter.addIdentity(encodeIdentity(seed));
    }
  }
  // Identities are tried in order, so whoever asks the last one has found none before.
  const probe = { reached: false, unwrapFileKey: unwrapNothing };
  decrypter.addIdentity(probe);
  try {
    return await decrypter.decrypt(data);
  } catch {
    throw probe.reached ? new NoMatchError("no identity opens this") : new ForgedError("a file does not authenticate");
  }
}

// The library hands the same list to one identity after the other and tries all of it without a pause; so this one
// finds nothing, and leaves a single stanza for the next. Were the list a copy, all would only be tried more often.
function narrow(stanzas: Stanza[], all: Stanza[], place: number): null {
  if (all.length === 0) {
    all.push(...stanzas);
  }
  stanzas.splice(0, stanzas.length, ...all.slice(place, place + 1));
  return null;
}

function unwrapNothing(this: { reached: boolean }): null {
  this.reached = true;
  return null;
}
