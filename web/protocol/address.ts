/** Addresses of blocks and the tokens that delete them. spec: Address. */

import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";

import { concat, digest } from "./encoding.ts";
import { assert } from "./errors.ts";
import { LAST_NUMBER, PREFIX_SIZE } from "./labels.ts";

/** An author's id (32 bytes) and a number: one place where a message may lie. */
export interface Slot {
  readonly author: Uint8Array;
  readonly number: number;
}

/**
 * Return the 32-byte address of an author's message.
 *
 * Without the key it cannot be told from random bytes; with it, and without more, all of an author's can be computed.
 */
export function deriveAddress(addressKey: Uint8Array, author: Uint8Array, number: number): Uint8Array {
  assert(Number.isInteger(number) && number >= 0 && number <= LAST_NUMBER, "a message's number is one byte");
  // spec: address = HMAC-SHA256(address key, author id ‖ number)
  return hmac(sha256, addressKey, concat(author, Uint8Array.of(number)));
}

/** Return the 32 bytes that let their holder delete the block at this address. */
export function deriveDeleteToken(deleteKey: Uint8Array, address: Uint8Array): Uint8Array {
  // spec: delete token = HMAC-SHA256(delete key, address)
  return hmac(sha256, deleteKey, address);
}

/** Return what the server keeps of a delete token: it proves the token and does not give it. */
export function deleteHash(token: Uint8Array): Uint8Array {
  return digest(token);
}

/** Return the four bytes of an address that the index lists. */
export function prefix(address: Uint8Array): Uint8Array {
  return address.slice(0, PREFIX_SIZE);
}
