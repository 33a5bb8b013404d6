/** Who may read a first message, by what the page named and what was ticked. */

import fc from "fast-check";
import { expect, test } from "vitest";

import { allowAllBut } from "../../../web/journey/exclude.ts";
import { listPersons } from "../../../web/persons.ts";
import type { Keyset } from "../../../web/protocol/keyset.ts";
import type { Roster, Workstation } from "../../../web/protocol/roster.ts";

const PERSONS = ["anna", "bram", "chris", "dewi"];

function workstation(person: string, number: number, retiredOn: string | null = null): Workstation {
  const id = new Uint8Array(32).fill(number);
  return { id, person, name: person.toUpperCase(), affiliations: [`of ${number}`], verifyingKey: id, retiredOn };
}

function keysetOf(workstations: readonly Workstation[]): Keyset {
  return { roster: { workstations } as unknown as Roster } as Keyset;
}

test("a person is named once, with all that they belong to, and not after they have left", () => {
  const all = [workstation("bram", 1), workstation("anna", 2), workstation("bram", 3), workstation("chris", 4, "2026-01-01")];
  expect(listPersons(keysetOf(all).roster)).toEqual([
    { id: "anna", name: "ANNA", affiliations: ["of 2"] },
    { id: "bram", name: "BRAM", affiliations: ["of 1", "of 3"] },
  ]);
});

test("whoever is left out is never allowed, and nobody who joined since, once anybody is left out", () => {
  fc.assert(
    fc.property(fc.subarray(PERSONS), fc.subarray(PERSONS), fc.subarray(PERSONS), (then, now, left) => {
      const named = listPersons(keysetOf(then.map((person, i) => workstation(person, i))).roster);
      const keyset = keysetOf(now.map((person, i) => workstation(person, i)));
      const { persons } = allowAllBut(named, new Set(left))(keyset);
      const expected = left.length === 0 ? now : then.filter((person) => !left.includes(person));
      expect(persons).toEqual([...expected].sort());
    }),
  );
});
