/** The public half of signatures: tagged Ed25519 and DSSE. Nothing here can sign. spec: Payload, Keyset. */

import type { EdwardsPoint } from "@noble/curves/abstract/edwards.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";

import {
  checkKeys,
  checkList,
  concat,
  decodeB64,
  digest,
  encodeB64,
  equal,
  type Json,
  parseJson,
  serializeJson,
} from "./encoding.ts";
import { ForgedError, MalformedError } from "./errors.ts";
import { KEY_SIZE, SIGNATURE_SIZE } from "./labels.ts";

const { Point } = ed25519;

/** A DSSE envelope as it was read; its signature is not yet verified. */
export interface Document {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** Return the id of a mailbox or workstation from its verifying key; 32 bytes. */
export function authorId(label: Uint8Array, verifying: Uint8Array): Uint8Array {
  return digest(concat(label, verifying));
}

/**
 * Verify a message's signature.
 *
 * The tag keeps a signature of one kind of key from passing for another's. Throws ForgedError.
 */
export function verify(tag: Uint8Array, payload: Uint8Array, signature: Uint8Array, verifying: Uint8Array): void {
  // spec: signature = Ed25519(tag ‖ H(payload))
  verifyBytes(concat(tag, digest(payload)), signature, verifying);
}

/** Verify a signed document of the expected type. Throws ForgedError: do not read its payload. */
export function verifyDocument(document: Document, payloadType: string, verifying: Uint8Array): void {
  if (document.payloadType !== payloadType) {
    throw new ForgedError("a document of another type");
  }
  verifyBytes(preAuthentication(document.payloadType, document.payload), document.signature, verifying);
}

/** Return DSSE's PAE, the exact bytes that are signed. */
export function preAuthentication(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = new TextEncoder().encode(payloadType);
  // spec: PAE = "DSSEv1" SP len(type) SP type SP len(payload) SP payload
  return concat(new TextEncoder().encode(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `), payload);
}

/** Return the canonical JSON of a DSSE envelope. */
export function serializeDocument(document: Document): Uint8Array {
  return serializeJson(documentJson(document));
}

/** Return a DSSE envelope as the object that stands inside a keyset. */
export function documentJson(document: Document): Json {
  return {
    payload: encodeB64(document.payload),
    payloadType: document.payloadType,
    signatures: [{ keyid: "", sig: encodeB64(document.signature) }],
  };
}

/** Read a DSSE envelope with exactly one signature. Throws MalformedError. */
export function parseDocument(data: Uint8Array): Document {
  return readDocument(parseJson(data));
}

/** Read a DSSE envelope that was already parsed as JSON. Throws MalformedError. */
export function readDocument(value: Json): Document {
  const fields = checkKeys(value, ["payload", "payloadType", "signatures"]);
  const [only, ...others] = checkList(fields.signatures);
  if (only === undefined || others.length > 0) {
    throw new MalformedError("a document has exactly one signature");
  }
  const signed = checkKeys(only, ["keyid", "sig"]);
  const { payload, payloadType } = fields;
  const { keyid, sig } = signed;
  if (
    typeof payloadType !== "string" ||
    typeof payload !== "string" ||
    typeof sig !== "string" ||
    typeof keyid !== "string"
  ) {
    throw new MalformedError("a document's fields are text");
  }
  const signature = decodeB64(sig);
  if (signature.length !== SIGNATURE_SIZE) {
    throw new MalformedError("a signature of another size");
  }
  return { payloadType, payload: decodeB64(payload), signature };
}

function verifyBytes(message: Uint8Array, signature: Uint8Array, verifying: Uint8Array): void {
  if (!holds(message, signature, verifying)) {
    throw new ForgedError("a signature does not hold");
  }
}

/*
 * Exactly libsodium's verdict, which PyNaCl gives the other twin: R, byte for byte, is S·B − H(R ‖ A ‖ message)·A, S is
 * reduced, A is canonical, and neither A nor R is of small order. noble's own `verify` multiplies the equation by the
 * cofactor and lets R be of small order; both differ only for keys and signatures that were made to differ, but then
 * a browser would accept what a desk refuses.
 */
function holds(message: Uint8Array, signature: Uint8Array, verifying: Uint8Array): boolean {
  const [r, s] = [signature.subarray(0, KEY_SIZE), littleEndian(signature.subarray(KEY_SIZE))];
  if (signature.length !== SIGNATURE_SIZE || verifying.length !== KEY_SIZE || s >= Point.Fn.ORDER) {
    return false;
  }
  const key = parsePoint(verifying);
  if (key === null || key.isSmallOrder()) {
    return false;
  }
  const challenge = Point.Fn.create(littleEndian(sha512(concat(r, verifying, message))));
  const commitment = Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(challenge));
  return equal(commitment.toBytes(), r) && !commitment.isSmallOrder();
}

function parsePoint(bytes: Uint8Array): EdwardsPoint | null {
  try {
    return Point.fromBytes(bytes);
  } catch {
    return null;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((total, byte) => (total << 8n) | BigInt(byte), 0n);
}
