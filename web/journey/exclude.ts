/** Who may not read this: the counsellors of the verified keyset, by person. An envelope is of one size for any choice. */

import { choose, clone, field, fields, fill, press, show, slot } from "../page.ts";
import { firstAllow } from "../protocol/conversation.ts";
import type { Keyset } from "../protocol/keyset.ts";
import type { AllowList } from "../protocol/payload.ts";
import { active, type Roster } from "../protocol/roster.ts";
import type { Answers } from "./answers.ts";
import { tick } from "./ask.ts";

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

/** Say whether anybody is left who may read. */
export function isReadable(persons: readonly Person[], { excluded }: Answers): boolean {
  return persons.some(({ id }) => !excluded.has(id));
}

/** Ask who may not read; with nobody left one cannot go on, only back. */
export async function askExclude(persons: readonly Person[], answers: Answers): Promise<string> {
  const { excluded } = answers;
  const step = clone("step-exclude");
  slot(step, "persons").replaceChildren(...persons.map(makeChoice));
  const inputs = fields(step, "person") as HTMLInputElement[];
  tick(inputs, [...excluded]);
  const tell = (): void => {
    choose(step, "left", isReadable(persons, answers) ? null : "nobody");
  };
  step.addEventListener("input", () => {
    excluded.clear();
    inputs.filter((input) => input.checked).forEach(({ value }) => excluded.add(value));
    tell();
  });
  show(step);
  tell();
  for (;;) {
    const { action } = await press(step);
    if (action === "skip") {
      excluded.clear();
    }
    if (action === "back" || isReadable(persons, answers)) {
      return action;
    }
    inputs[0]?.focus();
  }
}

function makeChoice({ id, name, affiliations }: Person): HTMLElement {
  const choice = clone("exclude-person");
  const input = field(choice, "person");
  input.value = id;
  fill(choice, "name", name);
  fill(choice, "affiliations", affiliations.join(", "));
  return choice;
}

/**
 * Return the allow-list of a first message.
 *
 * Whoever leaves somebody out has chosen among those whom the page named; who joined the team since is not among them.
 */
export function allowAllBut(persons: readonly Person[], excluded: ReadonlySet<string>): (keyset: Keyset) => AllowList {
  return ({ roster }) => {
    const named = excluded.size === 0 ? listPersons(roster) : persons;
    return firstAllow(named.map(({ id }) => id).filter((id) => !excluded.has(id)));
  };
}
