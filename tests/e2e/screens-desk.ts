/** `make screens`: the desk, with a few conversations in it, in both languages. */

import { writeFileSync } from "node:fs";

import type { Browser, ElementHandle, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, test } from "vitest";

import { launch } from "./browsers.ts";
import { Desk } from "./desk.ts";
import { Organisation } from "./organisation.ts";
import { clear, take } from "./pictures.ts";
import { Reporter, type Wishes } from "./reporter.ts";
import { photograph } from "./snapshot.ts";

const REPORTS: readonly (readonly [string, Wishes])[] = [
  ["Hij staat nu voor de deur en belt aan.", { inDanger: true }],
  ["Na de vergadering stond er iemand bij mijn fiets. Hij zei dat hij weet waar mijn kinderen op school zitten.", {}],
  ["Elke week een bloemstuk zonder kaart. Eerst dacht ik aan een vergissing.", { without: "Bram" }],
  ["Mijn adres staat op een forum, met een foto van ons huis.", {}],
  ["Eén vraag: mag ik een brief zonder naam weggooien?", {}],
];
// What a photo goes with, and what is shared with family.
const SHARED = "Na de vergadering";
const PHOTO = "brief.jpg";
const HANDOUT = "volgende.json";
const ANSWER = "Goed dat u dit schrijft. Wat die man zei, is een bedreiging, ook al klonk het als een terloopse opmerking.";
const SUMMARY = "Een man sprak u aan na de vergadering en noemde de school van uw kinderen.";
const NEXT = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);

let organisation: Organisation;
let browser: Browser;

beforeAll(async () => {
  clear(/^(?:nl|en)-4-desk/);
  organisation = await Organisation.start();
  browser = await launch("Chromium");
  const reporter = await Reporter.open(browser, organisation.portal);
  writeFileSync(organisation.path(PHOTO), await photograph(browser));
  const codes: string[][] = [];
  for (const [story, wishes] of REPORTS) {
    const files = story.startsWith(SHARED) ? [organisation.path(PHOTO)] : [];
    codes.push(await reporter.write(story, files, ["badly", "threat", "talk"], wishes));
  }
  // The reporter of the second lets somebody at home read along and ask.
  await reporter.enter(codes[1] ?? []);
  const family = await reporter.giveFamilyCode("questions");
  await organisation.sync();
  const bram = await Desk.unlock(browser, await organisation.openDesk("bram"));
  await bram.read("Mijn adres");
  await bram.change({ assigned: "bram", label: "adres", note: "Ik vraag bij het forum om verwijdering." });
  await bram.read(SHARED);
  await bram.change({ assigned: "anna", label: "school", due: NEXT, note: "De school weet van niets. Eerst aan haar vragen of wij mogen bellen." });
  await bram.page.close();
  // Anna's courier comes first: the second time there is something of Bram's.
  await organisation.sync();
  await organisation.sync();
  const anna = await Desk.unlock(browser, await organisation.openDesk("anna"));
  await anna.read(SHARED);
  await anna.answer(ANSWER, { gist: "Dit is een bedreiging. U hoeft nu niets te beslissen.", summary: SUMMARY, track: "series", next: NEXT });
  await anna.ask({ recipient: "Politie Oost", until: "2099-12-31", passage: REPORTS[1]?.[0] ?? "" });
  await organisation.sync();
  await organisation.tick();
  await reporter.page.bringToFront();
  await reporter.enter(codes[1] ?? []);
  await reporter.press("agree");
  await reporter.page.waitForSelector("#main [data-when=agreed]:not([hidden])");
  await reporter.enter(family);
  await reporter.page.waitForSelector("#main [data-field=reply]");
  await reporter.reply("Wat zeg ik tegen de kinderen?");
  await organisation.sync();
  await anna.page.bringToFront();
  await anna.read("Eén vraag");
  await anna.answer("Bewaar hem liever, in een plastic hoes.", { track: "question" });
  await anna.close();
  await anna.page.close();
  await organisation.killDesk("anna");
  await organisation.command("roster", "--root", organisation.path("root"), "--retire", "chris", "--compared", "--out", organisation.path(HANDOUT));
});

afterAll(async () => {
  await browser.close();
  await organisation.stop();
});

/** Unfold what lies behind a summary. */
async function unfold(page: Page, around: string): Promise<void> {
  await page.$$eval("details", (all, inside) => {
    for (const details of all) {
      details.open = details.querySelector(inside) !== null;
    }
  }, around);
}

describe.each(["nl", "en"])("%s", (language) => {
  test("the desk", async () => {
    const address = await organisation.openDesk("anna", ["--language", language]);
    const locked = await browser.newPage();
    await locked.goto(address);
    const name = `${language}-4-desk`;
    await take(locked, `${name}-1-unlock`);
    await locked.close();
    const desk = await Desk.unlock(browser, address);
    await desk.inbox();
    await take(desk.page, `${name}-2-list`);
    await desk.read("Hij staat nu");
    await take(desk.page, `${name}-3-danger`);
    await desk.read(SHARED);
    await take(desk.page, `${name}-4-conversation`);
    await desk.view();
    await take(desk.page, `${name}-4-view`);
    await desk.read("Wat zeg ik");
    await take(desk.page, `${name}-4-family`);
    await desk.read(SHARED);
    await unfold(desk.page, "#gist");
    await take(desk.page, `${name}-5-answer`);
    await unfold(desk.page, "#weeks");
    await take(desk.page, `${name}-6-close`);
    await desk.read(SHARED);
    await desk.page.click("#show-keys");
    await desk.page.waitForSelector("dialog[open]");
    await take(desk.page, `${name}-7-keys`);
    await desk.page.goto(`${desk.address}lijst`);
    await take(desk.page, `${name}-8-roster`);
    const input = await desk.page.$("#handout");
    await (input as ElementHandle<HTMLInputElement>).uploadFile(organisation.path(HANDOUT));
    await Promise.all([desk.page.waitForNavigation(), desk.page.click("form[action$='/nakijken'] button")]);
    await take(desk.page, `${name}-9-handout`);
    await desk.page.close();
    await organisation.killDesk("anna");
  });
});
