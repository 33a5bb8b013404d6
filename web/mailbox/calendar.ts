/** An agreed day as a calendar file (RFC 5545): an event of a whole day that says nothing but its title. */

import { offer } from "../blob.ts";
import { random } from "../api.ts";
import { clone, field, fill, press, sayDay, show, slot } from "../page.ts";
import { addDays } from "./days.ts";

// RFC 5545, section 3.1: in bytes, without the end of the line.
const LINE_SIZE = 75;

/** Return the file's text. The stamp is the day itself: when the file was made is nobody's business. */
export function makeCalendar(title: string, day: string, id: string): string {
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Agenda//NL",
    "BEGIN:VEVENT",
    `UID:${id}`,
    `DTSTAMP:${compact(day)}T000000Z`,
    `DTSTART;VALUE=DATE:${compact(day)}`,
    `DTEND;VALUE=DATE:${compact(addDays(day, 1))}`,
    `SUMMARY:${escape(title)}`,
    "CLASS:PRIVATE",
    "TRANSP:TRANSPARENT",
    "END:VEVENT",
    "END:VCALENDAR",
  ];
  return lines.map((line) => `${fold(line)}\r\n`).join("");
}

/** Let the person choose a title and keep the day in a calendar of their own. */
export async function keepMoment(day: string): Promise<void> {
  const sheet = clone("sheet-moment");
  fill(sheet, "day", sayDay(day));
  const control = field(sheet, "title");
  offer(slot(sheet, "keep") as HTMLAnchorElement, () => {
    const title = control.value.trim() === "" ? control.defaultValue : control.value.trim();
    const id = Array.from(random(16), (byte) => byte.toString(16).padStart(2, "0")).join("");
    return new Blob([makeCalendar(title, day, id)], { type: "text/calendar" });
  });
  await press(show(sheet));
}

function compact(day: string): string {
  return day.replaceAll("-", "");
}

function escape(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ").replace(/[\\;,]/g, (character) => `\\${character}`);
}

// A line that goes on begins with a space, which counts; no character is torn apart.
function fold(line: string): string {
  let folded = "";
  let size = 0;
  for (const character of line) {
    const more = new TextEncoder().encode(character).length;
    if (size + more > LINE_SIZE) {
      folded += "\r\n ";
      size = 1;
    }
    folded += character;
    size += more;
  }
  return folded;
}
