/** What must never happen, watched from the wire and the page; trace.test.ts watches the disks. */

import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { launch } from "./browsers.ts";
import { Organisation } from "./organisation.ts";
import { Proxy } from "./proxy.ts";
import { Reporter } from "./reporter.ts";
import { Turns } from "./turns.ts";

const KINDS = ["Chromium", "Firefox"] as const;

let organisation: Organisation;
let proxy: Proxy;

beforeAll(async () => {
  organisation = await Organisation.start(undefined, { isWorkFull: true });
  proxy = await Proxy.start(organisation.portal);
}, 180_000);

afterAll(async () => {
  await proxy.stop();
  await organisation.stop();
}, 120_000);

beforeEach(() => {
  proxy.requests.length = 0;
  proxy.twists.clear();
});

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
    reporter = await Reporter.open(browser, proxy.address);
  });

  test("nothing is asked for between opening the form and sending, and no cookie is ever set", async () => {
    await reporter.prepare();
    const calls = ["GET /api/v1/keyset"];
    expect(proxy.calls).toEqual(calls);

    await reporter.press("send");
    await reporter.step("step-sent");
    expect(proxy.calls).toEqual([...calls, "GET /api/v1/keyset", "GET /api/v1/ticket", "POST /api/v1/blocks"]);
    expect(await browser.cookies()).toEqual([]);
    expect(proxy.requests.map(({ headers }) => headers).join("")).not.toMatch(/cookie/i);
  }, 240_000);

  test("opening a mailbox asks for the same, whatever is under the code", async () => {
    const unused = await reporter.prepare();
    const used = await reporter.write("Eén zin.");
    for (const code of [unused, used]) {
      proxy.requests.length = 0;
      await reporter.enter(code);
      expect(proxy.calls).toEqual([
        "GET /api/v1/keyset",
        "GET /api/v1/index",
        "POST /api/v1/blocks/fetch",
        "POST /api/v1/blocks/fetch",
      ]);
      expect(proxy.requests.map(({ body }) => body.length).filter((size) => size > 0)).toEqual([128, 128]);
    }
  }, 240_000);

  test.each(turns.among([
    ["without statements of freshness", "clock", (keyset: Keyset) => ({ ...keyset, freshness: [] })],
    ["without a card", "other", (keyset: Keyset) => ({ ...keyset, cards: keyset.cards.slice(1) })],
    ["with a changed roster", "other", (keyset: Keyset) => ({ ...keyset, roster: flip(keyset.roster) })],
    ["that is no keyset", "other", () => ({})],
  ]))("a keyset %s closes both pages, and they show the telephone numbers", async (_, reason, twist) => {
    proxy.twists.set("/api/v1/keyset", (body) => Buffer.from(canonical(twist(JSON.parse(body.toString()) as Keyset))));
    for (const page of ["schrijven", "lezen"]) {
      await reporter.page.goto(`${proxy.address}/nl/${page}/`);
      await expectClosed(reporter, reason);
    }
    expect(proxy.calls.filter((call) => call.includes("blocks"))).toEqual([]);
  }, 120_000);

  test.runIf(turns.next())("a keyset that turns false after the page was loaded lets nothing be sent", async () => {
    await reporter.prepare();
    proxy.twists.set("/api/v1/keyset", (body) => {
      const keyset = JSON.parse(body.toString()) as Keyset;
      return Buffer.from(canonical({ ...keyset, freshness: keyset.freshness.slice(1, 2) }));
    });
    await reporter.press("send");
    await expectClosed(reporter, "clock");
    expect(proxy.calls.filter((call) => call.includes("blocks"))).toEqual([]);
  }, 120_000);

  test.runIf(turns.next())("an answer in another's name, or changed on the way, is never shown", async () => {
    const code = await reporter.write("Mijn eerste bericht.");
    // The server answers every question with the reporter's own envelope, and with a changed one.
    const posted = proxy.requests.find(({ path }) => path === "/api/v1/blocks")?.body.subarray(65) ?? Buffer.alloc(0);
    const changed = Buffer.from(posted);
    changed[60_000] = (changed[60_000] ?? 0) ^ 1;
    proxy.twists.set("/api/v1/blocks/fetch", () => Buffer.concat([posted, posted, changed, posted]));
    await reporter.enter(code);
    await expect(reporter.letters()).resolves.toEqual([expect.stringContaining("Mijn eerste bericht.")]);
    await expect(reporter.texts(".notice")).resolves.not.toEqual([]);
  }, 120_000);

  test("leaving empties the page and goes on in the same breath, also while keys are made", async () => {
    await reporter.prepare();
    await reporter.press("send");
    await reporter.step("sheet-progress");
    await leave(reporter.page);
    expect(proxy.calls.filter((call) => call === "POST /api/v1/blocks")).toEqual([]);
  }, 120_000);
});

