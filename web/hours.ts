/**
 * Who answers the telephone now, by the clock in Amsterdam, whatever this device's time zone is; portal/site/hours.py wrote
 * the hours.
 *
 * Hours are times of the clock on the wall, so a moment is a day and a minute there, and summer time needs no thought.
 */

/** For each kind of day, Monday to Sunday and then public holidays, spans of minutes since midnight, `[from, until)`. */
export type Week = readonly (readonly (readonly [number, number])[])[];

/** A minute in Amsterdam; `day` is YYYY-MM-DD, `minute` counts from midnight. */
export interface Moment {
  readonly day: string;
  readonly minute: number;
}

/** Whether somebody answers, and when that changes; null if it never does, or in a year whose holidays nobody listed. */
export interface Opening {
  readonly isOpen: boolean;
  readonly change: Moment | null;
}

const HOLIDAY = 7;
const MIDNIGHT = 24 * 60;
// More than the longest row of closed days of a line that opens once a week.
const DAYS_AHEAD = 15;
const WALL = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/Amsterdam",
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
});

/** Read eight words like `540-720,780-1020`, or `-` for a day without hours. */
export function parseWeek(text: string): Week {
  return text.split(" ").map((spans) =>
    spans === "-" ? [] : spans.split(",").map((span) => span.split("-").map(Number) as [number, number]),
  );
}

/** Return what the clock on the wall says in Amsterdam. */
export function amsterdam(instant: Date): Moment {
  const parts = new Map(WALL.formatToParts(instant).map(({ type, value }) => [type, value]));
  const read = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
  return {
    day: `${read("year")}-${read("month")}-${read("day")}`,
    minute: 60 * Number(read("hour")) + Number(read("minute")),
  };
}

/** Return the day so many days later. */
export function addDays(day: string, days: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/**
 * Return whether somebody answers at this moment; `holidays` are all those of some years, in order (YYYY-MM-DD).
 *
 * Null in another year: then nobody knows the holidays, and nothing is better said than something wrong.
 */
export function findOpening(week: Week, holidays: readonly string[], now: Moment): Opening | null {
  if (!isListed(holidays, now.day)) {
    return null;
  }
  const isOpen = isOpenAt(week, holidays, now);
  for (let i = 0; i <= DAYS_AHEAD; i += 1) {
    const day = addDays(now.day, i);
    if (!isListed(holidays, day)) {
      break;
    }
    const boundaries = [0, ...hoursOf(week, holidays, day).flat()].sort((a, b) => a - b);
    const minute = boundaries.find(
      (each) => each < MIDNIGHT && (i > 0 || each > now.minute) && isOpenAt(week, holidays, { day, minute: each }) !== isOpen,
    );
    if (minute !== undefined) {
      return { isOpen, change: { day, minute } };
    }
  }
  return { isOpen, change: null };
}

function isListed(holidays: readonly string[], day: string): boolean {
  const [first = "", last = ""] = [holidays[0], holidays.at(-1)];
  return first.slice(0, 4) <= day.slice(0, 4) && day.slice(0, 4) <= last.slice(0, 4);
}

function isOpenAt(week: Week, holidays: readonly string[], { day, minute }: Moment): boolean {
  return hoursOf(week, holidays, day).some(([from, until]) => from <= minute && minute < until);
}

function hoursOf(week: Week, holidays: readonly string[], day: string): Week[number] {
  // Sunday is 0 to the language and 6 to us.
  const kind = holidays.includes(day) ? HOLIDAY : (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;
  return week[kind] ?? [];
}
