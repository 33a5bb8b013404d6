import fc from "fast-check";
import { expect, test } from "vitest";

import { MalformedError } from "../../../web/protocol/errors.ts";
import { dayOf, decodeWeek, encodeWeek, inGrace, weekNumber, weekStart } from "../../../web/protocol/week.ts";

// 2000-W01 … 2999-W52.
const weeks = fc.integer({ min: 1565, max: 53_741 });

test("a week is read as it was written", () => {
  fc.assert(
    fc.property(weeks, (number) => {
      expect(decodeWeek(encodeWeek(number))).toBe(number);
      expect(weekNumber(weekStart(number))).toBe(number);
      expect(weekNumber(weekStart(number + 1) - 1)).toBe(number);
    }),
  );
});

test("every spelling of a week is refused but one", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1990, max: 3010 }), fc.nat(60), (year, week) => {
      const spelling = `${year}-W${String(week).padStart(2, "0")}`;
      try {
        expect(encodeWeek(decodeWeek(spelling))).toBe(spelling);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
        expect(year < 2000 || year > 2999 || week < 1 || week > 52).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});

test("the grace of last week's card ends 48 hours after Monday began", () => {
  const monday = weekStart(2967);
  expect(dayOf(monday)).toBe("2026-11-16");
  expect([inGrace(monday - 1), inGrace(monday), inGrace(monday + 172_799), inGrace(monday + 172_800)]).toEqual([
    false,
    true,
    true,
    false,
  ]);
});
