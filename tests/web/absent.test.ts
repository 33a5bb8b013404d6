/** What is left out of the bundle can be loaded, and never used. */

import { expect, test } from "vitest";

import { p256, p384, scrypt } from "../../web/absent.ts";

test("whatever is called that is left out throws, and does nothing in its place", () => {
  for (const call of [scrypt, p256.getPublicKey, p256.getSharedSecret, p256.keygen, p256.Point.fromBytes, p384.utils.randomSecretKey]) {
    expect(call).toThrow("this is not in the bundle");
  }
});
