/** Telephone numbers: none that has expired since the pages were built, and those that are open now first. */

import { addDays, amsterdam, findOpening, type Moment, parseWeek } from "./hours.ts";
import { choose, clone, fill, sayDay, slot, today } from "./page.ts";

const MINUTE_MILLISECONDS = 60_000;

/** Bring every list of numbers in step with the clock, in the page and in what its templates hold, now and each minute. */
export function watchContacts(): void {
  const now = new Date();
  const templates = Array.from(document.querySelectorAll("template"), ({ content }) => content);
  for (const root of [document, ...templates]) {
    removeExpired(root, today());
    tellOpenings(root, amsterdam(now));
    for (const list of root.querySelectorAll<HTMLElement>("[data-contacts]")) {
      arrange(list);
    }
  }
  // Counted from the same reading of the clock: a browser may call a little early, and the minute turn meanwhile.
  setTimeout(watchContacts, MINUTE_MILLISECONDS - (now.getTime() % MINUTE_MILLISECONDS));
}

/** Remove every contact inside `root` whose last day is over on `day` (YYYY-MM-DD): better none than a wrong one. */
export function removeExpired(root: ParentNode, day: string): void {
  for (const contact of root.querySelectorAll<HTMLElement>("[data-expires-on]")) {
    if ((contact.dataset["expiresOn"] ?? "") < day) {
      contact.remove();
    }
  }
}

function tellOpenings(root: ParentNode, now: Moment): void {
  const holidays = (document.body.dataset["holidays"] ?? "").split(" ");
  for (const contact of root.querySelectorAll<HTMLElement>("[data-open]")) {
    const opening = findOpening(parseWeek(contact.dataset["open"] ?? ""), holidays, now);
    contact.dataset["state"] = opening === null ? "" : opening.isOpen ? "open" : "closed";
    const change = opening?.change ?? null;
    slot(contact, "opening").replaceChildren(...(opening === null || change === null ? [] : [say(opening.isOpen, change, now)]));
  }
}

function say(isOpen: boolean, change: Moment, now: Moment): HTMLElement {
  const text = clone("opening");
  const days = [0, 1, 2, 3, 4, 5, 6].findIndex((each) => addDays(now.day, each) === change.day);
  const when = days === 0 ? "today" : days === 1 ? "tomorrow" : "later";
  choose(text, "opening", `${isOpen ? "open" : "closed"}-${when}`);
  fill(text, "day", days === -1 ? sayDay(change.day) : sayWeekday(change.day));
  fill(text, "hour", String(Math.floor(change.minute / 60)));
  fill(text, "minute", String(change.minute % 60).padStart(2, "0"));
  return text;
}

function sayWeekday(day: string): string {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { weekday: "long", timeZone: "UTC" });
  return format.format(new Date(`${day}T12:00:00Z`));
}

/** Put what is open first, then what nobody knows, and what is closed under a heading of its own. */
function arrange(list: HTMLElement): void {
  const shown = Array.from(list.querySelectorAll<HTMLElement>("[data-place]"));
  const inOrder = [...shown].sort((a, b) => Number(a.dataset["place"]) - Number(b.dataset["place"]));
  const withState = (state: string): HTMLElement[] => inOrder.filter((contact) => (contact.dataset["state"] ?? "") === state);
  const upper = [...withState("open"), ...withState("")];
  const lower = withState("closed");
  const isSo = [...upper, ...lower].every((contact, i) => contact === shown[i]);
  const isSplitSo = slot(list, "closed-list").childElementCount === lower.length;
  // What moves loses the focus, so nothing moves under somebody's hand.
  if ((!isSo || !isSplitSo) && !list.contains(document.activeElement)) {
    slot(list, "open-list").append(...upper);
    slot(list, "closed-list").append(...lower);
    slot(list, "closed").hidden = lower.length === 0;
  }
}
