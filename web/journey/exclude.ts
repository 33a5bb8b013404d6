/** Who may not read this: the counsellors of the verified keyset, by person. An envelope is of one size for any choice. */

import { choose, clone, fields, press, show, slot, tick } from "../page.ts";
import { listPersons, makeChoice, offerSuccessors, type Person, readSuccessor } from "../persons.ts";
import { firstAllow } from "../protocol/conversation.ts";
import type { Keyset } from "../protocol/keyset.ts";
import type { AllowList } from "../protocol/payload.ts";
import type { Answers } from "./answers.ts";

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
    offerSuccessors(step, isReadable(persons, answers) ? persons.filter(({ id }) => excluded.has(id)) : [], answers.successor);
  };
  step.addEventListener("input", ({ target }) => {
    answers.successor = readSuccessor(step);
    // Whoever is at the choice of a successor keeps the focus there.
    if (inputs.includes(target as HTMLInputElement)) {
      excluded.clear();
      inputs.filter((input) => input.checked).forEach(({ value }) => excluded.add(value));
      tell();
    }
  });
  show(step);
  tell();
  for (;;) {
    const { action } = await press(step);
    if (action === "skip") {
      excluded.clear();
      answers.successor = null;
    }
    if (action === "back" || isReadable(persons, answers)) {
      return action;
    }
    inputs[0]?.focus();
  }
}

/**
 * Return the allow-list of a first message.
 *
 * Whoever leaves somebody out has chosen among those whom the page named; who joined the team since is not among them.
 */
export function allowAllBut(
  persons: readonly Person[],
  excluded: ReadonlySet<string>,
  successor: string | null = null,
): (keyset: Keyset) => AllowList {
  return ({ roster }) => {
    const named = excluded.size === 0 ? listPersons(roster) : persons;
    const allowed = named.map(({ id }) => id).filter((id) => !excluded.has(id));
    // Somebody who was left out once and no longer is, reads in any case.
    return firstAllow(allowed, successor !== null && excluded.has(successor) ? successor : null);
  };
}
