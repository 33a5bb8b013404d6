/** A file beside a message: chunks of one block each, under a key that stands in the message. spec: Attachment. */

import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";

import { concat, digest } from "./encoding.ts";
import { assert, ForgedError, MalformedError } from "./errors.ts";
import * as labels from "./labels.ts";

export const TAG_SIZE = 16;
export const CHUNK_SIZE = labels.BLOCK_SIZE - TAG_SIZE;
export const FILE_SIZE = 25 * 2 ** 20;
export const ATTACHMENT_COUNT = 10;

/** What a message says of a file: key and digest of its chunks (32 bytes each), name, size in bytes. */
export interface Attachment {
  readonly key: Uint8Array;
  readonly digest: Uint8Array;
  readonly name: string;
  readonly size: number;
}

/** What follows from an attachment's key. The browser's own AES is fast where JavaScript is slow. */
export interface ChunkKeys {
  readonly content: CryptoKey;
  readonly address: Uint8Array;
}

/** Return the keys of an attachment's chunks. */
export async function deriveKeys(key: Uint8Array): Promise<ChunkKeys> {
  const content = derive(key, labels.ATTACHMENT_CONTENT);
  return {
    content: await crypto.subtle.importKey("raw", owned(content), "AES-GCM", false, ["encrypt", "decrypt"]),
    address: derive(key, labels.ATTACHMENT_ADDRESS),
  };
}

/**
 * Return how many chunks a file of so many bytes takes, so that their number tells little of its size.
 *
 * Padmé costs 12% at most, less the larger the file. Source: Nikitin et al., "Reducing Metadata Leakage from Encrypted
 * Files and Communication with PURBs", 2019.
 */
export function countChunks(size: number): number {
  // spec: n = padmé(max(1, ⌈size / 65,520⌉))
  const needed = Math.max(1, Math.ceil(size / CHUNK_SIZE));
  const exponent = bitLength(needed) - 1;
  const freeBits = exponent - bitLength(exponent);
  const mask = freeBits > 0 ? (1 << freeBits) - 1 : 0;
  return (needed + mask) & ~mask;
}

/** Return how many bytes of a file of so many bytes stand in one chunk. */
export function pieceSize(size: number, index: number): number {
  return Math.min(Math.max(size - index * CHUNK_SIZE, 0), CHUNK_SIZE);
}

/** Return the 32-byte address of a chunk. */
export function chunkAddress(keys: ChunkKeys, index: number): Uint8Array {
  // spec: address_i = HMAC-SHA256(address key, i (4))
  const place = new Uint8Array(4);
  new DataView(place.buffer).setUint32(0, index);
  return hmac(sha256, keys.address, place);
}

/**
 * Return one block of a piece (65,520 bytes at most, filled up with zeros).
 *
 * A key encrypts one file, once: a second content under the same key and index gives both away.
 */
export async function encryptChunk(
  keys: ChunkKeys,
  index: number,
  piece: Uint8Array,
  last: boolean,
): Promise<Uint8Array> {
  assert(piece.length <= CHUNK_SIZE, "a piece fits in a chunk");
  // Nearly every piece is whole, and need not be in memory twice.
  const plaintext = piece.length === CHUNK_SIZE ? owned(piece) : fillUp(piece);
  return new Uint8Array(await crypto.subtle.encrypt(algorithm(index, last), keys.content, plaintext));
}

/**
 * Return the piece of `size` bytes that stands in a block.
 *
 * Throws ForgedError (not this chunk, or changed), MalformedError (not one block, or fill that is not zero).
 */
export async function decryptChunk(
  keys: ChunkKeys,
  index: number,
  block: Uint8Array,
  size: number,
  last: boolean,
): Promise<Uint8Array> {
  if (block.length !== labels.BLOCK_SIZE) {
    throw new MalformedError("not one block");
  }
  const decrypted = await crypto.subtle.decrypt(algorithm(index, last), keys.content, owned(block)).catch(() => {
    throw new ForgedError("a chunk does not authenticate");
  });
  const plaintext = new Uint8Array(decrypted);
  if (plaintext.subarray(size).some((byte) => byte !== 0)) {
    throw new MalformedError("padding is not canonical");
  }
  return plaintext.subarray(0, size);
}

/** Return the digest of one chunk: H(block), by the browser's own hash. */
export async function digestChunk(block: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", owned(block)));
}

/** Return an attachment's digest from those of its chunks: with it a message fixes every byte of the file. */
export function combineDigests(digests: readonly Uint8Array[]): Uint8Array {
  // spec: digest = H(H(chunk_0) ‖ … ‖ H(chunk_(n−1)))
  return digest(concat(...digests));
}

function derive(key: Uint8Array, label: Uint8Array): Uint8Array {
  return hkdf(sha256, key, undefined, label, labels.KEY_SIZE);
}

function fillUp(piece: Uint8Array): Uint8Array<ArrayBuffer> {
  const plaintext = new Uint8Array(CHUNK_SIZE);
  plaintext.set(piece);
  return plaintext;
}

function algorithm(index: number, last: boolean): AesGcmParams {
  // spec: nonce = i (11) ‖ last (1), as in STREAM
  const iv = new Uint8Array(12);
  new DataView(iv.buffer).setUint32(7, index);
  iv[11] = last ? 1 : 0;
  return { name: "AES-GCM", iv };
}

function bitLength(value: number): number {
  return 32 - Math.clz32(value);
}

// The types of WebCrypto refuse memory that workers share; here is none.
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}
