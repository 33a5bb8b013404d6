import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { recipientOf } from "../../../web/protocol/age.ts";
import { composeMessage, firstAllow, listRecipients } from "../../../web/protocol/conversation.ts";
import { concat, encodeB64 } from "../../../web/protocol/encoding.ts";
import {
  HEADER_SIZE,
  open,
  pad,
  PAYLOAD_SIZE,
  PLAINTEXT_SIZE,
  type Random,
  seal,
  unpad,
} from "../../../web/protocol/envelope.ts";
import { ForgedError, MalformedError, NoMatchError, ProtocolError } from "../../../web/protocol/errors.ts";
import { BLOCK_SIZE } from "../../../web/protocol/labels.ts";
import { makeDraft, makeMailbox, makeRandom, makeTeam, signAsMailbox, verifyServed } from "./world.ts";

const draw: Random = (size) => crypto.getRandomValues(new Uint8Array(size));
const SIGNATURE = new Uint8Array(64).fill(9);
const signatures = fc.uint8Array({ minLength: 64, maxLength: 64 });
const noPause = (): Promise<void> => Promise.resolve();

async function opens(block: Uint8Array, identity: Uint8Array): Promise<boolean> {
  try {
    await open(block, [identity], noPause);
  } catch (error) {
    expect(error).toBeInstanceOf(NoMatchError);
    return false;
  }
  return true;
}

describe("padding", () => {
  test("is taken off as it was put on, and all plaintexts have one size", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), signatures, (payload, signature) => {
        const padded = pad(payload, signature);
        expect(padded.length).toBe(PLAINTEXT_SIZE);
        expect(unpad(padded)).toEqual({ payload, signature });
      }),
    );
  });

  test("no altered plaintext is accepted as the same", () => {
    const [payloads, masks] = [fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 1, max: 255 })];
    fc.assert(
      fc.property(payloads, fc.nat(PLAINTEXT_SIZE - 1), masks, (payload, i, mask) => {
        const padded = pad(payload, SIGNATURE);
        padded[i] = (padded[i] ?? 0) ^ mask;
        try {
          expect(unpad(padded)).not.toEqual({ payload, signature: SIGNATURE });
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }),
    );
  });

  test("holds exactly as much as SPEC says", () => {
    expect(PAYLOAD_SIZE).toBe(46_682);
    expect(unpad(pad(new Uint8Array(PAYLOAD_SIZE), SIGNATURE)).payload.length).toBe(PAYLOAD_SIZE);
    expect(() => pad(new Uint8Array(PAYLOAD_SIZE + 1), SIGNATURE)).toThrow(MalformedError);
    expect(() => unpad(new Uint8Array(PLAINTEXT_SIZE + 1))).toThrow(MalformedError);
    expect(() => unpad(new Uint8Array(2))).toThrow(MalformedError);
  });
});

test("the excluded cannot open and the allowed can, and the size never tells", async () => {
  const persons = Array.from("abcdefghijk");
  const [team, box] = [await makeTeam(persons), await makeMailbox()];
  const some = fc.subarray(persons);
  await fc.assert(
    fc.asyncProperty(fc.subarray(persons, { minLength: 1 }), some, async (allowed, absent) => {
      const reachable = allowed.filter((person) => !absent.includes(person));
      const compose = (): [ReturnType<typeof verifyServed>, ReturnType<typeof composeMessage>] => {
        const keyset = verifyServed(team, new Set(absent));
        return [keyset, composeMessage(box, keyset, firstAllow(allowed), makeDraft())];
      };
      if (reachable.length === 0) {
        expect(compose).toThrow(ProtocolError);
        return;
      }
      const [keyset, written] = compose();
      const { payload, signature } = signAsMailbox(written, box);
      const block = await seal(payload, signature, listRecipients(keyset, written), draw, noPause);
      expect(block.length).toBe(BLOCK_SIZE);
      expect(await opens(block, box.identity)).toBe(true);
      const readers: string[] = [];
      for (const { identity, workstation } of team.counsellors) {
        if (await opens(block, identity)) {
          readers.push(workstation.person);
        }
      }
      expect(readers).toEqual(reachable);
    }),
    { numRuns: 6 },
  );
});

test("a sealed block tells nothing by its shape", async () => {
  const seeds = Array.from({ length: 12 }, (_, i) => makeRandom(String(i))(32));
  const recipients = await Promise.all(seeds.map(recipientOf));
  const blocks = await Promise.all([1, 12, 12].map((n) => seal(SIGNATURE, SIGNATURE, recipients.slice(0, n), draw)));
  const shapes = blocks.map((block) => {
    const header = new TextDecoder("latin1").decode(block.subarray(0, HEADER_SIZE));
    return [block.length, header.split("-> mlkem768x25519 ").length - 1];
  });
  expect(shapes).toEqual([
    [65_536, 12],
    [65_536, 12],
    [65_536, 12],
  ]);
  expect(blocks[1]).not.toEqual(blocks[2]);
});

