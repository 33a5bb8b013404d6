/** Family codes: who else reads along, as far as the reporter chose. spec: Sharing. */

import { DUTCH } from "../code/words.ts";
import { Delivery } from "../delivery.ts";
import { makeMailbox } from "../keys.ts";
import { onLeave, wipeOnLeave } from "../leave.ts";
import { choose, clone, fields, fill, press, show, slot, slots, tick } from "../page.ts";
import { type Report, showProgress } from "../progress.ts";
import { makeBody, type Scope, SCOPES } from "../protocol/body.ts";
import { encode } from "../protocol/code.ts";
import { newestAllow, nextAllow } from "../protocol/conversation.ts";
import { deriveFamilySecret } from "../protocol/mailbox.ts";
import type { AllowList } from "../protocol/payload.ts";
import { listSharings, type Sharing } from "../protocol/sharing.ts";
import { matchIndex } from "../protocol/visit.ts";
import { insist } from "../trouble.ts";
import { Visit } from "./visit.ts";

// More than a family needs, and few enough that a change of readers reaches all of them in a minute on a slow phone.
const MOST_CODES = 8;

/** Show the family codes; give another, show one again, change what one may see. Return whether anything was sent. */
export async function shareWithFamily(visited: Visit): Promise<boolean> {
  const isThere = await insist(async () => {
    await prepare(visited);
    return true;
  });
  // Somebody else with this code may have taken the conversation back.
  if (isThere === null || visited.withdrawal !== undefined) {
    return false;
  }
  for (let isSent = false; ; ) {
    const sharings = listByIndex(visited);
    const step = clone("step-family");
    slot(step, "codes").replaceChildren(...sharings.map(makeRow));
    slot(step, "new").hidden = sharings.length >= MOST_CODES;
    const { action, button } = await press(show(step));
    const chosen = sharings.find(({ index }) => String(index) === button.dataset["index"]);
    if (action === "back") {
      return isSent;
    } else if (action === "words" && chosen !== undefined) {
      await showWords(visited, chosen.index);
    } else {
      const before = chosen?.scope ?? null;
      const scope = await askScope(before);
      const index = chosen?.index ?? sharings.length;
      if (scope !== null && scope !== before && (await share(visited, index, scope))) {
        isSent = true;
        await insist(async () => visited.fetchOwn());
        await (chosen === undefined ? showWords(visited, index) : undefined);
      }
    }
  }
}

/** Let every family code follow a change of who may read, so that nobody is left out under one code and not under another. */
export async function changeFamilyReaders(visited: Visit, persons: readonly string[], successor: string | null): Promise<void> {
  await prepare(visited);
  for (const { index } of listByIndex(visited)) {
    const progress = showProgress();
    const family = await openFamily(visited, index, progress.report);
    const allow = family.own.length === 0 ? null : newestAllow(family.own);
    if (allow !== null && !isSame(allow, persons, successor)) {
      await sendAllow(family, nextAllow(allow, persons, successor)).send(progress);
    }
  }
}

/** Return the mailbox of a family code with its own messages; `index` where replies matter, too. Throws UnreachableError. */
export async function openFamily(visited: Visit, number: number, report: Report, index: Uint8Array | null = null): Promise<Visit> {
  const mailbox = await makeMailbox(wipeOnLeave(deriveFamilySecret(visited.mailbox, number)), report);
  const authors = visited.keyset.roster.workstations.map(({ id }) => id);
  const listed = index === null ? new Map() : await matchIndex(index, mailbox.replyAddressKey, authors);
  const family = new Visit(mailbox, visited.keyset, listed);
  await family.fetchOwn();
  return family;
}

// A share may stand in any message of one's own.
async function prepare(visited: Visit): Promise<void> {
  showProgress().report("check");
  await visited.fetchEveryOwn();
}

function listByIndex({ own }: Visit): Sharing[] {
  return [...listSharings(own).values()].sort((one, other) => one.index - other.index);
}

function makeRow({ index, scope }: Sharing): HTMLElement {
  const row = clone("family-code");
  fill(row, "number", String(index + 1));
  choose(row, "scope", scope);
  for (const name of ["words", "change"]) {
    slot(row, name).dataset["index"] = String(index);
  }
  return row;
}

// Null for whoever goes back. A new code begins with the least; a code that is there can also be stopped.
async function askScope(before: Scope | null): Promise<Scope | null> {
  const step = clone("step-scope");
  slot(step, "stop").hidden = before === null;
  const inputs = fields(step, "scope") as HTMLInputElement[];
  tick(inputs, [before ?? "replies"]);
  const { action } = await press(show(step));
  const chosen = inputs.find((input) => input.checked)?.value;
  return action === "back" ? null : (SCOPES.find((scope) => scope === chosen) ?? null);
}

// First the mailbox, then the word to the team: nobody is told of a code that does not exist yet.
async function share(visited: Visit, index: number, scope: Scope): Promise<boolean> {
  let family: Visit | null = null;
  let opening: Delivery | null = null;
  let sharing: Delivery | null = null;
  return (await insist(async () => {
    const progress = showProgress();
    family ??= await openFamily(visited, index, progress.report);
    if (family.own.length === 0) {
      opening ??= sendAllow(family, newestAllow(visited.own));
      await opening.send(progress);
    }
    await visited.fetchOwn();
    // Somebody else with this code may have taken the conversation back.
    if (visited.withdrawal !== undefined) {
      return false;
    }
    const { conversation } = family.mailbox;
    sharing ??= new Delivery(visited.mailbox, visited.makeDraft("share", makeBody({ share: { conversation, index, scope } })), [], () =>
      newestAllow(visited.own),
    );
    await sharing.send(progress);
    return true;
  })) === true;
}

function sendAllow(family: Visit, allow: AllowList): Delivery {
  return new Delivery(family.mailbox, family.makeDraft("allow", makeBody()), [], () => allow);
}

async function showWords({ mailbox }: Visit, index: number): Promise<void> {
  const secret = wipeOnLeave(deriveFamilySecret(mailbox, index));
  const words = encode(secret, DUTCH);
  onLeave(() => words.fill(""));
  const step = clone("step-family-words");
  fill(step, "number", String(index + 1));
  slots(step, "word").forEach((element, i) => {
    element.textContent = words[i] ?? "";
  });
  show(step);
  while ((await press(step)).action === "print") {
    window.print();
  }
}

function isSame(allow: AllowList, persons: readonly string[], successor: string | null): boolean {
  return [...persons].sort().join() === allow.persons.join() && successor === allow.successor;
}
