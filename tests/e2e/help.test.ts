/** *Het gaat nu niet*: from every page and step two touches to a person who answers now, and nothing typed is lost. */

import { readdirSync } from "node:fs";

import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { launch } from "./browsers.ts";
import { Gate } from "./gate.ts";
import { Organisation } from "./organisation.ts";
import { Reporter } from "./reporter.ts";
import { Turns } from "./turns.ts";
import { Walk } from "./walk.ts";

const PHONE = { width: 360, height: 640 };
const TYPED = "zqx5513typed";
const OFFICE = "020 840 76 20";
const NIGHT = "088 330 51 12";
const LINE = "088 55 43 288";
const CODE = ["aap", "noot", "mies", "wim", "zus", "jet", "teun", "vuur"];
// When it is, who answers then, and what is said of the two lines that take turns.
const INSTANTS: readonly (readonly [instant: string, number: string, open: string, closed: string])[] = [
  ["2026-11-23T07:59:30Z", NIGHT, "Nu open, tot 9.00 uur.", "Vandaag weer open om 9.00 uur."],
  ["2026-11-23T08:00:00Z", OFFICE, "Nu open, tot 17.00 uur.", "Vandaag weer open om 17.00 uur."],
  ["2026-11-23T15:59:30Z", OFFICE, "Nu open, tot 17.00 uur.", "Vandaag weer open om 17.00 uur."],
  ["2026-11-23T16:00:00Z", NIGHT, "Nu open, tot morgen 9.00 uur.", "Morgen weer open om 9.00 uur."],
  ["2026-11-27T16:00:00Z", NIGHT, "Nu open, tot maandag 9.00 uur.", "Weer open op maandag om 9.00 uur."],
  ["2026-12-24T22:30:00Z", NIGHT, "Nu open, tot maandag 9.00 uur.", "Weer open op maandag om 9.00 uur."],
  ["2026-12-24T23:30:00Z", NIGHT, "Nu open, tot maandag 9.00 uur.", "Weer open op maandag om 9.00 uur."],
  // Good Friday is an ordinary Friday, and Easter Monday is not; summer time begins in between.
  ["2027-03-26T10:00:00Z", OFFICE, "Nu open, tot 17.00 uur.", "Vandaag weer open om 17.00 uur."],
  ["2027-03-29T10:00:00Z", NIGHT, "Nu open, tot morgen 9.00 uur.", "Morgen weer open om 9.00 uur."],
  ["2027-03-30T06:59:30Z", NIGHT, "Nu open, tot 9.00 uur.", "Vandaag weer open om 9.00 uur."],
  ["2027-03-30T07:00:00Z", OFFICE, "Nu open, tot 17.00 uur.", "Vandaag weer open om 17.00 uur."],
];
const KINDS = ["Chromium", "Firefox"] as const;

let organisation: Organisation;
let gate: Gate;
let paths: string[];

beforeAll(async () => {
  organisation = await Organisation.start(["anna"]);
  gate = await Gate.start(organisation.portal);
  const files = readdirSync(organisation.path("release"), { recursive: true, encoding: "utf8" });
  paths = files.filter((file) => file.endsWith("index.html")).map((file) => `/${file.replace("index.html", "")}`);
}, 180_000);

afterAll(async () => {
  await gate.stop();
  await organisation.stop();
}, 120_000);

beforeEach(() => {
  gate.reset();
});

