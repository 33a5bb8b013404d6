/** Recipients and identities as text, and what a public key must look like. spec: Encodings, Envelope. */

import type { Json } from "./encoding.ts";
import { MalformedError } from "./errors.ts";
import { KEY_SIZE } from "./labels.ts";

export const MLKEM_SIZE = 1_184;
export const RECIPIENT_PREFIX = "age1pq";
export const RECIPIENT_SIZE = 1_216;
export const IDENTITY_PREFIX = "age-secret-key-pq-";
const BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const BECH32_GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]; // BIP 173

const MODULUS = 3_329;
const COEFFICIENTS_SIZE = 1_152;
// The u-coordinates of small order modulo 2²⁵⁵ − 19, least first, and the two that are not reduced (RFC 7748,
// section 6.1).
const LOW_ORDER: ReadonlySet<string> = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

/** Return `age1pq1…` for 1,216 bytes of public key. */
export function encodeRecipient(publicKey: Uint8Array): string {
  return encodeBech32(RECIPIENT_PREFIX, publicKey);
}

/** Read `age1pq1…`; return 1,216 bytes. Throws MalformedError. */
export function decodeRecipient(text: Json): Uint8Array {
  if (typeof text !== "string") {
    throw new MalformedError("not a recipient");
  }
  const recipient = decodeBech32(RECIPIENT_PREFIX, text, RECIPIENT_SIZE);
  checkRecipient(recipient);
  return recipient;
}

/**
 * Check that 1,216 bytes are a public key that can be sealed to; one bad card would else stop every sender.
 *
 * Throws MalformedError. noble's own check of the modulus (0.5.4) looks, and does not see it.
 */
export function checkRecipient(recipient: Uint8Array): void {
  if (recipient.length !== RECIPIENT_SIZE || isLowOrder(recipient.subarray(MLKEM_SIZE))) {
    throw new MalformedError("not a public key");
  }
  const lattice = recipient.subarray(0, COEFFICIENTS_SIZE);
  // FIPS 203, section 7.2: twelve-bit coefficients, each below the modulus.
  for (let i = 0; i + 2 < lattice.length; i += 3) {
    const [low = 0, middle = 0, high = 0] = lattice.subarray(i, i + 3);
    if ((low | ((middle & 0x0f) << 8)) >= MODULUS || ((middle >>> 4) | (high << 4)) >= MODULUS) {
      throw new MalformedError("not an ML-KEM public key");
    }
  }
}

/** Say whether an X25519 share (32 bytes) lies in a small subgroup, where every secret is known. */
export function isLowOrder(share: Uint8Array): boolean {
  const masked = Array.from(share, (byte, i) => (i === KEY_SIZE - 1 ? byte & 0x7f : byte));
  return LOW_ORDER.has(masked.map((byte) => byte.toString(16).padStart(2, "0")).join(""));
}

/** Return `AGE-SECRET-KEY-PQ-1…` for a seed of 32 bytes. This text is a secret. */
export function encodeIdentity(seed: Uint8Array): string {
  return encodeBech32(IDENTITY_PREFIX, seed).toUpperCase();
}

/** Read `AGE-SECRET-KEY-PQ-1…`; return the seed of 32 bytes. Throws MalformedError. */
export function decodeIdentity(text: string): Uint8Array {
  const seed = decodeBech32(IDENTITY_PREFIX, text.toLowerCase(), KEY_SIZE);
  if (encodeIdentity(seed) !== text) {
    throw new MalformedError("not an identity");
  }
  return seed;
}

function polymod(values: readonly number[]): number {
  let checksum = 1;
  for (const value of values) {
    const top = checksum >>> 25;
    checksum = ((checksum & 0x1ffffff) << 5) ^ value;
    BECH32_GENERATOR.forEach((generator, bit) => {
      checksum ^= (top >>> bit) & 1 ? generator : 0;
    });
  }
  return checksum;
}

function expand(prefix: string): number[] {
  const codes = Array.from(prefix, (character) => character.charCodeAt(0));
  return [...codes.map((code) => code >>> 5), 0, ...codes.map((code) => code & 31)];
}

function encodeBech32(prefix: string, data: Uint8Array): string {
  const digits = regroup(data, 8, 5);
  const checksum = polymod([...expand(prefix), ...digits, 0, 0, 0, 0, 0, 0]) ^ 1;
  const check = [0, 1, 2, 3, 4, 5].map((i) => (checksum >>> (5 * (5 - i))) & 31);
  return `${prefix}1${[...digits, ...check].map((digit) => BECH32.charAt(digit)).join("")}`;
}

function decodeBech32(prefix: string, text: string, size: number): Uint8Array {
  const count = Math.ceil((size * 8) / 5);
  if (text.length !== prefix.length + 1 + count + 6 || !text.startsWith(`${prefix}1`)) {
    throw new MalformedError("not bech32 of the expected kind and size");
  }
  const digits = Array.from(text.slice(prefix.length + 1, -6), (character) => Math.max(BECH32.indexOf(character), 0));
  const data = Uint8Array.from(regroup(digits, 5, 8)).subarray(0, size);
  // Encoding again catches a wrong checksum, a foreign character and non-zero filling alike.
  if (encodeBech32(prefix, data) !== text) {
    throw new MalformedError("bech32 is not canonical");
  }
  return data;
}

// The same bits in groups of another width, the last one filled up with zeros.
function regroup(values: Iterable<number>, from: number, to: number): number[] {
  const groups: number[] = [];
  let bits = 0;
  let count = 0;
  for (const value of values) {
    bits = ((bits << from) | value) & 0xffff;
    count += from;
    while (count >= to) {
      count -= to;
      groups.push((bits >>> count) & ((1 << to) - 1));
    }
  }
  if (count > 0) {
    groups.push((bits << (to - count)) & ((1 << to) - 1));
  }
  return groups;
}
