/** A code's secret → everything a mailbox is. spec: Mailbox. */

import { argon2idAsync } from "@noble/hashes/argon2.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";

import { recipientOf } from "./age.ts";
import { makeSecret, SECRET_SIZE } from "./code.ts";
import { concat, digest } from "./encoding.ts";
import * as labels from "./labels.ts";
import { verifyingKey } from "./signing.ts";
import { authorId } from "./verifying.ts";

// What Tor Browser's "Safer" bears. The secret is random, never chosen, so this is only a second lock.
export const ARGON2_MEMORY_KIB = 8_192;
export const ARGON2_TIME = 1;
export const ARGON2_LANES = 1;

// Two frames of 60 Hz: short enough for a page that scrolls, long enough that the pauses do not cost much.
const TICK_MILLISECONDS = 32;

/** The keys of one code; 32 bytes each, except the recipient (1,216). */
export interface Mailbox {
  readonly conversation: Uint8Array;
  readonly identity: Uint8Array;
  readonly recipient: Uint8Array;
  readonly signing: Uint8Array;
  readonly verifying: Uint8Array;
  readonly addressKey: Uint8Array;
  readonly deleteKey: Uint8Array;
  readonly replyAddressKey: Uint8Array;
  readonly replyDeleteKey: Uint8Array;
  readonly familyKey: Uint8Array;
}

/**
 * Return the mailbox of a secret (11 bytes).
 *
 * Every valid code opens one; whether anything lies in it, only the store knows.
 * `onProgress` is told how far it is, from 0 to 1; in between the page stays alive.
 */
export async function derive(
  secret: Uint8Array,
  organisation: string,
  onProgress?: (progress: number) => void,
): Promise<Mailbox> {
  // spec: salt = H(label ‖ organisation)[:16]
  const salt = digest(concat(labels.CODE, new TextEncoder().encode(organisation))).slice(0, 16);
  const master = await argon2idAsync(secret, salt, {
    t: ARGON2_TIME,
    m: ARGON2_MEMORY_KIB,
    p: ARGON2_LANES,
    dkLen: labels.KEY_SIZE,
    version: 0x13,
    asyncTick: TICK_MILLISECONDS,
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  const identity = deriveKey(master, labels.MAILBOX_IDENTITY);
  const signing = deriveKey(master, labels.MAILBOX_SIGNING);
  const verifying = verifyingKey(signing);
  const mailbox = {
    conversation: authorId(labels.ID_CONVERSATION, verifying),
    identity,
    recipient: await recipientOf(identity),
    signing,
    verifying,
    addressKey: deriveKey(master, labels.MAILBOX_ADDRESS),
    deleteKey: deriveKey(master, labels.MAILBOX_DELETE),
    replyAddressKey: deriveKey(master, labels.MAILBOX_REPLY_ADDRESS),
    replyDeleteKey: deriveKey(master, labels.MAILBOX_REPLY_DELETE),
    familyKey: deriveKey(master, labels.MAILBOX_FAMILY),
  };
  // All that a code opens follows from these bytes, and nobody needs them any more.
  master.fill(0);
  return mailbox;
}

/**
 * Return the secret (11 bytes) of a family code of this mailbox, `index` from 0 to 255.
 *
 * Whoever has the mailbox has all of them; none of them leads back to it.
 */
export function deriveFamilySecret(mailbox: Mailbox, index: number): Uint8Array {
  // spec: secret = HMAC-SHA256(family key, index (1))[:11], its first four bits zero
  return makeSecret(hmac(sha256, mailbox.familyKey, Uint8Array.of(index)).slice(0, SECRET_SIZE));
}

function deriveKey(master: Uint8Array, label: Uint8Array): Uint8Array {
  // spec: key = HKDF-SHA256(master, salt none, info = label)
  return hkdf(sha256, master, undefined, label, labels.KEY_SIZE);
}