describe.each(KINDS)("in %s", (kind) => {
  const turns = new Turns(kind, KINDS);
  let browser: Browser;
  let page: Page;
  let walk: Walk;

  beforeAll(async () => {
    // A device nearly a day ahead: the hours are those of Amsterdam all the same.
    browser = await launch(kind, { environment: { TZ: "Pacific/Kiritimati" } });
  }, 120_000);

  afterAll(async () => {
    await browser.close();
  });

  beforeEach(async () => {
    const reporter = await Reporter.open(browser, gate.address);
    ({ page } = reporter);
    walk = new Walk(reporter, gate, CODE, TYPED);
    await page.setViewport(PHONE);
    return async () => page.close();
  });

  test("the device stands in another time zone", async () => {
    await page.goto(`${gate.address}/nl/`);
    expect(await page.evaluate(() => new Date(0).getTimezoneOffset())).not.toBe(-60);
  }, 60_000);

  test.runIf(turns.next())("from every page it takes two touches", async () => {
    expect(paths.length).toBeGreaterThan(4);
    for (const path of paths) {
      if (path.endsWith("/bellen/")) {
        continue;
      }
      await page.goto(`${gate.address}${path}`);
      const hasControls = /\/(schrijven|lezen)\/$/.test(path);
      if (hasControls) {
        await page.waitForSelector("#main [data-step]");
      }
      await (hasControls ? page.click("#now") : Promise.all([page.waitForNavigation(), page.click("#now")]));
      expect(new URL(page.url()).pathname).toBe(hasControls ? path : `/${path.startsWith("/en/") ? "en" : "nl"}/bellen/`);
      await expectHelp(page);
    }
  }, 240_000);

  test.runIf(turns.next())("on a question it opens over the page, asks for nothing, and closes by the button and by Escape", async () => {
    await walk.start("schrijven");
    await walk.writeTo("step-question-wellbeing");
    await expectKept(page, async () => page.$eval("#main input", (input) => input.checked && input.defaultChecked));
  }, 120_000);

  test.runIf(turns.next())("on a story half written every letter stays", async () => {
    await walk.start("schrijven");
    await walk.writeTo("step-story");
    await expectKept(page, async () => (await page.$eval("#main textarea", ({ value }) => value)) === TYPED);
  }, 120_000);

  test.runIf(turns.next())("on a code half typed every word stays", async () => {
    await walk.start("lezen");
    await walk.typeCode();
    await expectKept(page, async () => {
      const typed = await page.$$eval("#main [data-field=word]", (fields) => fields.map((field) => (field as HTMLInputElement).value));
      return typed.join() === CODE.join();
    });
  }, 120_000);

  test.runIf(turns.next())("while a message is sent the sending goes on under it", async () => {
    await walk.start("schrijven");
    await walk.writeTo("step-send");
    await walk.reporter.press("send");
    await walk.reporter.step("sheet-progress");
    await page.click("#now");
    await expectHelp(page);
    await walk.reporter.step("step-sent");
    await page.keyboard.press("Escape");
    await page.waitForSelector("#main [data-step=step-sent]", { visible: true });
  }, 120_000);

  test.runIf(turns.next())("on a page that is closed the numbers stand too, those that are open first", async () => {
    await setClock(page, "2027-04-26T16:00:00Z");
    await page.goto(`${gate.address}/nl/schrijven/`);
    await walk.reporter.step("sheet-closed");
    expect((await readNumbers(page, "#main")).map(({ number }) => number)).toEqual(["112", NIGHT, LINE, OFFICE]);
    await page.click("#now");
    await expectHelp(page);
  }, 120_000);

  test.each(turns.among([["a click", "click"], ["Enter", "enter"], ["Shift", "shift"]]))("under it the page is left by %s", async (_, way) => {
    gate.isNeutralAway = true;
    await walk.start("schrijven");
    await walk.writeTo("step-story");
    await page.click("#now");
    await expectHelp(page);
    if (way === "click") {
      await page.click("#leave");
    } else if (way === "enter") {
      await page.focus("#leave");
      await page.keyboard.press("Enter");
    } else {
      await page.keyboard.press("Shift");
      await expect(page.$eval("[data-choose=leaving]", (region) => (region as HTMLElement).innerText)).resolves.toMatch(/^Shift\. /);
      await page.keyboard.press("Shift");
      await page.keyboard.press("Shift");
    }
    await gate.waitFor("neutral");
    expect(await page.evaluate(() => Array.from(document.body.children, ({ className }) => className))).toEqual(["unseen"]);
    expect(await page.evaluate(() => document.documentElement.outerHTML)).not.toContain(TYPED);
  }, 120_000);

  test.runIf(turns.next())("by keyboard alone: it is opened, the next step is the first number, nothing under it is reached, and back", async () => {
    await walk.start("schrijven");
    await walk.reporter.step("step-question-danger");
    // leaving.test.ts shows that this is where the first Tab leads.
    await page.focus("#leave");
    for (const id of ["", "now"]) {
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.id)).toBe(id);
    }
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog[open]");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("now-heading");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.className)).toBe("number");
    // Nothing under it can be reached; the browser's own controls may come in between.
    for (let i = 0; i < 20; i += 1) {
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.closest("main, footer"))).toBeNull();
    }
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { hidden: true });
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("now");
  }, 120_000);

  // The table of hours is tested by the minute in tests/web/hours.test.ts; a few say that Firefox reads the clock alike.
  test.each(kind === "Chromium" ? INSTANTS : INSTANTS.slice(0, 3))("at %s it is %s that answers", async (instant, number, open, closed) => {
    await setClock(page, instant);
    await page.goto(`${gate.address}/nl/bellen/`);
    await page.waitForSelector("[data-slot=closed]:not([hidden])");
    const [first, unknown, last, ...more] = await readNumbers(page, "main");
    expect([first, unknown, last, more]).toEqual([
      { number, says: open },
      { number: LINE, says: "" },
      { number: number === OFFICE ? NIGHT : OFFICE, says: closed },
      [],
    ]);
    await expectHelp(page);
  }, 60_000);

  test.runIf(turns.next())("a page that stays open goes on with the clock, and takes no number from under the focus", async () => {
    await setClock(page, "2026-11-23T15:59:48Z");
    await page.goto(`${gate.address}/nl/bellen/`);
    expect((await readNumbers(page, "main"))[0]).toEqual({ number: OFFICE, says: "Nu open, tot 17.00 uur." });
    await expect.poll(async () => (await readNumbers(page, "main"))[0]?.number, { timeout: 30_000, interval: 500 }).toBe(NIGHT);

    await setClock(page, "2026-11-23T15:59:48Z");
    await page.goto(`${gate.address}/nl/bellen/`);
    await page.focus("main .number");
    await expect.poll(async () => (await readNumbers(page, "main"))[0]?.says, { timeout: 30_000, interval: 500 }).toBe("Morgen weer open om 9.00 uur.");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(OFFICE);
  }, 90_000);

  test.runIf(turns.next())("a number that has expired since the build is gone, and 112 stays", async () => {
    await setClock(page, "2027-11-02T12:00:00Z");
    await page.goto(`${gate.address}/nl/bellen/`);
    await page.waitForFunction(() => document.querySelector("[data-expires-on]") === null);
    expect(await page.$$eval("main a", (links) => links.map((link) => link.href))).toEqual(["tel:112"]);
  }, 60_000);

  /** Open and close it twice; what was typed stays, the focus returns, nothing is asked for and nowhere is gone to. */
  async function expectKept(tab: Page, isKept: () => Promise<boolean>): Promise<void> {
    expect(await isKept()).toBe(true);
    const asked = [...gate.asked];
    const entries = await tab.evaluate(() => history.length);
    for (const close of ["button", "Escape"]) {
      await tab.click("#now");
      await expectHelp(tab);
      await (close === "button" ? tab.click("dialog [data-slot=close]") : tab.keyboard.press("Escape"));
      await tab.waitForFunction(() => document.querySelector("dialog") === null);
      expect(await isKept()).toBe(true);
      expect(await tab.evaluate(() => document.activeElement?.id)).toBe("now");
      expect(await tab.evaluate(() => document.body.firstElementChild?.tagName)).toBe("HEADER");
    }
    expect(gate.asked).toEqual(asked);
    expect(await tab.evaluate(() => history.length)).toBe(entries);
  }
});

