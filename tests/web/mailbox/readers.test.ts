/** A line in the conversation for every change in who reads along. */

import { describe, expect, test } from "vitest";

import { compareReaders, readersOf } from "../../../web/mailbox/readers.ts";
import { ABSENT, EXCLUDED, type Id, type Sealed } from "../../../web/protocol/payload.ts";
import type { Roster } from "../../../web/protocol/roster.ts";

const CARD = new Uint8Array(32);

// What a roster says beside ids, persons and names is not asked for here.
const ROSTER = {
  workstations: [
    { id: new Uint8Array(32).fill(1), person: "anna", name: "Anna" },
    { id: new Uint8Array(32).fill(2), person: "bram", name: "Bram" },
    { id: new Uint8Array(32).fill(3), person: "bram", name: "Bram" },
    { id: new Uint8Array(32).fill(4), person: "chris", name: "Chris" },
  ],
} as unknown as Roster;

function idOf(byte: number): Id {
  return Buffer.alloc(32, byte).toString("base64url");
}

function readers(...states: readonly Sealed[]): ReadonlyMap<string, string> {
  return readersOf(new Map(states.map((state, i) => [idOf(i + 1), state])), ROSTER);
}

describe("who reads along", () => {
  test("is whoever was not left out, with any of their workstations, also without a card this week", () => {
    expect([...readers(CARD, EXCLUDED, CARD, ABSENT)]).toEqual([["anna", "Anna"], ["bram", "Bram"], ["chris", "Chris"]]);
    expect([...readers(CARD, EXCLUDED, EXCLUDED, EXCLUDED)]).toEqual([["anna", "Anna"]]);
  });

  test("is nobody whom the roster does not list", () => {
    expect([...readersOf(new Map([[idOf(9), CARD]]), ROSTER)]).toEqual([]);
  });
});

describe("a change", () => {
  test("names who came and who went, and is none where it is the same", () => {
    const [all, two] = [readers(CARD, CARD, CARD, CARD), readers(CARD, CARD, EXCLUDED, EXCLUDED)];
    expect(compareReaders(all, two)).toEqual({ gained: [], lost: ["Chris"] });
    expect(compareReaders(two, all)).toEqual({ gained: ["Chris"], lost: [] });
    expect(compareReaders(readers(CARD, CARD, CARD, EXCLUDED), readers(EXCLUDED, CARD, CARD, CARD))).toEqual({ gained: ["Chris"], lost: ["Anna"] });
  });

  test("is none when somebody only has another workstation, or a card again", () => {
    expect(compareReaders(readers(CARD, CARD, EXCLUDED, ABSENT), readers(CARD, EXCLUDED, CARD, CARD))).toBeNull();
  });
});
