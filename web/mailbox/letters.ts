/** The conversation as letters below one another. */

import { listFiles } from "../attachments/keep.ts";
import { choose, clone, fill, sayDay, slot } from "../page.ts";
import type { Body } from "../protocol/body.ts";
import { chooseSealed, isRestart, type Message, newestAllow, order } from "../protocol/conversation.ts";
import { encodeB64u, equal } from "../protocol/encoding.ts";
import { NoMatchError } from "../protocol/errors.ts";
import { joinLetters, type Letter } from "../protocol/letter.ts";
import { listed } from "../protocol/roster.ts";
import { dropRepeated, isFamily, makeAlong } from "./along.ts";
import { fillProposal } from "./proposals.ts";
import { type Change, compareReaders, readersOf } from "./readers.ts";
import { makeKept, makeStanding } from "./standing.ts";
import type { Visit } from "./visit.ts";

/** Show everything that a visit has found, in place of what was shown before. */
export function showLetters(root: HTMLElement, visit: Visit): void {
  const thread = order([...visit.own, ...visit.replies]);
  slot(root, "letters").replaceChildren(...makeEntries(thread, visit));
  slot(root, "standing").replaceChildren(...makeAlong(visit), ...makeStanding(thread, visit));
  slot(root, "kept").replaceChildren(...makeKept(root, thread, visit));
  slot(root, "notices").replaceChildren(...makeNotices(visit));
}

function nameOf({ payload }: Message, visit: Visit): string {
  return listed(visit.keyset.roster).get(encodeB64u(payload.author))?.name ?? "";
}

/** Say whether anything of a conversation that was taken back is still there. */
export function isUnfinished(visit: Visit): boolean {
  return [...visit.own, ...visit.replies].some(({ payload }) => payload.kind !== "withdraw" && payload.kind !== "destroyed");
}

function makeNotices(visit: Visit): HTMLElement[] {
  const notices = visit.forged > 0 ? [clone("notice-skipped")] : [];
  // The index still lists what was deleted.
  if (visit.withdrawal !== undefined && !isUnfinished(visit)) {
    return notices;
  }
  if (visit.unloaded > 0 || !visit.isOwnEnd) {
    const notice = clone("notice-unloaded");
    fill(notice, "count", String(visit.unloaded));
    choose(notice, "count", visit.unloaded === 0 ? "perhaps" : visit.unloaded === 1 ? "one" : "many");
    notices.push(notice);
  }
  return notices;
}

// Between two letters stands who reads along from there on, and who no longer does; at the end, what holds now.
function makeEntries(thread: readonly Message[], visit: Visit): HTMLElement[] {
  const { roster } = visit.keyset;
  const entries: HTMLElement[] = [];
  let before: ReadonlyMap<string, string> | null = null;
  for (const letter of dropRepeated(joinLetters(thread))) {
    const { kind, sealed } = letter.messages[0].payload;
    const after = readersOf(sealed, roster);
    const change = before === null ? [] : makeChange(compareReaders(before, after));
    const entry = kind === "allow" && isFamily(visit) ? [] : [makeEntry(letter, thread, visit)];
    entries.push(...(kind === "allow" ? [...entry, ...change] : [...change, ...entry]));
    before = after;
  }
  const now = visit.withdrawal === undefined ? findReadersNow(thread, visit) : null;
  return before === null || now === null ? entries : [...entries, ...makeChange(compareReaders(before, now))];
}

function findReadersNow(thread: readonly Message[], { keyset }: Visit): ReadonlyMap<string, string> | null {
  try {
    return readersOf(chooseSealed(keyset, newestAllow(thread)), keyset.roster);
  } catch (error) {
    if (error instanceof NoMatchError) {
      return null;
    }
    throw error;
  }
}

function makeChange(change: Change | null): HTMLElement[] {
  const format = new Intl.ListFormat(document.documentElement.lang);
  return (["gained", "lost"] as const).flatMap((which) => {
    const names = change?.[which] ?? [];
    if (names.length === 0) {
      return [];
    }
    const line = clone("line-readers");
    fill(line, "names", format.format(names));
    choose(line, "which", which);
    return [line];
  });
}

function makeEntry(letter: Letter, thread: readonly Message[], visit: Visit): HTMLElement {
  const [message] = letter.messages;
  const { kind, day } = message.payload;
  const { proposal, share } = message.payload.body;
  if (proposal !== null) {
    const asking = clone("letter-proposal");
    fill(asking, "author", nameOf(message, visit));
    fill(asking, "day", sayDay(day));
    fillProposal(asking, message, proposal, visit);
    return asking;
  }
  if (kind === "message" || kind === "reply" || kind === "copy") {
    return makeLetter(letter, thread.slice(0, thread.indexOf(message)), visit);
  }
  const line = clone(kind === "shared" && isFamily(visit) ? "line-following" : `line-${kind}`);
  choose(line, "scope", share?.scope ?? null);
  fill(line, "author", nameOf(message, visit));
  fill(line, "day", sayDay(day));
  choose(line, "done", isUnfinished(visit) ? "asked" : "done");
  return line;
}

function makeLetter({ messages: [message], text, whole }: Letter, earlier: readonly Message[], visit: Visit): HTMLElement {
  const { contact, day, body } = message.payload;
  const isCopied = body.original?.by === "mailbox";
  const letter = clone(isCopied ? "letter-copy" : contact === null ? "letter-theirs" : "letter-own");
  fill(letter, "day", sayDay(body.original?.writtenOn ?? day));
  fill(letter, "text", text);
  slot(letter, "files").replaceChildren(...listFiles(body.attachments));
  if (contact !== null) {
    slot(letter, "answers").replaceChildren(...makeAnswers(body));
  } else if (!isCopied) {
    fill(letter, "author", nameOf(message, visit));
    choose(letter, "summary", body.summary === null ? null : "shared");
    showGist(letter, body.gist);
  }
  const warnings = [...warn(message, earlier, visit), ...(whole ? [] : ["notice-unfinished"])];
  slot(letter, "notices").append(...warnings.map(clone));
  return letter;
}

// What a heavy letter comes down to stands first, and the person decides when to read the rest.
function showGist(letter: HTMLElement, gist: string): void {
  if (gist !== "") {
    const heavy = clone("heavy");
    fill(heavy, "gist", gist);
    const text = slot(letter, "text");
    text.before(heavy);
    slot(heavy, "whole").append(text);
  }
}

function makeAnswers({ answers, questions }: Body): HTMLElement[] {
  return [...answers].map(([question, choices]) => {
    const row = clone("letter-answer");
    const words = wordsOf(questions, question);
    fill(row, "question", words?.querySelector("[data-heading]")?.textContent ?? question);
    const labels = choices.map((choice) => words?.querySelector(`[data-choice="${choice}"]`)?.textContent ?? choice);
    fill(row, "answer", labels.join("\n"));
    return row;
  });
}

// The words of the version that was answered. The template holds several elements, so it is read in place. Ids are slugs,
// hence safe in a selector.
function wordsOf(version: number, question: string): Element | null {
  const template = document.getElementById("question-texts");
  return template instanceof HTMLTemplateElement
    ? template.content.querySelector(`[data-version="${version}"] > [data-question="${question}"]`)
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
