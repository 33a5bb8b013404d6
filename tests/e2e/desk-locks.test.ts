/**
 * The desk's script in two browsers: drafts that outlive a crash, locking by itself and at once, Back, keys.
 *
 * What the desk does without a script is tested in tests/workstation.
 */

import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type Kind, launch } from "./browsers.ts";
import { Desk } from "./desk.ts";
import { Organisation } from "./organisation.ts";
import { Reporter } from "./reporter.ts";

const STORY = "Iemand wachtte gisteren bij mijn huis.";
const TYPED = "Wat naar voor u. Ik lees met u mee";
const NOTE = "Morgen de wijkagent bellen";
const PASSAGE = "Op 3 november wachtte iemand bij het huis.";
// Each browser has a desk of its own. One minute is the shortest time after which a desk locks.
const SEATS: readonly (readonly [Kind, string])[] = [
  ["Chromium", "anna"],
  ["Firefox", "bram"],
];

let organisation: Organisation;

beforeAll(async () => {
  organisation = await Organisation.start(["anna", "bram"]);
  const browser = await launch("Chromium");
  await (await Reporter.open(browser, organisation.portal)).write(STORY);
  await browser.close();
  await organisation.sync();
}, 300_000);

afterAll(async () => {
  await organisation.stop();
}, 120_000);

