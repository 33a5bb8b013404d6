import { describe, expect, test } from "vitest";

import { decodeB64 } from "../../../web/protocol/encoding.ts";
import { decodeIdentity } from "../../../web/protocol/recipient.ts";
import { BLOCK_SIZE } from "../../../web/protocol/labels.ts";
import { HEADER_SIZE, open } from "../../../web/protocol/envelope.ts";
import { outcome, readVector } from "./vectors.ts";

const LETTERS: Readonly<Record<string, string>> = { malformed: "M", "no match": "N", forged: "F", success: "S" };
const SLICES = 4;
// Python examines each of the 28,754 flips, which takes eight minutes here. So this side takes every byte near the end of a
// line of the own stanza, which comes first, of the one after it, and of the header; of the long lines between, which are of
// one kind, every sixteenth; and a tenth of the others.
const TWO_STANZAS = 22 + 2 * 1_557;
const END = HEADER_SIZE - 48;
const NEAR = 24;
const SIXTEENTH = 16;
const TENTH = 10;
const MINUTES = 60_000;
const NEWLINE = 10;

type Flip = readonly [offset: number, mask: number, letter: string];

const vector = readVector("flips/block");
const block = decodeB64(vector.text("envelope"));
const identity = decodeIdentity(vector.text("identity"));

async function findDisagreement([offset, mask, letter]: Flip): Promise<string | null> {
  const changed = block.slice();
  changed[offset] = (changed[offset] ?? 0) ^ mask;
  // Nobody looks at a page here, so nothing need pause.
  const found = LETTERS[await outcome(() => open(changed, [identity], () => Promise.resolve()))];
  return found === letter ? null : `byte ${offset}, bit ${mask}: ${letter} in Python, ${found ?? "other"} here`;
}

async function findDisagreements(flips: readonly Flip[]): Promise<string[]> {
  const found: string[] = [];
  for (const flip of flips) {
    const disagreement = await findDisagreement(flip);
    if (disagreement !== null) {
      found.push(disagreement);
    }
  }
  return found;
}

test("the block as it is opens, and the list of flips is whole", async () => {
  expect(block.length).toBe(BLOCK_SIZE);
  expect(await findDisagreement([0, 0, "S"])).toBeNull();
  expect(vector.text("header")).toMatch(new RegExp(`^[MNF]{${HEADER_SIZE}}$`));
  expect(vector.list("others").length).toBe(10_000);
});

describe("flipped bits fail at the same stage as in Python", () => {
  const header = Array.from(vector.text("header"), (letter, offset): Flip => [offset, 1, letter]);
  const isNearEnd = (offset: number): boolean => block.subarray(Math.max(0, offset - NEAR), offset + NEAR).includes(NEWLINE);
  const chosen = header.filter(
    ([offset]) => (offset < TWO_STANZAS && isNearEnd(offset)) || offset >= END || offset % SIXTEENTH === 0,
  );
  const flips = [...chosen, ...(vector.list("others") as Flip[]).filter((_, i) => i % TENTH === 0)];
  const size = Math.ceil(flips.length / SLICES);
  const slices = Array.from({ length: SLICES }, (_, i) => [i, flips.slice(i * size, (i + 1) * size)] as const);
  test.each(slices)(
    "in slice %i of all header bytes and of any bytes",
    async (_, slice) => {
      expect(await findDisagreements(slice)).toEqual([]);
    },
    15 * MINUTES,
  );
});
