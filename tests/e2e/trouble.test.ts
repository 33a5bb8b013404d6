/** What goes wrong on the way: never a duplicate, never a loss without being told, always a next step and a number. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";

import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { launch } from "./browsers.ts";
import { moveClock } from "./clock.ts";
import { Organisation } from "./organisation.ts";
import { Proxy } from "./proxy.ts";
import { Reporter } from "./reporter.ts";
import { Turns } from "./turns.ts";

const KEYSET = "/api/v1/keyset";
const TICKET = "/api/v1/ticket";
const BLOCKS = "/api/v1/blocks";
const FETCH = "/api/v1/blocks/fetch";
const DAY_MILLISECONDS = 86_400_000;
const KINDS = ["Chromium", "Firefox"] as const;

let organisation: Organisation;
let proxy: Proxy;

beforeAll(async () => {
  organisation = await Organisation.start(["anna"]);
  proxy = await Proxy.start(organisation.portal);
}, 300_000);

afterAll(async () => {
  await proxy.stop();
  await organisation.stop();
}, 120_000);

describe.each(KINDS)("in %s", (kind) => {
  const turns = new Turns(kind, KINDS);
  let browser: Browser;
  let reporter: Reporter;

  beforeAll(async () => {
    browser = await launch(kind);
  }, 120_000);

  afterAll(async () => {
    await browser.close();
  });

  beforeEach(async () => {
    proxy.reset();
    reporter = await Reporter.open(browser, proxy.address);
  });

  test.runIf(turns.next())("without a connection at the start the page says so, and goes on when there is one", async () => {
    proxy.drops = ({ path }) => path === KEYSET;
    await reporter.page.goto(`${proxy.address}/nl/schrijven/`);
    await expectTold(reporter, "offline");
    proxy.reset();
    await reporter.press("retry");
    await reporter.page.waitForSelector("#main [data-step^=step-]");
  }, 120_000);

  test.each(turns.among(["schrijven", "lezen"]))("until the first step is there, the page is never empty: %s", async (name) => {
    const { page } = reporter;
    proxy.delay = 2_000;
    await page.goto(`${proxy.address}/nl/${name}/`);
    const asked = (): boolean => proxy.requests.some(({ path }) => path === KEYSET);
    await expect.poll(asked).toBe(true);
    expect(await page.$eval("#main", (main) => main.textContent)).toMatch(/Deze pagina wordt klaargezet[^]*\d{3}/);
    await page.waitForSelector("#main [data-step]");
    expect(await page.$("#without-script")).toBeNull();
  }, 120_000);

  test.each(turns.among([
    ["the list of counsellors does not come", "drops", KEYSET],
    ["no ticket comes", "drops", TICKET],
    ["the message does not arrive", "drops", BLOCKS],
    ["the message arrives and the answer does not", "cuts", BLOCKS],
  ] as const))("while sending, %s: told, sent again, stored once", async (_, how, path) => {
    const before = await countBlocks();
    const code = await reporter.prepare();
    proxy[how] = (request) => request.path === path;
    await reporter.press("send");
    await expectTold(reporter, "offline");
    // Nor does pressing again do harm while it stays away.
    await reporter.press("retry");
    await expectTold(reporter, "offline");
    proxy.reset();
    await reporter.press("retry");
    await reporter.step("step-sent");
    expect(await countBlocks()).toBe(before + 1);
    expect(await reporter.enter(code)).toBe("conversation");
    expect(await reporter.letters()).toHaveLength(1);
  }, 240_000);

  test.runIf(turns.next())("after going back from a failed sending, changed words are sent once, and the old ones never", async () => {
    const before = await countBlocks();
    const code = await reporter.writeUntilSend("De eerste woorden.");
    proxy.drops = ({ path }) => path === BLOCKS;
    await reporter.press("send");
    await expectTold(reporter, "offline");
    await reporter.press("back");
    await reporter.step("step-send");
    proxy.reset();
    await reporter.press("send");
    await reporter.step("step-sent");
    expect(await countBlocks()).toBe(before + 1);
    await reporter.enter(code);
    expect(await reporter.letters()).toEqual([expect.stringContaining("De eerste woorden.")]);
  }, 240_000);

  test.each(turns.among([
    ["full", 503, "full"],
    ["broken", 500, "offline"],
  ] as const))("a portal that is %s is told of, and nothing is lost", async (_, status, reason) => {
    await reporter.prepare();
    proxy.refusals.set(BLOCKS, status);
    await reporter.press("send");
    await expectTold(reporter, reason);
    proxy.reset();
    await reporter.press("retry");
    await reporter.step("step-sent");
  }, 240_000);

  test.runIf(turns.next())("a portal that is busy for a moment is asked again, and nobody is bothered with it", async () => {
    const before = await countBlocks();
    await reporter.prepare();
    proxy.busy.set(TICKET, 1);
    proxy.busy.set(BLOCKS, 2);
    await reporter.press("send");
    await reporter.step("step-sent");
    expect(proxy.calls.filter((call) => call === `POST ${BLOCKS}`)).toHaveLength(3);
    expect(await countBlocks()).toBe(before + 1);
  }, 120_000);

  test.runIf(turns.next())("a portal that stays busy is told of, and nothing is lost", async () => {
    await reporter.prepare();
    proxy.busy.set(BLOCKS, Infinity);
    await reporter.press("send");
    await expectTold(reporter, "full");
    proxy.reset();
    await reporter.press("retry");
    await reporter.step("step-sent");
  }, 240_000);

  test.runIf(turns.next())("two presses on Versturen send once", async () => {
    const before = await countBlocks();
    await reporter.prepare();
    const button = await reporter.page.waitForSelector("#main [data-action=send]");
    await button?.click({ count: 2 });
    await reporter.step("step-sent");
    expect(proxy.calls.filter((call) => call === `POST ${BLOCKS}`)).toHaveLength(1);
    expect(await countBlocks()).toBe(before + 1);
  }, 240_000);

  test.runIf(turns.next())("one code in two tabs: what both send arrives, and each is read once", async () => {
    const code = await reporter.write("Het begin.");
    await reporter.enter(code);
    const other = await Reporter.open(browser, proxy.address);
    await other.enter(code);
    // A tab that nobody looks at is given a turn a second only.
    await reporter.page.bringToFront();
    await reporter.reply("Uit het ene tabblad.");
    await other.page.bringToFront();
    await other.reply("Uit het andere tabblad.");
    await other.enter(code);
    const letters = await other.letters();
    for (const text of ["Het begin.", "Uit het ene tabblad.", "Uit het andere tabblad."]) {
      expect(letters.filter((letter) => letter.includes(text))).toHaveLength(1);
    }
  }, 180_000);

  test.runIf(turns.next())("a connection that breaks while reading, or while writing back, loses no word", async () => {
    const code = await reporter.write("Het begin.");
    await reporter.page.goto(`${proxy.address}/nl/lezen/`);
    await reporter.step("step-enter");
    proxy.drops = ({ path }) => path === FETCH;
    await reporter.typeCode(code);
    await expectTold(reporter, "offline");
    proxy.reset();
    await reporter.press("retry");
    await reporter.step("conversation");
    proxy.cuts = ({ path }) => path === BLOCKS;
    await reporter.page.type("#main [data-field=reply]", "Nog iets.");
    await reporter.press("send");
    await expectTold(reporter, "offline");
    // Going back shows the words again; sending them once more finds that they were stored.
    await reporter.press("back");
    await reporter.step("conversation");
    expect(await reporter.page.$eval("#main [data-field=reply]", (control) => (control as HTMLTextAreaElement).value)).toBe("Nog iets.");
    proxy.reset();
    await reporter.press("send");
    await reporter.page.waitForSelector("#main .notice[role=status]");
    const again = await Reporter.open(browser, proxy.address);
    await again.enter(code);
    expect((await again.letters()).filter((letter) => letter.includes("Nog iets."))).toHaveLength(1);
  }, 180_000);

  // Two weeks ahead: what was signed on a Monday counts until the Sunday of the week after it, thirteen days later.
  test.each([14, -8, 100])("a device whose clock is %i days off is told, nothing is sent, and there is a number", async (off) => {
    await moveClock(reporter.page, off * DAY_MILLISECONDS);
    for (const page of ["schrijven", "lezen"]) {
      await reporter.page.goto(`${proxy.address}/nl/${page}/`);
      await reporter.step("sheet-closed");
      expect(await reporter.texts("[data-choose=reason] > [data-when=clock]:not([hidden])")).toHaveLength(1);
      expect(await reporter.page.$$("#main .phones a[href^='tel:']")).not.toEqual([]);
    }
    expect(proxy.calls.filter((call) => call.includes("blocks"))).toEqual([]);
  }, 120_000);
});

/** A sheet that says in words what is the matter, that nothing is lost, what to do next, and whom to call. */
async function expectTold(reporter: Reporter, reason: string): Promise<void> {
  await reporter.page.waitForSelector("#main [data-step=sheet-progress]", { hidden: true, timeout: 120_000 });
  await reporter.step("sheet-error");
  expect(await reporter.texts(`[data-choose=reason] > [data-when=${reason}]:not([hidden])`)).toHaveLength(1);
  expect(await reporter.texts("[data-choose=kept] > [data-when=yes]:not([hidden])")).toHaveLength(1);
  expect(await reporter.page.$$("#main [data-action=retry]")).toHaveLength(1);
  expect(await reporter.page.$$("#main .phones a[href^='tel:']")).not.toEqual([]);
}

/** How many blocks the store has. */
async function countBlocks(): Promise<number> {
  const script = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT COUNT(*) FROM block').fetchone()[0])";
  const { stdout } = await promisify(execFile)("python3", ["-c", script, organisation.path("portal.sqlite")]);
  return Number(stdout);
}