test("recipients stand in an order that only the randomness decides", async () => {
  const seed = makeRandom("mine")(32);
  const recipient = await recipientOf(seed);
  const places = new Set<number>();
  for (let i = 0; i < 6; i += 1) {
    const block = await seal(SIGNATURE, SIGNATURE, [recipient], makeRandom(`shuffle ${i}`), noPause);
    const opening = await Promise.all(
      Array.from({ length: 12 }, async (_, place) => ((await opens(breakStanza(block, place), seed)) ? null : place)),
    );
    places.add(opening.find((place) => place !== null) ?? -1);
  }
  expect(places.has(-1)).toBe(false);
  expect(places.size).toBeGreaterThan(1);

  function breakStanza(block: Uint8Array, place: number): Uint8Array {
    // Whoever opens stanza `place` finds none; everybody else finds a header whose MAC is wrong.
    const changed = block.slice();
    const offset = 22 + place * 1_557 + 18 + 1_495 + 5;
    changed[offset] = changed[offset] === 65 ? 66 : 65;
    return changed;
  }

  async function opens(block: Uint8Array, identity: Uint8Array): Promise<boolean> {
    try {
      await open(block, [identity], noPause);
    } catch (error) {
      return error instanceof ForgedError;
    }
    return true;
  }
});

test("any of several identities opens, whatever their order", async () => {
  const seeds = ["one", "two", "three"].map((name) => makeRandom(name)(32));
  const [mine, ...others] = seeds as [Uint8Array, ...Uint8Array[]];
  const block = await seal(SIGNATURE, SIGNATURE, [await recipientOf(mine)], draw, noPause);
  const opened = { payload: SIGNATURE, signature: SIGNATURE };
  expect(await open(block, [mine, ...others], noPause)).toEqual(opened);
  expect(await open(block, [...others, mine], noPause)).toEqual(opened);
  await expect(open(block, others, noPause)).rejects.toThrow(NoMatchError);
  await expect(open(block, [], noPause)).rejects.toThrow(NoMatchError);
});

test("sealing and opening let the page live between stanzas", async () => {
  const seed = makeRandom("page")(32);
  let count = 0;
  const pause = (): Promise<void> => {
    count += 1;
    return Promise.resolve();
  };
  const block = await seal(SIGNATURE, SIGNATURE, [await recipientOf(seed)], draw, pause);
  expect(count).toBe(11 + 12);
  count = 0;
  await expect(open(block, [makeRandom("stranger")(32)], pause)).rejects.toThrow(NoMatchError);
  expect(count).toBe(12);
});

test("what is no public key is refused before anything is sealed", async () => {
  // 3,329 is no coefficient modulo 3,329; a zero X25519 key gives a shared secret of zeros.
  const recipient = await recipientOf(makeRandom("key")(32));
  const even = concat(Uint8Array.of(0x01, 0x0d, 0x00), recipient.slice(3));
  const odd = concat(recipient.slice(0, 1_149), Uint8Array.of(0x00, 0x10, 0xd0), recipient.slice(1_152));
  const curve = concat(recipient.slice(0, 1_184), new Uint8Array(32));
  for (const bad of [even, odd, curve]) {
    await expect(seal(SIGNATURE, SIGNATURE, [bad], draw, noPause).then(() => "sealed")).rejects.toThrow(MalformedError);
  }
});

test("nobody is sealed to twice, and not to nobody", async () => {
  const recipient = await recipientOf(makeRandom("key")(32));
  await expect(seal(SIGNATURE, SIGNATURE, [recipient, recipient], draw, noPause)).rejects.toThrow();
  await expect(seal(SIGNATURE, SIGNATURE, [], draw, noPause)).rejects.toThrow();
});

test("every point of small order in any stanza is no envelope", async () => {
  const seed = makeRandom("points")(32);
  const block = await seal(SIGNATURE, SIGNATURE, [await recipientOf(seed)], draw, noPause);
  const prime = 2n ** 255n - 19n;
  const points = [
    0n,
    1n,
    325606250916557431795983626356110631294008115727848805560023387167927233504n,
    39382357235489614581723060781553021112529911719440698176882885853963445705823n,
    prime - 1n,
    prime,
    prime + 1n,
  ].flatMap((point) => [point, point + 2n ** 255n]);
  for (const [i, point] of points.entries()) {
    const share = Uint8Array.from({ length: 32 }, (_, at) => Number((point >> BigInt(8 * at)) & 255n));
    // 1,088 bytes of ciphertext are 362 groups of three and two bytes; the share follows them.
    const start = 22 + (i % 12) * 1_557 + 18;
    const enc = atob(new TextDecoder().decode(block.subarray(start, start + 1_494)).padEnd(1_496, "="));
    const bytes = concat(Uint8Array.from(enc, (c) => c.charCodeAt(0)).slice(0, 1_088), share);
    const changed = block.slice();
    changed.set(new TextEncoder().encode(encodeB64(bytes).slice(0, 1_494)), start);
    await expect(open(changed, [seed], noPause)).rejects.toThrow(MalformedError);
  }
});
