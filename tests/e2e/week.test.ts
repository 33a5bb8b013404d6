/**
 * A working week of a team of three: ten conversations, a stick, somebody left out, a lost computer, somebody who leaves.
 *
 * Anna and Bram have a network. Chris's workstation has none: her spool is a stick that is carried to another computer.
 * The days follow each other; each test is one, and stands on the one before.
 */

import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launch } from "./browsers.ts";
import { Desk } from "./desk.ts";
import { Organisation } from "./organisation.ts";
import { Reporter, type Wishes } from "./reporter.ts";

const TEAM = ["anna", "bram", "chris"] as const;
type Person = (typeof TEAM)[number];

// Nine come on Monday. No two begin alike, since desks find them by their first words.
const STORIES: readonly (readonly [string, Wishes])[] = [
  ["Appels: hij staat nu voor de deur.", { inDanger: true }],
  ["Bloemen zonder kaart, elke week.", {}],
  ["Citroenen door de brievenbus.", { without: "Bram" }],
  ["Druiven: een foto van mijn kinderen.", {}],
  ["Eikels: scheldwoorden in de raad.", {}],
  ["Frambozen: een auto die volgt.", { without: "Bram" }],
  ["Gember: ik wil dit terugnemen.", {}],
  ["Honing: één vraag, meer niet.", {}],
  ["Iepen: mijn adres staat online.", {}],
];
const LAST = "Jasmijn: dit kwam op vrijdag.";
const WITHDRAWN = 6;
const CLOSED = 7;
const NOT_FOR_BRAM = [2, 5];

let organisation: Organisation;
let reporters: Browser;
let reporter: Reporter;
const browsers = new Map<Person, Browser>();
const desks = new Map<Person, Desk>();
const codes: string[][] = [];

beforeAll(async () => {
  organisation = await Organisation.start([...TEAM]);
  reporters = await launch("Chromium");
  reporter = await Reporter.open(reporters, organisation.portal);
  for (const person of TEAM) {
    // Each is a machine of its own.
    browsers.set(person, await launch(person === "bram" ? "Firefox" : "Chromium"));
    await sit(person);
  }
}, 300_000);

afterAll(async () => {
  await Promise.all([reporters, ...browsers.values()].map(async (browser) => browser.close()));
  await organisation.stop();
}, 120_000);

/** Open a desk, or unlock it again. */
async function sit(person: Person): Promise<void> {
  const browser = browsers.get(person);
  if (browser === undefined) {
    throw new Error("each has a browser");
  }
  await desks.get(person)?.page.close();
  desks.set(person, await Desk.unlock(browser, await organisation.openDesk(person)));
}

function at(person: Person): Desk {
  const desk = desks.get(person);
  if (desk === undefined) {
    throw new Error("each has a desk");
  }
  return desk;
}

/** Let everybody have what everybody has written: it takes two rounds, the second one for what desks say to the first. */
async function exchange(persons: readonly Person[] = TEAM): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    await Promise.all(persons.map(async (person) => at(person).inbox()));
    if (persons.includes("chris")) {
      organisation.carry("chris");
    }
    await organisation.sync(...persons);
    if (persons.includes("chris")) {
      organisation.carry("chris");
    }
  }
  await Promise.all(persons.map(async (person) => at(person).inbox()));
  await organisation.tick(12);
}

function story(place: number): string {
  return STORIES[place]?.[0] ?? LAST;
}

test("Monday: nine people write; each desk has what it may read, and danger stands first", async () => {
  for (const [text, wishes] of STORIES) {
    codes.push(await reporter.write(text, [], [], wishes));
  }
  await exchange();
  for (const person of TEAM) {
    const shown = (await at(person).inbox()).join("\n");
    const missing = STORIES.flatMap(([text], place) => (shown.includes(text) ? [] : [place]));
    expect(missing).toEqual(person === "bram" ? NOT_FOR_BRAM : []);
    expect((await at(person).inbox())[0]).toContain(story(0));
  }
}, 300_000);

