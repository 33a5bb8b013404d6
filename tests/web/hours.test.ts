/** Who answers the telephone, at every boundary of two years, against zoneinfo: hours_table.py knows nothing of our code. */

import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { afterEach, describe, expect, test } from "vitest";

import { amsterdam, findOpening, type Opening, parseWeek } from "../../web/hours.ts";

const ROOT = join(import.meta.dirname, "..", "..");
// Behind, ahead and nearly a day ahead; Amsterdam's own; and the one that Tor Browser shows to everybody.
const ZONES = [
  ["America/Los_Angeles", 480],
  ["Europe/Amsterdam", -60],
  ["Pacific/Kiritimati", -840],
  ["UTC", 0],
] as const;

interface Table {
  readonly weeks: Readonly<Record<string, string>>;
  readonly holidays: readonly string[];
  /** Epoch seconds, local time, whether the office is open, and the local time at which that changes. */
  readonly rows: readonly (readonly [number, string, boolean, string])[];
}

const table = JSON.parse(
  execFileSync(join(ROOT, ".venv", "bin", "python"), ["-m", "tests.web.hours_table"], { cwd: ROOT, maxBuffer: 2 ** 26 }).toString(),
) as Table;
const office = parseWeek(table.weeks["ivp-office"] ?? "");
const night = parseWeek(table.weeks["ivp-night"] ?? "");
const zone = process.env["TZ"];

afterEach(() => {
  process.env["TZ"] = zone;
});

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

function tell(opening: Opening | null): string {
  const { isOpen, change } = opening ?? { isOpen: null, change: null };
  return `${String(isOpen)} until ${change?.day ?? ""} ${clock(change?.minute ?? 0)}`;
}

test("the table holds every kind of boundary", () => {
  const days = new Map<string, number>();
  for (const [, local] of table.rows) {
    days.set(local.slice(0, 10), (days.get(local.slice(0, 10)) ?? 0) + 1);
  }
  expect(days.size).toBe(730);
  // Three boundaries with seven minutes each; summer time adds seven, and nothing else does.
  expect([...days].filter(([, count]) => count > 21).map(([day]) => day)).toEqual(["2026-03-29", "2026-10-25", "2027-03-28", "2027-10-31"]);
});

describe.each(ZONES)("on a device in %s", (name, offset) => {
  test("the right one of the two IVP numbers is open at every boundary of two years, and it says until when", () => {
    process.env["TZ"] = name;
    expect(new Date("2026-01-01T12:00:00Z").getTimezoneOffset()).toBe(offset);
    const wrong: string[] = [];
    for (const [seconds, local, isOpen, change] of table.rows) {
      const now = amsterdam(new Date(1000 * seconds));
      const [byDay, byNight] = [office, night].map((week) => tell(findOpening(week, table.holidays, now)));
      if (byDay !== `${isOpen} until ${change}` || byNight !== `${!isOpen} until ${change}`) {
        wrong.push(`${local}: ${byDay ?? ""}, ${byNight ?? ""}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

test("exactly one is open in every minute of each holiday and each change of summer time, and just before and after", () => {
  const days = [...table.holidays, "2026-03-29", "2026-10-25", "2027-03-28", "2027-10-31"];
  const wrong: string[] = [];
  for (const day of days) {
    for (let minute = -180; minute < 1440 + 60; minute += 1) {
      const now = amsterdam(new Date(Date.parse(`${day}T00:00:00Z`) + 60_000 * minute));
      const open = [office, night].filter((week) => findOpening(week, table.holidays, now)?.isOpen === true);
      if (open.length !== 1 && now.day >= "2026") {
        wrong.push(`${now.day} ${clock(now.minute)}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test("outside the years whose holidays are listed nothing is said", () => {
  for (const [day, isKnown] of [["2025-12-31", false], ["2026-01-01", true], ["2028-12-31", true], ["2029-01-01", false]] as const) {
    expect(findOpening(office, table.holidays, { day, minute: 600 }) !== null, day).toBe(isKnown);
  }
  expect(findOpening(office, [""], { day: "2026-11-20", minute: 600 })).toBeNull();
  // In the last listed night it is known that the number is open, and not until when.
  expect(findOpening(night, table.holidays, { day: "2028-12-31", minute: 1200 })).toEqual({ isOpen: true, change: null });
});

test("a number that is always open never changes, and several spans and hours on holidays count", () => {
  const now = { day: "2026-11-20", minute: 730 };
  const always = parseWeek(Array(8).fill("0-1440").join(" "));
  expect(findOpening(always, table.holidays, now)).toEqual({ isOpen: true, change: null });
  const several = parseWeek("- - - - 540-720,780-1020 - - 600-660");
  expect(findOpening(several, table.holidays, now)).toEqual({ isOpen: false, change: { day: "2026-11-20", minute: 780 } });
  expect(findOpening(several, table.holidays, { day: "2026-12-25", minute: 600 })).toEqual({
    isOpen: true,
    change: { day: "2026-12-25", minute: 660 },
  });
});
