import { expect, test } from "vitest";

import { addDays, countWorkingDays, endOfTerm } from "../../../web/mailbox/days.ts";

const NONE = new Set<string>();

test("days follow each other over months, years and leap days", () => {
  expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
  expect(addDays("2028-02-28", 1)).toBe("2028-02-29");
  // The clocks change on 29 March 2026.
  expect(addDays("2026-03-28", 2)).toBe("2026-03-30");
});

test.each([
  ["2026-11-18", "2026-11-18", 0], // Wednesday, the same day
  ["2026-11-18", "2026-11-19", 1],
  ["2026-11-18", "2026-11-20", 2],
  ["2026-11-20", "2026-11-22", 0], // Friday to Sunday
  ["2026-11-20", "2026-11-23", 1],
  ["2026-11-21", "2026-11-24", 2], // Saturday to Tuesday
  ["2026-11-18", "2026-11-01", 0], // a clock that stands wrong
])("from %s to %s there are %i working days", (day, until, count) => {
  expect(countWorkingDays(day, until, NONE)).toBe(count);
});

test("a holiday is no working day", () => {
  expect(countWorkingDays("2026-12-24", "2026-12-28", new Set(["2026-12-25"]))).toBe(1);
});

test.each([
  ["2026-11-16", 0, "2026-11-22"], // a Monday
  ["2026-11-22", 0, "2026-11-22"], // a Sunday
  ["2026-11-18", 26, "2027-05-23"],
])("what is posted on %s with a term of %i weeks stands until %s", (day, weeks, until) => {
  expect(endOfTerm(day, weeks)).toBe(until);
});