test("Tuesday: three counsellors answer, agree and note, two of them in one case; the reporters read it", async () => {
  await at("anna").read(story(0));
  await at("anna").answer("Bel 112. Ik lees om het uur.", { track: "series" });
  await at("anna").change({ assigned: "anna", label: "gevaar", note: "Om het uur kijken." });
  await at("anna").read(story(2));
  await at("anna").answer("Alleen Chris en ik lezen dit.", { track: "aftercare" });
  await at("anna").change({ note: "Niet met Bram over praten." });
  await at("bram").read(story(1));
  await at("bram").answer("Bewaar de kaartjes.", { track: "series", summary: "Elke week bloemen zonder kaart." });
  await at("bram").read(story(CLOSED));
  await at("bram").answer("Ja, dat kan.", { track: "question" });
  // At the same time, without knowing of each other.
  await at("bram").read(story(3));
  await at("bram").change({ label: "school", note: "De school bellen?" });
  await at("chris").read(story(3));
  await at("chris").answer("Wat naar. Wilt u dat wij de school bellen?", { gist: "We denken met u mee." });
  await at("chris").change({ assigned: "chris", label: "foto", note: "Vraag naar de foto." });
  await exchange();

  const seen: string[] = [];
  for (const place of [0, 1, 2, 3, CLOSED]) {
    expect(await reporter.enter(codes[place] ?? [])).toBe("conversation");
    seen.push((await reporter.letters())[1] ?? "");
  }
  expect(seen).toEqual([
    expect.stringMatching(/^Anna, .*om het uur/),
    expect.stringMatching(/^Bram, .*kaartjes/),
    expect.stringMatching(/^Anna, .*Alleen Chris en ik/),
    expect.stringMatching(/^Chris, .*denken met u mee/),
    expect.stringMatching(/^Bram, .*dat kan/),
  ]);
  for (const person of TEAM) {
    await at(person).read(story(3));
    await expect(at(person).show()).resolves.toMatchObject({ labels: ["foto", "school"], notes: [expect.anything(), expect.anything()] });
  }
}, 300_000);

test("Wednesday: people write again, one takes everything back, one conversation is closed; Anna makes a backup", async () => {
  await reporter.enter(codes[3] ?? []);
  await reporter.reply("Ja, bel de school.");
  await reporter.enter(codes[WITHDRAWN] ?? []);
  await reporter.press("delete");
  await reporter.press("destroy");
  await reporter.step("sheet-deleted");
  await at("bram").read(story(CLOSED));
  await at("bram").close();
  await exchange();
  for (const person of TEAM) {
    const shown = (await at(person).inbox()).join("\n");
    expect(shown).not.toContain(story(WITHDRAWN));
    expect(shown).toContain("Ja, bel de school");
  }
  await compare(TEAM);

  await organisation.lockDesk("anna");
  const said = await organisation.command("backup", "--folder", organisation.path("anna"), "--out", organisation.path("anna.kopie"));
  expect(said).toContain("gesprekken");
  await expect(organisation.command("rehearse", "--from", organisation.path("anna.kopie"))).resolves.toContain("is goed");
  await sit("anna");
}, 300_000);

test("Thursday: Anna's computer is gone; from the backup comes another, and Bram and Chris pass on what it missed", async () => {
  // After the backup, before the loss.
  await reporter.enter(codes[4] ?? []);
  await reporter.reply("Ook vandaag weer.");
  await exchange();
  await organisation.killDesk("anna");
  rmSync(organisation.path("anna"), { recursive: true });
  rmSync(organisation.path("spool-anna"), { recursive: true });

  const places = ["--folder", organisation.path("anna"), "--organisation", "proef"];
  const said = await organisation.command("restore", "--from", organisation.path("anna.kopie"), ...places);
  const [retire = ""] = /--retire=[\w-]{43}/.exec(said) ?? [];
  await handOut("--request", join(organisation.path("anna"), "aanmelding.json"), retire);
  await takeHandout();
  await exchange();
  expect((await at("anna").inbox()).join("\n")).not.toContain("Ook vandaag weer.");
  expect((await at("bram").passOn()) + (await at("chris").passOn())).toBeGreaterThan(0);
  await exchange();
  expect((await at("anna").inbox()).join("\n")).toContain("Ook vandaag weer.");
  await compare(TEAM);
  await at("anna").read("Ook vandaag weer.");
  await at("anna").answer("Ik ben er weer.");
  await exchange();
  await reporter.enter(codes[4] ?? []);
  expect((await reporter.letters()).at(-1)).toMatch(/^Anna, .*Ik ben er weer/);
}, 300_000);