test("a number that has expired since the build is not shown, in the page or on any sheet", async () => {
  for (const path of ["/nl/", "/nl/schrijven/"]) {
    proxy.twists.set(path, (body) => Buffer.from(body.toString().replaceAll(/data-expires-on="\d{4}/g, 'data-expires-on="2020')));
  }
  proxy.twists.set("/api/v1/keyset", () => Buffer.from("{}"));
  const browser = await launch("Chromium");
  const reporter = await Reporter.open(browser, proxy.address);
  await reporter.page.goto(`${proxy.address}/nl/schrijven/`);
  await expectClosedWithoutNumbers(reporter);
  await reporter.page.goto(`${proxy.address}/nl/`);
  await reporter.page.waitForFunction(() => document.querySelectorAll("[data-expires-on]").length === 0);
  // The one number that never expires stands above every page.
  await expect(reporter.page.$$("header a[href='tel:112']")).resolves.toHaveLength(1);
  await browser.close();
}, 120_000);

test.each(["", "schrijven/", "lezen/"])("without JavaScript /nl/%s says what to do instead, and has no control", async (page) => {
  const browser = await launch("Chromium");
  const { page: tab } = await Reporter.open(browser, proxy.address);
  await tab.setJavaScriptEnabled(false);
  await tab.goto(`${proxy.address}/nl/${page}`);
  expect(await tab.$$("form, input, textarea, select, button")).toEqual([]);
  expect(await tab.$eval("main", (main) => main.innerText)).toContain("088 55 43 288");
  await browser.close();
}, 120_000);

interface Keyset {
  readonly cards: readonly unknown[];
  readonly freshness: readonly unknown[];
  readonly roster: { readonly payload: string };
}

function flip(roster: Keyset["roster"]): Keyset["roster"] {
  const payload = Buffer.from(roster.payload, "base64");
  payload[10] = (payload[10] ?? 0) ^ 1;
  return { ...roster, payload: payload.toString("base64") };
}

// Sorted keys and no space, so that the page refuses what it says and not how it is spelt.
function canonical(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(canonical).join(",")}]`;
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

async function expectClosed(reporter: Reporter, reason: string): Promise<void> {
  await reporter.step("sheet-closed");
  // The numbers under it say in the same way when they are open, and may be put up anew between two looks.
  const shown = await reporter.page.evaluate(() => {
    const elements = Array.from(document.querySelectorAll("#main [data-when]:not([hidden])"));
    return elements.filter((element) => element.closest(".phones") === null).map((element) => element.getAttribute("data-when"));
  });
  expect(shown).toEqual([reason]);
  await expect(reporter.texts(".phones a")).resolves.toContain("088 55 43 288");
}

async function expectClosedWithoutNumbers(reporter: Reporter): Promise<void> {
  await reporter.step("sheet-closed");
  await expect(reporter.texts(".phones a")).resolves.toEqual([]);
}

async function leave(page: Page): Promise<void> {
  const left = new Promise<string>((resolve) => {
    page.on("request", (request) => {
      if (request.isNavigationRequest()) {
        resolve(request.url());
      }
    });
  });
  await page.evaluate(() => {
    document.getElementById("leave")?.click();
  });
  expect(new URL(await left).origin).not.toBe(proxy.address);
}
