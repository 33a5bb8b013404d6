/** Who may read from now on: changed by the mailbox, both ways. An envelope is of one size for any choice. */

import { Delivery } from "../delivery.ts";
import { choose, clone, fields, press, show, slot, tick } from "../page.ts";
import { listPersons, makeChoice, offerSuccessors, type Person, readSuccessor } from "../persons.ts";
import { showProgress } from "../progress.ts";
import { makeBody } from "../protocol/body.ts";
import { newestAllow, nextAllow } from "../protocol/conversation.ts";
import type { AllowList } from "../protocol/payload.ts";
import { insist } from "../trouble.ts";
import { changeFamilyReaders } from "./family.ts";
import type { Visit } from "./visit.ts";

/** Whom a person chose: those who may read, and who may once none of them is left. */
interface Choice {
  readonly persons: readonly string[];
  readonly successor: string | null;
}

/** Ask who may read, and tell the team; return whether that was sent. */
export async function changeReaders(visited: Visit): Promise<boolean> {
  const allow = await insist(async () => {
    showProgress().report("check");
    // What another device changed since holds here, too.
    await visited.fetchOwn();
    return newestAllow(visited.own);
  });
  // Somebody else with this code may have taken the conversation back.
  const choice = allow === null || visited.withdrawal !== undefined ? null : await askReaders(listPersons(visited.keyset.roster), allow);
  if (allow === null || choice === null) {
    return false;
  }
  const draft = visited.makeDraft("allow", makeBody());
  const delivery = new Delivery(visited.mailbox, draft, [], () => nextAllow(allow, choice.persons, choice.successor));
  return (await insist(async () => {
    // These first: as long as this mailbox says nothing, the person is asked again.
    await changeFamilyReaders(visited, choice.persons, choice.successor);
    await delivery.send(showProgress());
    return true;
  })) === true;
}

// Null for whoever goes back, or has changed nothing.
async function askReaders(persons: readonly Person[], allow: AllowList): Promise<Choice | null> {
  const step = clone("step-readers");
  slot(step, "persons").replaceChildren(...persons.map(makeChoice));
  const inputs = fields(step, "person") as HTMLInputElement[];
  tick(inputs, allow.persons);
  const read = (): Choice => {
    const ticked = inputs.filter((input) => input.checked).map(({ value }) => value);
    // Whoever has left the team is not asked about: they read again when they come back.
    const away = allow.persons.filter((person) => !persons.some(({ id }) => id === person));
    const others = persons.filter(({ id }) => !ticked.includes(id));
    const successor = readSuccessor(step);
    return { persons: [...ticked, ...away], successor: others.some(({ id }) => id === successor) ? successor : null };
  };
  const tell = (successor: string | null): void => {
    const isReadable = inputs.some((input) => input.checked);
    choose(step, "left", isReadable ? null : "nobody");
    offerSuccessors(step, isReadable ? persons.filter((_person, i) => inputs[i]?.checked !== true) : [], successor);
  };
  step.addEventListener("input", ({ target }) => {
    // Whoever is at the choice of a successor keeps the focus there.
    if (inputs.includes(target as HTMLInputElement)) {
      tell(readSuccessor(step));
    }
  });
  show(step);
  tell(allow.successor);
  for (;;) {
    const { action } = await press(step);
    const choice = read();
    if (action === "back" || isSame(choice, allow)) {
      return null;
    }
    if (inputs.some((input) => input.checked)) {
      return choice;
    }
    inputs[0]?.focus();
  }
}

function isSame({ persons, successor }: Choice, allow: AllowList): boolean {
  return [...persons].sort().join() === allow.persons.join() && successor === allow.successor;
}
