/** Who reads along, and where in a conversation that changed. */

import { EXCLUDED, type Id, type Sealed } from "../protocol/payload.ts";
import { listed, type Roster } from "../protocol/roster.ts";

/** The names of those who read from here on and did not before, and of those who no longer do. */
export interface Change {
  readonly gained: readonly string[];
  readonly lost: readonly string[];
}

/** Return the persons, with their names, whom an envelope was meant for; who has no card now may be given it later. */
export function readersOf(sealed: ReadonlyMap<Id, Sealed>, roster: Roster): ReadonlyMap<string, string> {
  const stations = listed(roster);
  const readers = new Map<string, string>();
  for (const [id, state] of sealed) {
    const workstation = stations.get(id);
    if (workstation !== undefined && state !== EXCLUDED) {
      readers.set(workstation.person, workstation.name);
    }
  }
  return readers;
}

/** Return what changed between two envelopes, or null. */
export function compareReaders(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Change | null {
  const without = (some: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>): string[] =>
    [...some].filter(([person]) => !others.has(person)).map(([, name]) => name).sort();
  const [gained, lost] = [without(after, before), without(before, after)];
  return gained.length + lost.length > 0 ? { gained, lost } : null;
}