test("Friday: Chris leaves; what comes after is not for her, and the reporter sees who reads no longer", async () => {
  await handOut("--retire", "chris");
  await takeHandout(["anna", "bram"]);
  await exchange(["anna", "bram"]);
  organisation.carry("chris");
  await expect(organisation.sync("chris")).rejects.toThrow();
  organisation.carry("chris");

  codes.push(await reporter.write(LAST, [], []));
  await reporter.enter(codes[3] ?? []);
  await reporter.reply("Dit is niet meer voor Chris.");
  await exchange(["anna", "bram"]);
  for (const person of ["anna", "bram"] as const) {
    expect((await at(person).inbox()).join("\n")).toMatch(/Dit is niet meer voor Chris[^]*Jasmijn|Jasmijn[^]*Dit is niet meer voor Chris/);
  }
  await reporter.enter(codes[3] ?? []);
  expect((await reporter.texts(".letters > .line")).join("\n")).toMatch(/Chris/);

  // A colleague who stayed gives Chris everything that the portal has.
  const [theirs, hers] = [organisation.path("spool-bram"), organisation.path("spool-chris")];
  for (const folder of ["incoming", "keyset.json"]) {
    cpSync(join(theirs, folder), join(hers, folder), { recursive: true, force: true });
  }
  expect(readdirSync(join(hers, "incoming")).length).toBeGreaterThan(0);
  const shown = (await at("chris").inbox()).join("\n");
  expect(shown).toContain(story(1));
  expect(shown).not.toMatch(/Jasmijn|niet meer voor Chris/);
}, 300_000);

test("at the end of the week the two that are left show the same, but for what is not for Bram", async () => {
  await exchange(["anna", "bram"]);
  const shown = await compare(["anna", "bram"]);
  expect(shown.get("anna")).toHaveLength(9);
  expect(shown.get("bram")).toHaveLength(7);
  expect(JSON.stringify(shown.get("bram"))).not.toMatch(/Citroenen|Frambozen|praten/);
}, 300_000);

/** What desks show is the same, wherever both may read it; return it. */
async function compare(persons: readonly Person[]): Promise<Map<Person, Record<string, unknown>[]>> {
  const shown = new Map(await Promise.all(persons.map(async (person) => [person, await at(person).showAll()] as const)));
  const isForAll = (each: Record<string, unknown>): boolean =>
    !NOT_FOR_BRAM.some((place) => JSON.stringify(each).includes(story(place)));
  const [first, ...others] = [...shown.values()].map((all) => all.filter(isForAll));
  for (const other of others) {
    expect(other).toEqual(first);
  }
  return shown;
}

async function handOut(...options: readonly string[]): Promise<void> {
  const places = ["--root", organisation.path("root"), "--keyset", join(organisation.path("spool-bram"), "keyset.json")];
  await organisation.command("roster", ...places, ...options, "--compared", "--out", organisation.path("uitdeelbestand.json"));
}

/** With the desks locked, since only one program at a time has a keyring. */
async function takeHandout(persons: readonly Person[] = TEAM): Promise<void> {
  for (const person of persons) {
    await organisation.lockDesk(person);
  }
  await organisation.takeHandout(organisation.path("uitdeelbestand.json"), persons);
  for (const person of persons) {
    await sit(person);
  }
}
