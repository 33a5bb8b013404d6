import fc from "fast-check";
import { expect, test } from "vitest";

import { makeCalendar } from "../../../web/mailbox/calendar.ts";

const utf8 = new TextEncoder();

test("a calendar file is one private event of a whole day, byte for byte", () => {
  expect(makeCalendar("Kapper, 10; oké\\", "2026-12-31", "00ff")).toBe(
    [
      "BEGIN:VCALENDAR",
      "VERSION:2.0",
      "PRODID:-//Agenda//NL",
      "BEGIN:VEVENT",
      "UID:00ff",
      "DTSTAMP:20261231T000000Z",
      "DTSTART;VALUE=DATE:20261231",
      "DTEND;VALUE=DATE:20270101",
      "SUMMARY:Kapper\\, 10\\; oké\\\\",
      "CLASS:PRIVATE",
      "TRANSP:TRANSPARENT",
      "END:VEVENT",
      "END:VCALENDAR",
      "",
    ].join("\r\n"),
  );
});

test("whatever the title, no line is longer than 75 bytes, none is torn inside a character, and it is the title again", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 150, maxLength: 300 }), (title) => {
      const lines = makeCalendar(title, "2026-12-01", "00ff").split("\r\n");
      expect(lines.every((line) => utf8.encode(line).length <= 75 && !line.includes("\n"))).toBe(true);
      const unfolded = lines.join("\r\n").replaceAll("\r\n ", "");
      const summary = /SUMMARY:(.*)\r\nCLASS/s.exec(unfolded)?.[1]?.replace(/\\(.)/gsu, "$1");
      expect(summary).toBe(title.replace(/\p{Cc}+/gu, " "));
    }),
    { numRuns: 1000 },
  );
});

test("a title cannot add a line of its own", () => {
  expect(makeCalendar("x\r\nATTENDEE:mailto:a@b", "2026-12-01", "00ff")).toContain("SUMMARY:x ATTENDEE:mailto:a@b\r\n");
});
