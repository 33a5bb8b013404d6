/** The counsellors as a page names them, and choosing among them: the roster's bytes are the same for everybody. */

import { clone, field, fields, fill, slot, tick } from "./page.ts";
import { active, type Roster } from "./protocol/roster.ts";

/** A counsellor as the page names them, who may have several workstations. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly affiliations: readonly string[];
}

/** Return everybody who reads, by name. */
export function listPersons(roster: Roster): Person[] {
  const persons = new Map<string, Person>();
  for (const { person: id, name, affiliations } of active(roster).values()) {
    const known = persons.get(id);
    const all = new Set([...(known?.affiliations ?? []), ...affiliations]);
    persons.set(id, { id, name: known?.name ?? name, affiliations: [...all] });
  }
  return [...persons.values()].sort((one, other) => one.name.localeCompare(other.name));
}

/** Return a box to tick for a person. */
export function makeChoice({ id, name, affiliations }: Person): HTMLElement {
  const choice = clone("person-choice");
  field(choice, "person").value = id;
  fill(choice, "name", name);
  fill(choice, "affiliations", affiliations.join(", "));
  return choice;
}

/**
 * Ask who may read once nobody else is left: one of `others`, who may not read now, or nobody.
 *
 * `chosen` is what was chosen before. Where there are no others nothing is asked.
 */
export function offerSuccessors(step: HTMLElement, others: readonly Person[], chosen: string | null): void {
  const rows = others.map(({ id, name }) => {
    const row = clone("successor-choice");
    field(row, "successor").value = id;
    fill(row, "name", name);
    return row;
  });
  slot(step, "successors").replaceChildren(clone("successor-none"), ...rows);
  slot(step, "succession").hidden = others.length === 0;
  tick(fields(step, "successor") as HTMLInputElement[], [others.some(({ id }) => id === chosen) ? (chosen ?? "") : ""]);
}

/** Return who was chosen for then; null for nobody. */
export function readSuccessor(step: HTMLElement): string | null {
  const chosen = (fields(step, "successor") as HTMLInputElement[]).find((input) => input.checked);
  return chosen === undefined || chosen.value === "" ? null : chosen.value;
}
