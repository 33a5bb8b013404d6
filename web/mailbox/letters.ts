/** The conversation as letters below one another. */

import { listFiles } from "../attachments/keep.ts";
import { choose, clone, fill, sayDay, slot } from "../page.ts";
import { isRestart, type Message, order } from "../protocol/conversation.ts";
import { encodeB64u, equal } from "../protocol/encoding.ts";
import type { Body } from "../protocol/payload.ts";
import { listed } from "../protocol/roster.ts";
import type { Visit } from "./visit.ts";

/** Show everything that a visit has found, in place of what was shown before. */
export function showLetters(root: HTMLElement, visit: Visit): void {
  const thread = order([...visit.own, ...visit.replies]);
  slot(root, "letters").replaceChildren(...thread.map((message, i) => makeLetter(message, thread.slice(0, i), visit)));
  slot(root, "notices").replaceChildren(...makeNotices(visit));
}

function makeNotices(visit: Visit): HTMLElement[] {
  const notices = visit.forged > 0 ? [clone("notice-skipped")] : [];
  if (visit.unloaded > 0) {
    const notice = clone("notice-unloaded");
    fill(notice, "count", String(visit.unloaded));
    choose(notice, "count", visit.unloaded === 1 ? "one" : "many");
    notices.push(notice);
  }
  return notices;
}

function makeLetter(message: Message, earlier: readonly Message[], visit: Visit): HTMLElement {
  const { payload } = message;
  const own = payload.contact !== null;
  const letter = clone(own ? "letter-own" : "letter-theirs");
  fill(letter, "day", sayDay(payload.day));
  fill(letter, "text", payload.body.text);
  slot(letter, "files").replaceChildren(...listFiles(payload.body.attachments));
  if (own) {
    slot(letter, "answers").replaceChildren(...makeAnswers(payload.body));
  } else {
    fill(letter, "author", listed(visit.keyset.roster).get(encodeB64u(payload.author))?.name ?? "");
  }
  slot(letter, "notices").append(...warn(message, earlier, visit).map(clone));
  return letter;
}

function makeAnswers(body: Body): HTMLElement[] {
  return [...body.answers].map(([question, choices]) => {
    const row = clone("letter-answer");
    const words = wordsOf(question);
    fill(row, "question", words?.querySelector("[data-heading]")?.textContent ?? question);
    const labels = choices.map((choice) => words?.querySelector(`[data-choice="${choice}"]`)?.textContent ?? choice);
    fill(row, "answer", labels.join("\n"));
    return row;
  });
}

// The template holds several elements, so it is read in place. Ids are slugs, hence safe in a selector.
function wordsOf(question: string): Element | null {
  const template = document.getElementById("question-texts");
  return template instanceof HTMLTemplateElement
    ? template.content.querySelector(`[data-question="${question}"]`)
    : null;
}

function warn(message: Message, earlier: readonly Message[], visit: Visit): string[] {
  const { previous } = message.payload;
  const warnings: string[] = [];
  if (isRestart(message, earlier)) {
    warnings.push("notice-restart");
  }
  if (previous !== null && !earlier.some((other) => equal(other.id, previous))) {
    warnings.push("notice-gap");
  }
  if (followsOlderList(message, visit)) {
    warnings.push("notice-older-list");
  }
  return warnings;
}

// A reply whose author had seen a newer allow-list than the one it followed: somebody withheld or ignored it.
function followsOlderList({ payload }: Message, visit: Visit): boolean {
  const seen = payload.seen.get(encodeB64u(visit.mailbox.conversation)) ?? -1;
  const versions = visit.own.filter((own) => own.payload.number <= seen).map((own) => own.payload.allow.version);
  return payload.contact === null && versions.some((version) => version > payload.allow.version);
}
