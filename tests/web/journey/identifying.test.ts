/** What may tell who wrote a story: what is found, what is left alone, and how long a long one takes. */

import { expect, test } from "vitest";

import { findIdentifying, type Known } from "../../../web/journey/identifying.ts";

const none = { anyCase: [], asWritten: [] };
const KNOWN: Known = {
  places: { anyCase: ["Zaanstad", "Alphen aan den Rijn", "Alphen-Chaam", "Súdwest-Fryslân"], asWritten: ["Best", "Buren"] },
  parties: { anyCase: ["VVD", "Partij voor de Dieren"], asWritten: ["DENK"] },
  functions: { anyCase: ["burgemeester", "griffier"], asWritten: [] },
  months: { anyCase: ["mei", "november"], asWritten: [] },
  noNames: { anyCase: ["I", "WhatsApp"], asWritten: [] },
};
const NOTHING: Known = { places: none, parties: none, functions: none, months: none, noNames: none };

function found(text: string): string[] {
  return findIdentifying(text, KNOWN).map(({ start, end, kind }) => `${kind}: ${text.slice(start, end)}`);
}

test.each([
  ["hij komt uit zaanstad.", ["place: zaanstad"]],
  ["het was in alphen aan den rijn, zei hij", ["place: alphen aan den rijn"]],
  ["in Alphen-Chaam en Súdwest-Fryslân", ["place: Alphen-Chaam", "place: Súdwest-Fryslân"]],
  ["mijn buren doen hun best, ik denk het", []],
  ["ik woon in Best", ["place: Best"]],
  ["bij DENK of de vvd", ["party: DENK", "party: vvd"]],
  ["Lid van de Partij voor de Dieren", ["party: Partij voor de Dieren"]],
  ["de griffier en de burgemeester", ["function: griffier", "function: burgemeester"]],
  ["de burgemeesters", []],
  ["mijn dochter Lisa, en Jan van den Berg", ["name: Lisa", "name: Jan van den Berg"]],
  ["Mijn zoon is bang. Hij zag WhatsApp en I", []],
  ["op 1501 AB of 1501ab", ["postcode: 1501 AB", "postcode: 1501ab"]],
  ["in 2024 is het begonnen", []],
  ["bel 06-12345678 of +31 (0)6 12 34 56 78", ["phone: 06-12345678", "phone: +31 (0)6 12 34 56 78"]],
  ["mail aan jan.de.boer@gmail.com.", ["address: jan.de.boer@gmail.com"]],
  ["zie https://example.org/a?b en www.voorbeeld.nl, @jandeboer", ["address: https://example.org/a?b", "address: www.voorbeeld.nl", "address: @jandeboer"]],
  ["op 12 mei 2026, 3-11-2025 en 2026-11-03", ["moment: 12 mei 2026", "moment: 3-11-2025", "moment: 2026-11-03"]],
  ["om 20.15 uur, 8 uur en 09:30", ["moment: 20.15 uur", "moment: 8 uur", "moment: 09:30"]],
  ["een auto met 12-ABC-3 of G-123-bb", ["plate: 12-ABC-3", "plate: G-123-bb"]],
  ["een na-een-in of 1234567", []],
] as const)("in %j it finds %j", (text, expected) => {
  expect(found(text)).toEqual(expected);
});

test("findings stand in order, do not overlap, and lie inside the text", () => {
  const text = "Op 12 mei 2026 belde Burgemeester Jan van Zaanstad 06-12345678 om 20.15 uur met jan@zaanstad.nl 🚲 in Best. ".repeat(20);
  const findings = findIdentifying(text, KNOWN);
  expect(findings.length).toBeGreaterThan(100);
  findings.forEach(({ start, end }, i) => {
    expect(start).toBeGreaterThanOrEqual(findings[i - 1]?.end ?? 0);
    expect(end).toBeGreaterThan(start);
    expect(end).toBeLessThanOrEqual(text.length);
  });
});

test.each([
  ["letters", "a"],
  ["digits", "0"],
  ["digits and spaces", "0 "],
  ["capitals", "A "],
  ["names", "a B van den "],
  ["dots", "a."],
  ["at signs", "a@"],
  ["dashes", "1-"],
  ["places", "Alphen aan den "],
  ["words", "Na de vergadering stond er iemand bij mijn fiets. "],
])("sixty thousand characters of %s take a moment", (_, part) => {
  const text = part.repeat(Math.ceil(60_000 / part.length)).slice(0, 60_000);
  const begin = performance.now();
  findIdentifying(text, KNOWN);
  // Some ten times what it takes here; a pattern that goes wrong takes minutes.
  expect(performance.now() - begin).toBeLessThan(1_500);
});

test("without phrases the patterns still work", () => {
  expect(findIdentifying("bel 06-12345678", NOTHING)).toHaveLength(1);
});
