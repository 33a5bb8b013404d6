import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { concat, digest } from "../../../web/protocol/encoding.ts";
import { ForgedError } from "../../../web/protocol/errors.ts";
import * as labels from "../../../web/protocol/labels.ts";
import { sign, signDocument, verifyingKey } from "../../../web/protocol/signing.ts";
import { verify, verifyDocument } from "../../../web/protocol/verifying.ts";

const { Point } = ed25519;
const PRIME = Point.Fp.ORDER;
const SEED = new Uint8Array(32).fill(3);
const KEY = verifyingKey(SEED);
const PAYLOAD = new TextEncoder().encode("{}");
const MESSAGE = concat(labels.SIGN_MAILBOX, digest(PAYLOAD));

const toNumber = (bytes: Uint8Array): bigint => bytes.reduceRight((total, byte) => (total << 8n) | BigInt(byte), 0n);
const toBytes = (number: bigint): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((number >> BigInt(8 * i)) & 255n));

function holds(signature: Uint8Array, key: Uint8Array, tag: Uint8Array = labels.SIGN_MAILBOX): boolean {
  try {
    verify(tag, PAYLOAD, signature, key);
  } catch (error) {
    expect(error).toBeInstanceOf(ForgedError);
    return false;
  }
  return true;
}

test("a signature holds for its tag, payload and key", () => {
  const signature = sign(labels.SIGN_MAILBOX, PAYLOAD, SEED);
  expect(signature).toEqual(ed25519.sign(MESSAGE, SEED));
  expect(holds(signature, KEY)).toBe(true);
  expect(holds(signature, KEY, labels.SIGN_WORKSTATION)).toBe(false);
  expect(holds(signature, verifyingKey(new Uint8Array(32)))).toBe(false);
});

test("no altered signature or key is accepted", () => {
  const signature = sign(labels.SIGN_MAILBOX, PAYLOAD, SEED);
  fc.assert(
    fc.property(fc.nat(95), fc.integer({ min: 1, max: 255 }), (place, mask) => {
      const both = concat(signature, KEY);
      both[place] = (both[place] ?? 0) ^ mask;
      expect(holds(both.slice(0, 64), both.slice(64))).toBe(false);
    }),
  );
});

test("signatures and keys of another size do not hold", () => {
  const signature = sign(labels.SIGN_MAILBOX, PAYLOAD, SEED);
  for (const [one, other] of [
    [signature.slice(1), KEY],
    [concat(signature, Uint8Array.of(0)), KEY],
    [signature, KEY.slice(1)],
    [new Uint8Array(0), new Uint8Array(0)],
  ] as const) {
    expect(holds(one, other)).toBe(false);
  }
});

test("a document holds for its type only", () => {
  const document = signDocument(labels.TYPE_CARD, PAYLOAD, SEED);
  verifyDocument(document, labels.TYPE_CARD, KEY);
  expect(() => {
    verifyDocument(document, labels.TYPE_ROSTER, KEY);
  }).toThrow(ForgedError);
  expect(() => {
    verifyDocument({ ...document, payloadType: labels.TYPE_ROSTER }, labels.TYPE_ROSTER, KEY);
  }).toThrow(ForgedError);
});

describe("signatures made to divide implementations get libsodium's verdict", () => {
  // The verdicts are those of PyNaCl 1.6.2; noble's own `verify` accepts all of these but the last two groups.
  const SECRET = 123_456_789n;
  const NONCE = 987_654_321n;
  const torsion = Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
  const twist = (times: number): InstanceType<typeof Point> =>
    times === 0 ? Point.ZERO : torsion.multiplyUnsafe(BigInt(times));
  const key = Point.BASE.multiply(SECRET);
  const commitment = Point.BASE.multiply(NONCE);
  const orders = [0, 1, 2, 3, 4, 5, 6, 7];

  function forge(a: Uint8Array, r: Uint8Array, nonce: bigint): Uint8Array {
    const challenge = toNumber(sha512(concat(r, a, MESSAGE))) % Point.Fn.ORDER;
    return concat(r, toBytes((nonce + challenge * SECRET) % Point.Fn.ORDER));
  }

  test("an honest one made this way holds", () => {
    const signature = forge(key.toBytes(), commitment.toBytes(), NONCE);
    expect(holds(signature, key.toBytes())).toBe(true);
    const s = toNumber(signature.slice(32)) + Point.Fn.ORDER;
    expect(holds(concat(signature.slice(0, 32), toBytes(s)), key.toBytes())).toBe(false);
  });

  test.each(orders)("a commitment of small order is refused (%i)", (times) => {
    const signature = forge(key.toBytes(), twist(times).toBytes(), 0n);
    expect(ed25519.verify(signature, MESSAGE, key.toBytes(), { zip215: false })).toBe(true);
    expect(holds(signature, key.toBytes())).toBe(false);
  });

  test.each(orders.slice(1))("a commitment with a part of small order is refused (%i)", (times) => {
    const signature = forge(key.toBytes(), commitment.add(twist(times)).toBytes(), NONCE);
    expect(ed25519.verify(signature, MESSAGE, key.toBytes(), { zip215: false })).toBe(true);
    expect(holds(signature, key.toBytes())).toBe(false);
  });

  test.each(orders.slice(1))("a key with a part of small order holds only where it cancels out (%i)", (times) => {
    const mixed = key.add(twist(times)).toBytes();
    const signature = forge(mixed, commitment.toBytes(), NONCE);
    const challenge = toNumber(sha512(concat(commitment.toBytes(), mixed, MESSAGE))) % Point.Fn.ORDER;
    expect(ed25519.verify(signature, MESSAGE, mixed, { zip215: false })).toBe(true);
    expect(holds(signature, mixed)).toBe((challenge * BigInt(times)) % 8n === 0n);
  });

  test.each(orders)("a key of small order is refused (%i)", (times) => {
    expect(holds(concat(commitment.toBytes(), toBytes(NONCE)), twist(times).toBytes())).toBe(false);
  });

  test.each([
    [PRIME, 0],
    [PRIME, 128],
    [PRIME + 1n, 0],
    [PRIME + 1n, 128],
    [1n, 128],
    [PRIME - 1n, 128],
  ])("a second spelling of a point is refused (y = %s, sign bit %s)", (y, sign) => {
    const spelling = toBytes(y);
    spelling[31] = (spelling[31] ?? 0) | sign;
    expect(holds(forge(key.toBytes(), spelling, 0n), key.toBytes())).toBe(false);
    expect(holds(concat(commitment.toBytes(), toBytes(NONCE)), spelling)).toBe(false);
  });
});
