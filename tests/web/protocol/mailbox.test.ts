import { argon2id } from "@noble/hashes/argon2.js";
import { expect, test } from "vitest";

import { makeSecret } from "../../../web/protocol/code.ts";
import { derive } from "../../../web/protocol/mailbox.ts";

test("the derivation tells how far it is, and the page lives meanwhile", async () => {
  const told: number[] = [];
  let rounds = 0;
  const timer = setInterval(() => {
    rounds += 1;
  }, 1);
  await derive(makeSecret(new Uint8Array(11)), "proef", (progress) => told.push(progress));
  clearInterval(timer);
  expect(told.at(-1)).toBe(1);
  expect(told).toEqual([...told].sort((a, b) => a - b));
  expect(rounds).toBeGreaterThan(0);
});

test("Argon2id is that of RFC 9106", () => {
  // RFC 9106, section 5.3.
  const options = {
    t: 3,
    m: 32,
    p: 4,
    version: 0x13,
    key: new Uint8Array(8).fill(3),
    personalization: new Uint8Array(12).fill(4),
    dkLen: 32,
  };
  const tag = argon2id(new Uint8Array(32).fill(1), new Uint8Array(16).fill(2), options);
  expect(Array.from(tag.slice(0, 8))).toEqual([0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c]);
});
