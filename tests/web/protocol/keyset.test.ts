import { beforeAll, expect, test } from "vitest";

import { openCard } from "../../../web/protocol/card.ts";
import { encodeB64u, type Json, parseJson, serializeJson } from "../../../web/protocol/encoding.ts";
import { KeysetError, MalformedError } from "../../../web/protocol/errors.ts";
import { openFreshness, parseFreshness, serializeFreshness } from "../../../web/protocol/freshness.ts";
import { serializeKeyset, verify } from "../../../web/protocol/keyset.ts";
import { active, listed, parseRoster, serializeRoster } from "../../../web/protocol/roster.ts";
import { makeCard, makeCounsellor, makeFreshness, makeRandom, makeTeam, NOW, serve, type Team } from "./world.ts";

let team: Team;

beforeAll(async () => {
  team = await makeTeam();
});

test("roster, card and freshness are read as they were written", () => {
  expect(parseRoster(serializeRoster(team.roster))).toEqual(team.roster);
  const cards = team.counsellors.map((counsellor) => makeCard(counsellor));
  for (const [i, counsellor] of team.counsellors.entries()) {
    expect(openCard(cards[i] ?? team.rosterDocument, team.roster).recipient).toEqual(counsellor.recipient);
    const statement = makeFreshness(counsellor, team.roster, cards);
    expect(serializeFreshness(parseFreshness(statement.payload))).toEqual(statement.payload);
    expect(openFreshness(statement, team.roster).workstation).toEqual(counsellor.workstation.id);
  }
});

test("nobody outside the roster has a card or a word on freshness", async () => {
  const stranger = await makeCounsellor("anna", makeRandom("stranger"));
  expect(() => openCard(makeCard(stranger), team.roster)).toThrow(KeysetError);
  expect(() => openFreshness(makeFreshness(stranger, team.roster, []), team.roster)).toThrow(KeysetError);
});

test("the retired stay listed and are not active", () => {
  const [first, ...others] = team.roster.workstations;
  const retired = { ...team.roster, workstations: [{ ...first, retiredOn: "2026-11-01" }, ...others] };
  const read = parseRoster(serializeRoster(retired as Team["roster"]));
  expect([listed(read).size, active(read).size]).toEqual([3, 2]);
  expect(active(read).has(encodeB64u(read.workstations[0]?.id ?? new Uint8Array()))).toBe(false);
});

test("whichever single field of a keyset is dropped or emptied, it is refused", () => {
  const whole = parseJson(serve(team)) as Readonly<Record<string, Json>>;
  for (const name of Object.keys(whole)) {
    for (const value of [null, {}, "", 0]) {
      expect(() => verify(serializeJson({ ...whole, [name]: value }), team.pins, NOW)).toThrow(MalformedError);
    }
  }
  expect(() => verify(serializeKeyset(team.rosterDocument, [], []), team.pins, NOW)).toThrow(KeysetError);
});