describe.each(SEATS)("in %s, %s", (kind, person) => {
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await launch(kind);
    await sit(["--idle-minutes", "1"]);
  }, 120_000);

  afterAll(async () => {
    await browser.close();
  }, 60_000);

  /** Open a desk and the conversation. */
  async function sit(options: readonly string[] = []): Promise<void> {
    const address = await organisation.openDesk(person, options);
    for (const old of (await browser.pages()).filter((each) => each.url().startsWith("http"))) {
      await old.close();
    }
    const desk = await Desk.unlock(browser, address);
    page = desk.page;
    page.on("console", (message) => {
      // A desk that is down or locked is part of these tests.
      if (message.type() === "error" && !message.text().includes("Failed to load resource")) {
        complaints.push(message.text());
      }
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await desk.read(STORY);
  }

  const typed = async (): Promise<string> => page.$eval("#text", (area) => (area as HTMLTextAreaElement).value);
  const noted = async (): Promise<string> => page.$eval("#note", (area) => (area as HTMLTextAreaElement).value);
  const said = async (): Promise<string> => page.$eval("#status", (region) => region.textContent);
  const text = async (): Promise<string> => page.evaluate(() => document.documentElement.textContent);
  const isLocked = async (): Promise<boolean> => page.evaluate(() => document.querySelector("#passphrase") !== null).catch(() => false);

  async function empty(): Promise<void> {
    await page.$eval("#text", (area) => {
      (area as HTMLTextAreaElement).value = "";
    });
  }

  test("keys lead through list and answer, never while somebody types, and the page lists them", async () => {
    await page.keyboard.press("?");
    await expect(page.$eval("#keys", (dialog) => (dialog as HTMLDialogElement).open)).resolves.toBe(true);
    await page.keyboard.press("Escape");
    await expect(page.$eval("#keys", (dialog) => (dialog as HTMLDialogElement).open)).resolves.toBe(false);
    await page.keyboard.press("j");
    await expect(page.evaluate(() => document.activeElement?.closest(".list") !== null)).resolves.toBe(true);
    await page.keyboard.press("a");
    await expect(page.evaluate(() => document.activeElement?.id)).resolves.toBe("text");
    await page.keyboard.type("jk?a/");
    await expect(typed()).resolves.toBe("jk?a/");
    await empty();
  }, 60_000);

  test("what is typed is kept by itself, and comes back after a crash of the desk", async () => {
    await page.type("#text", TYPED);
    await expect.poll(said).toBe("Concept bewaard.");
    await organisation.killDesk(person);
    await page.type("#text", " – en nog iets");
    await expect.poll(said).toContain("Het bureau antwoordt niet");
    // An answer does not go into the void: no browser keeps a form that nobody answered.
    const url = page.url();
    await page.click("#antwoord button.primary");
    await expect.poll(said).toContain("Er is niets verstuurd");
    expect(page.url()).toBe(url);
    await expect(typed()).resolves.toBe(`${TYPED} – en nog iets`);
    await sit(["--idle-minutes", "1"]);
    await expect(typed()).resolves.toBe(TYPED);
    await expect(text()).resolves.toContain("Concept van");
  }, 120_000);

  test("a note is kept by itself like an answer, and neither takes the other along", async () => {
    await page.type("#note", NOTE);
    await expect.poll(said).toBe("Concept bewaard.");
    await page.reload();
    await expect(noted()).resolves.toBe(NOTE);
    await expect(typed()).resolves.toBe(TYPED);
    await expect(text()).resolves.toContain("Het team ziet het nog niet.");
  }, 60_000);

  test("a text to hand over is kept by itself too, and stands open until it is thrown away", async () => {
    const passage = async (): Promise<string> => page.$eval("#passage", (area) => (area as HTMLTextAreaElement).value);
    await page.click("#overdracht summary");
    await page.type("#passage", PASSAGE);
    await expect.poll(said).toBe("Concept bewaard.");
    await page.reload();
    await expect(passage()).resolves.toBe(PASSAGE);
    await expect(page.$eval("#overdracht details", (details) => details.open)).resolves.toBe(true);
    await Promise.all([page.waitForNavigation(), page.click("#overdracht button[formaction$='/weg']")]);
    await expect(passage()).resolves.toBe("");
    await expect(Promise.all([typed(), noted()])).resolves.toEqual([TYPED, NOTE]);
  }, 60_000);

  test("Escape twice empties the page at once and locks; Back shows nothing; what was typed is a draft", async () => {
    await page.type("#text", ". Tot het laatst");
    await page.type("#note", "Bram vragen. ");
    await page.evaluate(() => {
      // It hears the key after the page's own script does, and its note outlives the page.
      addEventListener("keydown", () => (window.name = document.body.textContent === "" ? "empty" : "full"), { capture: true });
    });
    await page.keyboard.press("Escape");
    await expect(page.evaluate(() => window.name)).resolves.toBe("full");
    await page.keyboard.press("Escape");
    await expect.poll(isLocked).toBe(true);
    await expect(page.evaluate(() => window.name)).resolves.toBe("empty");
    for (let i = 0; i < 3; i += 1) {
      await page.goBack({ timeout: 5_000 }).catch(() => null);
      await expect(text()).resolves.not.toContain("huis");
      await expect(text()).resolves.not.toContain("Tot het laatst");
    }
    await sit();
    await expect(typed()).resolves.toContain(". Tot het laatst");
    await expect(noted()).resolves.toMatch(/Bram vragen/);
  }, 120_000);

  test("one Escape, one that closes the keys, and Escapes far apart lock nothing", async () => {
    await page.click("#show-keys");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await page.keyboard.press("Escape");
    await expect(isLocked()).resolves.toBe(false);
    await expect(text()).resolves.toContain(STORY);
  }, 60_000);

  test("locked from outside, the page empties itself; another page of the same desk too", async () => {
    const other = await browser.newPage();
    await other.goto(page.url());
    await expect(other.evaluate(() => document.body.textContent)).resolves.toContain(STORY);
    await organisation.lockDesk(person);
    await page.bringToFront();
    await expect.poll(isLocked, { timeout: 15_000 }).toBe(true);
    await other.bringToFront();
    await expect.poll(async () => other.evaluate(() => document.body.textContent).catch(() => STORY), { timeout: 15_000 }).not.toContain(STORY);
    // It is empty before it goes to the locked page, and a page that Chromium is told to close on the way may stay for ever.
    await other.waitForSelector("#passphrase");
    await other.close();
    await sit();
  }, 120_000);

  test("left alone it warns, a key keeps it open, and then it locks and the page is empty", async () => {
    await expect.poll(said, { timeout: 45_000 }).toContain("vergrendelt het bureau zich");
    await page.keyboard.press("Shift");
    await expect.poll(said).toBe("");
    await page.type("#text", " Nog dit");
    await expect.poll(isLocked, { timeout: 90_000 }).toBe(true);
    await expect(text()).resolves.not.toContain("huis");
    await sit();
    await expect(typed()).resolves.toContain("Nog dit");
    expect(complaints).toEqual([]);
  }, 240_000);

  test("an answer takes the draft with it", async () => {
    await Promise.all([page.waitForNavigation(), page.click("#antwoord button.primary")]);
    await expect(text()).resolves.toContain("Gaat mee bij de volgende synchronisatie.");
    await expect(typed()).resolves.toBe("");
    await expect(text()).resolves.not.toContain("Het is nog niet verstuurd.");
    await expect(noted()).resolves.toMatch(/Bram vragen/);
  }, 60_000);

  test("a note that is kept is no draft any more", async () => {
    await Promise.all([page.waitForNavigation(), page.click("#case-form button:not(.quiet)")]);
    await expect(page.$eval(".notes", (list) => list.textContent)).resolves.toContain("Bram vragen.");
    await expect(noted()).resolves.toBe("");
    await expect(text()).resolves.not.toContain("Concept van");
  }, 60_000);
});
