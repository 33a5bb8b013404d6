/** Days of the protocol (YYYY-MM-DD), and how they follow each other. */

const SATURDAY = 6;
const DAY_MILLISECONDS = 86_400_000;

/** Return the day so many days later. */
export function addDays(day: string, count: number): string {
  return new Date(Date.parse(day) + count * DAY_MILLISECONDS).toISOString().slice(0, 10);
}

/** Return how many working days there are after `day` up to and including `until`; `holidays` are none. */
export function countWorkingDays(day: string, until: string, holidays: ReadonlySet<string>): number {
  let count = 0;
  for (let next = addDays(day, 1); next <= until; next = addDays(next, 1)) {
    const weekday = new Date(next).getUTCDay();
    count += weekday === 0 || weekday === SATURDAY || holidays.has(next) ? 0 : 1;
  }
  return count;
}

/** Return the Sunday that ends the week so many weeks after that of `day`; what has this term stands until then. */
export function endOfTerm(day: string, weeks: number): string {
  const untilSunday = (7 - new Date(day).getUTCDay()) % 7;
  return addDays(day, untilSunday + 7 * weeks);
}
