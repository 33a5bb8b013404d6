/** Everybody can use the desk: its pages in both languages, on a telephone and on a desktop. */

import type { Browser, ElementHandle, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { examine } from "./axe.ts";
import { launch } from "./browsers.ts";
import { Desk } from "./desk.ts";
import { findDisorder, findTooSmall, findTooWide } from "./gallery.ts";
import { Organisation } from "./organisation.ts";
import { Reporter } from "./reporter.ts";

const HANDOUT = "volgende.json";
const REPORT = "Er stond een auto voor de deur.";
const DANGER = "Hij staat nu voor de deur.";
const WIDTHS = [320, 1280] as const;
// Of WCAG 2.2, 2.5.8, and of our own look.
const [TARGET, BUTTON] = [24, 44];

let organisation: Organisation;
let browser: Browser;

beforeAll(async () => {
  organisation = await Organisation.start();
  browser = await launch("Chromium");
  const reporter = await Reporter.open(browser, organisation.portal);
  await reporter.write(REPORT);
  await reporter.write(DANGER, [], ["badly", "threat", "talk"], { inDanger: true });
  await organisation.sync();
  await organisation.command("roster", "--root", organisation.path("root"), "--retire", "chris", "--compared", "--out", organisation.path(HANDOUT));
}, 240_000);

afterAll(async () => {
  await browser.close();
  await organisation.stop();
}, 60_000);

describe.each(["nl", "en"])("%s", (language) => {
  test("axe finds nothing, nothing is too wide or too small", async () => {
    const address = await organisation.openDesk("anna", ["--language", language]);
    const wrong: string[] = [];
    const locked = await browser.newPage();
    await locked.goto(address);
    await look("locked", locked);
    await locked.close();

    const desk = await Desk.unlock(browser, address);
    const { page } = desk;
    await desk.inbox();
    await look("list");
    await desk.read(REPORT);
    await unfold();
    await look("conversation");
    await desk.answer("  ");
    await unfold();
    await look("refused");
    await desk.read(DANGER);
    await unfold();
    await look("danger");
    await page.click("#show-keys");
    await page.waitForSelector("dialog[open]");
    await look("keys");
    await page.goto(`${desk.address}lijst`);
    await look("roster");
    const input = await page.$("#handout");
    await (input as ElementHandle<HTMLInputElement>).uploadFile(organisation.path(HANDOUT));
    await Promise.all([page.waitForNavigation(), page.click("form[action$='/nakijken'] button")]);
    await look("handout");
    await page.close();
    await organisation.killDesk("anna");
    expect(wrong).toEqual([]);

    async function look(name: string, at: Page = page): Promise<void> {
      for (const width of WIDTHS) {
        await at.setViewport({ width, height: 740 });
        const found = [
          ...(await examine(at)),
          ...(await at.evaluate(findTooWide)),
          ...(await at.evaluate(findTooSmall, TARGET, BUTTON)),
          ...(await at.evaluate(findDisorder)),
        ];
        wrong.push(...found.map((what) => `${name}, ${width} px: ${what}`));
      }
    }

    async function unfold(): Promise<void> {
      await page.$$eval("details", (all) => {
        for (const details of all) {
          details.open = true;
        }
      });
    }
  }, 120_000);
});
