/** Stock age opens an envelope with an exported identity, forever, without us. */

import { Decrypter } from "age-encryption";
import { expect, test } from "vitest";

import { recipientOf } from "../../../web/protocol/age.ts";
import { pad, seal } from "../../../web/protocol/envelope.ts";
import { encodeIdentity } from "../../../web/protocol/recipient.ts";
import { makeRandom } from "./world.ts";
import { readSubject } from "./vectors.ts";

test("envelopes sealed by Python open in npm age-encryption", async () => {
  const vectors = readSubject("envelope").filter(({ expect: expected }) => expected === "success");
  expect(vectors.length).toBeGreaterThan(0);
  for (const vector of vectors) {
    const decrypter = new Decrypter();
    decrypter.addIdentity(vector.text("identity"));
    await expect(decrypter.decrypt(vector.b64("envelope"))).resolves.toEqual(vector.b64("plaintext"));
  }
});

test("envelopes sealed by the browser open in npm age-encryption, for every recipient", async () => {
  const random = makeRandom("third party");
  const seeds = [random(32), random(32), random(32)];
  const payload = new TextEncoder().encode("{}");
  const signature = new Uint8Array(64);
  const block = await seal(payload, signature, await Promise.all(seeds.map(recipientOf)), random);
  for (const seed of seeds) {
    const decrypter = new Decrypter();
    decrypter.addIdentity(encodeIdentity(seed));
    await expect(decrypter.decrypt(block)).resolves.toEqual(pad(payload, signature));
  }
});
