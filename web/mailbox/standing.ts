/** What stands above and below the letters: what was promised, the shared summary, and until when all this is kept. */

import { choose, clone, fill, sayDay, slot, today } from "../page.ts";
import type { Message } from "../protocol/conversation.ts";
import { encodeB64u } from "../protocol/encoding.ts";
import { listed } from "../protocol/roster.ts";
import { isFamily } from "./along.ts";
import { countWorkingDays, endOfTerm } from "./days.ts";
import type { Visit } from "./visit.ts";

// What is told wherever somebody writes: a human answers within one working day.
const ANSWER_DAYS = 1;
const WISH = "wish";
const NO_REPLY = "no-reply";

/** Which promise was not kept: to be in touch by the agreed day, or to answer in time. */
export type Overdue = "moment" | "answer";

/** Return the promise of a thread that was not kept by a day, or null. */
export function findOverdue(thread: readonly Message[], day: string, holidays: ReadonlySet<string>): Overdue | null {
  const own = thread.filter(({ payload }) => payload.kind === "message");
  const last = own.at(-1);
  const newest = findNewest(thread);
  const next = newest?.payload.body.next ?? null;
  if (next !== null && day > next) {
    return "moment";
  }
  const isAnswered = last === undefined || (newest !== undefined && thread.indexOf(newest) > thread.indexOf(last));
  const isWanted = !own.some(({ payload }) => payload.body.answers.get(WISH)?.includes(NO_REPLY) === true);
  const isLate = last !== undefined && countWorkingDays(last.payload.day, day, holidays) > ANSWER_DAYS;
  return !isAnswered && isWanted && isLate ? "answer" : null;
}

/** Return what holds now: promises that were not kept, the shared summary, the track and the agreed day. */
export function makeStanding(thread: readonly Message[], visit: Visit): HTMLElement[] {
  if (visit.withdrawal !== undefined) {
    return [];
  }
  return [...makeOverdue(thread, visit), ...makeSummary(thread, visit), ...makeAgreement(thread)];
}

/** Return until when what is shown stands, with the way to delete it now; nothing where there is nothing of one's own. */
export function makeKept(root: HTMLElement, thread: readonly Message[], visit: Visit): HTMLElement[] {
  const [oldest] = thread.map(({ payload }) => payload.day).sort();
  if (oldest === undefined || visit.own.length === 0 || visit.withdrawal !== undefined) {
    return [];
  }
  const [term, spread] = [Number(root.dataset["termWeeks"]), Number(root.dataset["spreadWeeks"])];
  const kept = clone("kept");
  slot(kept, "own").hidden = isFamily(visit);
  fill(kept, "from", sayDay(endOfTerm(oldest, term)));
  fill(kept, "until", sayDay(endOfTerm(oldest, term + spread)));
  return [kept];
}

function findNewest(thread: readonly Message[]): Message | undefined {
  return thread.filter(({ payload }) => payload.kind === "reply").at(-1);
}

// Without the newest reply nobody can say that a promise was not kept.
function makeOverdue(thread: readonly Message[], visit: Visit): HTMLElement[] {
  const holidays = new Set(document.body.dataset["holidays"]?.split(" "));
  const overdue = visit.isNewest ? findOverdue(thread, today(), holidays) : null;
  if (overdue === null) {
    return [];
  }
  const notice = clone("overdue");
  choose(notice, "promise", overdue);
  fill(notice, "day", sayDay(findNewest(thread)?.payload.body.next ?? today()));
  return [notice];
}

function makeSummary(thread: readonly Message[], visit: Visit): HTMLElement[] {
  const message = thread.filter(({ payload }) => payload.body.summary !== null).at(-1);
  if (message === undefined) {
    return [];
  }
  const { author, body, day } = message.payload;
  const summary = clone("casekaart");
  fill(summary, "author", listed(visit.keyset.roster).get(encodeB64u(author))?.name ?? "");
  fill(summary, "day", sayDay(day));
  fill(summary, "text", body.summary ?? "");
  return [summary];
}

function makeAgreement(thread: readonly Message[]): HTMLElement[] {
  const { track = null, next = null } = findNewest(thread)?.payload.body ?? {};
  // A day that passed is a promise that was not kept, and said as such.
  const isAhead = next !== null && next >= today();
  if (track === null && !isAhead) {
    return [];
  }
  const agreement = clone("agreement");
  choose(agreement, "track", track);
  choose(agreement, "next", isAhead ? "agreed" : null);
  fill(agreement, "next", next === null ? "" : sayDay(next));
  slot(agreement, "moment").setAttribute("data-day", next ?? "");
  return [agreement];
}
