import fc from "fast-check";
import { expect, test } from "vitest";

import { deriveAddress, prefix, type Slot } from "../../../web/protocol/address.ts";
import { concat, encodeB64u } from "../../../web/protocol/encoding.ts";
import { FETCH_COUNT, type Listed, matchIndex, planFirst, planMore, planNext, planSecond } from "../../../web/protocol/visit.ts";
import { makeRandom } from "./world.ts";

const OWN = makeRandom("own")(32);
const KEY = makeRandom("key")(32);
const AUTHORS = Array.from({ length: 5 }, (_, i) => makeRandom(`author ${i}`)(32));

const numbers = fc.uniqueArray(fc.nat(255), { minLength: 1, maxLength: 6 }).map((list) => list.sort((a, b) => a - b));
const listings: fc.Arbitrary<Listed> = fc
  .tuple(fc.subarray(AUTHORS), fc.array(numbers, { minLength: 5, maxLength: 5 }))
  .map(([authors, lists]) => new Map(authors.map((author, i) => [encodeB64u(author), lists[i] ?? []])));
const keyOf = (slot: Slot): string => `${encodeB64u(slot.author)} ${slot.number}`;

test("a visit asks for every listed message once, and never for more at a time than one fetch holds", () => {
  fc.assert(
    fc.property(listings, fc.nat(255), (listed, seen) => {
      const first = planFirst(OWN, listed);
      const second = planSecond(OWN, seen, listed, first);
      const rest = planNext(listed, [...first, ...second]);
      expect(first.length).toBeLessThanOrEqual(FETCH_COUNT);
      expect(second.length).toBeLessThanOrEqual(FETCH_COUNT);
      const asked = [...first, ...second, ...rest].map(keyOf);
      expect(new Set(asked).size).toBe(asked.length);
      const own = encodeB64u(OWN);
      const wanted = Array.from(listed, ([author, list]) => list.map((number) => `${author} ${number}`)).flat();
      expect(asked.filter((slot) => !slot.startsWith(own)).sort()).toEqual(wanted.sort());
    }),
  );
});

test("four more asks for every gap among own messages too, once, the highest numbers first", () => {
  fc.assert(
    fc.property(listings, fc.nat(255), (listed, highest) => {
      const asked = [...planFirst(OWN, listed), ...planSecond(OWN, highest, listed, [])];
      const more = planMore(OWN, highest, listed, asked);
      expect(more.every(({ number }, i) => i === 0 || number <= (more[i - 1]?.number ?? 0))).toBe(true);
      const own = encodeB64u(OWN);
      const known = [...asked, ...more].map(keyOf);
      expect(new Set(more.map(keyOf)).size).toBe(more.length);
      expect(more.map(keyOf).some((slot) => asked.map(keyOf).includes(slot))).toBe(false);
      for (let number = 0; number < highest; number += 1) {
        expect(known).toContain(`${own} ${number}`);
      }
    }),
    { numRuns: 30 },
  );
  expect(planMore(OWN, -1, new Map(), [])).toEqual([]);
});

test("an index is matched for exactly what it lists, whatever stands beside it", async () => {
  await fc.assert(
    fc.asyncProperty(listings, fc.uint8Array({ maxLength: 3 }), async (listed, tail) => {
      const entries = AUTHORS.flatMap((author) =>
        (listed.get(encodeB64u(author)) ?? []).map((number) => prefix(deriveAddress(KEY, author, number))),
      );
      const index = concat(...entries, makeRandom("dummies")(400), tail);
      expect(await matchIndex(index, KEY, AUTHORS, () => Promise.resolve())).toEqual(listed);
    }),
    { numRuns: 5 },
  );
});
