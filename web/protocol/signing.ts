/** The private half of signatures. spec: Payload, Keyset. */

import { ed25519 } from "@noble/curves/ed25519.js";

import { concat, digest } from "./encoding.ts";
import { type Document, preAuthentication } from "./verifying.ts";

/** Return the public half (32 bytes) of an Ed25519 seed (32 bytes). */
export function verifyingKey(signing: Uint8Array): Uint8Array {
  return ed25519.getPublicKey(signing);
}

/**
 * Sign a message's payload; return 64 bytes.
 *
 * Anybody who has the verifying key can prove who wrote it: authorship cannot be denied once keys are seized.
 */
export function sign(tag: Uint8Array, payload: Uint8Array, signing: Uint8Array): Uint8Array {
  // spec: signature = Ed25519(tag ‖ H(payload))
  return ed25519.sign(concat(tag, digest(payload)), signing);
}

/** Sign a document as DSSE: the exact bytes of the payload, and its type. */
export function signDocument(payloadType: string, payload: Uint8Array, signing: Uint8Array): Document {
  return { payloadType, payload, signature: ed25519.sign(preAuthentication(payloadType, payload), signing) };
}