test("without JavaScript it is a page, with all numbers and their hours in words", async () => {
  const browser = await launch("Chromium");
  const { page } = await Reporter.open(browser, gate.address);
  await page.setJavaScriptEnabled(false);
  await page.goto(`${gate.address}/nl/schrijven/`);
  await Promise.all([page.waitForNavigation(), page.click("#now")]);
  expect(new URL(page.url()).pathname).toBe("/nl/bellen/");
  const text = await page.$eval("main", (main) => main.innerText);
  for (const each of [LINE, OFFICE, NIGHT, "Op werkdagen van 9.00 tot 17.00 uur.", "’s Avonds, ’s nachts, in het weekend en op feestdagen.", "Bel 112"]) {
    expect(text).toContain(each);
  }
  expect(text).not.toContain("Nu dicht");
  expect(text).not.toContain("0800");
  await browser.close();
}, 120_000);

/** The second touch: what follows the heading first is a number on the screen that is open now, and leaving is in reach. */
async function expectHelp(page: Page): Promise<void> {
  await page.waitForSelector("#now-heading");
  await page.waitForSelector("[data-slot=closed]:not([hidden])");
  const found = await page.evaluate(() => {
    const isIn = (element: Element): boolean => {
      const { left, top, right, bottom } = element.getBoundingClientRect();
      const at = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      return left >= 0 && top >= 0 && right <= window.innerWidth && bottom <= window.innerHeight && at === element;
    };
    const heading = document.getElementById("now-heading");
    const leave = document.getElementById("leave");
    const links = Array.from(document.querySelectorAll<HTMLAnchorElement>("a, button, [tabindex='0']"));
    const first = links.find((link) => heading !== null && (heading.compareDocumentPosition(link) & Node.DOCUMENT_POSITION_FOLLOWING) > 0);
    return {
      isNumber: first?.href.startsWith("tel:"),
      state: first?.closest("li")?.dataset["state"],
      height: (first?.getBoundingClientRect().height ?? 0) >= 44,
      reach: [first, leave].map((element) => element instanceof Element && isIn(element)),
      dangers: document.querySelectorAll("header a[href='tel:112']").length,
    };
  });
  expect(found).toEqual({ isNumber: true, state: "open", height: true, reach: [true, true], dangers: 1 });
}

/** The numbers in order, with what is said of their being open. */
async function readNumbers(page: Page, within: string): Promise<{ number: string; says: string }[]> {
  return page.$$eval(`${within} [data-contact]`, (contacts) =>
    contacts.map((contact) => ({
      number: contact.querySelector(".number")?.textContent ?? "",
      says: (contact.querySelector<HTMLElement>("[data-slot=opening]")?.innerText ?? "").trim(),
    })),
  );
}

/** Let the page's clock stand at an instant and run on from there. */
async function setClock(page: Page, instant: string): Promise<void> {
  await page.evaluateOnNewDocument((start: number) => {
    const Real = Date;
    const now = (): number => start + performance.now();
    class Moved extends Real {
      constructor(...args: unknown[]) {
        super(...((args.length === 0 ? [now()] : args) as []));
      }
      static override now(): number {
        return now();
      }
    }
    window.Date = Moved as DateConstructor;
  }, Date.parse(instant));
}
