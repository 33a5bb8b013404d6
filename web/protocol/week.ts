/** ISO weeks in UTC, the only unit of time that the protocol keeps. spec: Encodings. */

import type { Json } from "./encoding.ts";
import { MalformedError } from "./errors.ts";

export const WEEK_SECONDS = 7 * 24 * 3600;
export const GRACE_SECONDS = 48 * 3600;
/** 1970-01-05 was the first Monday. */
export const FIRST_MONDAY_SECONDS = 4 * 24 * 3600;

const DAY_SECONDS = 24 * 3600;
const WEEK = /^(2[0-9]{3})-W([0-9]{2})$/;

/** Return whole weeks since Monday 1970-01-05 for `now` in seconds since 1970. */
export function weekNumber(now: number): number {
  return Math.floor((now - FIRST_MONDAY_SECONDS) / WEEK_SECONDS);
}

/** Return the first second of a week, in seconds since 1970. */
export function weekStart(number: number): number {
  return FIRST_MONDAY_SECONDS + number * WEEK_SECONDS;
}

/** Return `YYYY-Www` for a week number. */
export function encodeWeek(number: number): string {
  // ISO 8601: a week belongs to the year of its Thursday.
  const thursday = weekStart(number) + 3 * DAY_SECONDS;
  const year = new Date(thursday * 1000).getUTCFullYear();
  const week = Math.floor((thursday - Date.UTC(year, 0, 1) / 1000) / WEEK_SECONDS) + 1;
  return `${String(year).padStart(4, "0")}-W${String(week).padStart(2, "0")}`;
}

/** Read `YYYY-Www`; return the week number. Throws MalformedError. */
export function decodeWeek(text: Json): number {
  const match = typeof text === "string" ? WEEK.exec(text) : null;
  if (match === null) {
    throw new MalformedError("not a week");
  }
  // ISO 8601: 4 January always lies in the first week of its year.
  const first = weekNumber(Date.UTC(Number(match[1]), 0, 4) / 1000);
  const number = first + Number(match[2]) - 1;
  // Encoding again catches a week 0 and a week 53 of a year that has none.
  if (encodeWeek(number) !== text) {
    throw new MalformedError("no such week");
  }
  return number;
}

/** Say whether this is within the first 48 hours of the week, when last week's card may stand in. */
export function inGrace(now: number): boolean {
  return now - weekStart(weekNumber(now)) < GRACE_SECONDS;
}

/** Return the UTC calendar day of `now`. */
export function dayOf(now: number): string {
  return new Date(now * 1000).toISOString().slice(0, 10);
}
