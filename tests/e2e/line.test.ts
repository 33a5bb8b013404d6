/**
 * The whole line in the two slowest browsers: written, kept as ciphertext, read and answered at the desk, read with the code.
 *
 * Two reports at a time; each code sees its own and nothing else. story.test.ts goes the same way in all other browsers.
 */

import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { type Kind, launch } from "./browsers.ts";
import { Desk } from "./desk.ts";
import { Organisation } from "./organisation.ts";
import { Reporter } from "./reporter.ts";

const PAIR: readonly [Kind, Kind] = ["Chromium without JIT", "Firefox, Safer"];

let organisation: Organisation;
const deskBrowsers: Browser[] = [];
let anna: Desk;
let bram: Desk;

beforeAll(async () => {
  organisation = await Organisation.start();
  // Two desks are two machines, so each has a browser of its own.
  deskBrowsers.push(await launch("Chromium"), await launch("Chromium"));
  [anna, bram] = await Promise.all([unlock(0, "anna"), unlock(1, "bram")]);
}, 180_000);

afterAll(async () => {
  await Promise.all(deskBrowsers.map(async (browser) => browser.close()));
  await organisation.stop();
}, 120_000);

async function unlock(place: number, person: string): Promise<Desk> {
  const browser = deskBrowsers[place];
  if (browser === undefined) {
    throw new Error("each desk has a browser");
  }
  return Desk.unlock(browser, await organisation.openDesk(person));
}

test("two reports, an answer to each, each code sees only its own, and a follow-up arrives where it belongs", async () => {
  const stories = ["Iemand wachtte bij mijn huis.", "Een collega zet mij onder druk."] as const;
  const browsers = await Promise.all(PAIR.map(async (kind) => launch(kind)));
  const [a, b] = await Promise.all(browsers.map(async (browser) => Reporter.open(browser, organisation.portal)));
  if (a === undefined || b === undefined) {
    throw new Error("two browsers were started");
  }
  const [codeA, codeB] = await Promise.all([a.write(stories[0]), b.write(stories[1])]);

  await organisation.sync();
  await expect(anna.read(stories[0])).resolves.toHaveLength(1);
  await anna.answer("Goed dat u schrijft over uw huis.");
  await expect(bram.read(stories[1])).resolves.toHaveLength(1);
  await bram.answer("Dat hoort er niet bij.");
  await organisation.sync();
  await organisation.tick();

  await Promise.all([a.enter(codeA), b.enter(codeB)]);
  await expect(a.letters()).resolves.toEqual([
    expect.stringContaining(stories[0]),
    expect.stringMatching(/^Anna,.*over uw huis/),
  ]);
  await expect(b.letters()).resolves.toEqual([
    expect.stringContaining(stories[1]),
    expect.stringMatching(/^Bram,.*hoort er niet bij/),
  ]);

  await a.reply("Mijn buurman zag het ook.");
  await organisation.sync();
  await expect(anna.read("Mijn buurman zag het ook")).resolves.toEqual([
    expect.stringContaining(stories[0]),
    expect.stringContaining("over uw huis"),
    expect.stringContaining("Mijn buurman zag het ook"),
  ]);
  // A colleague who may read sees the whole conversation too.
  await expect(bram.read("Mijn buurman zag het ook")).resolves.toHaveLength(3);
  await Promise.all(browsers.map(async (browser) => browser.close()));
}, 300_000);

test("a code that was never used shows that nothing is there", async () => {
  const browser = await launch("Chromium");
  const reporter = await Reporter.open(browser, organisation.portal);
  const words = await reporter.prepare();
  await expect(reporter.enter(words)).resolves.toBe("sheet-nothing");
  await browser.close();
}, 240_000);
