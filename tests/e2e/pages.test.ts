/** The pages that explain: the team's eight words, nothing that follows anybody, and readable. For axe: everybody.test.ts. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { launch } from "./browsers.ts";
import { Organisation } from "./organisation.ts";
import { Proxy } from "./proxy.ts";
import { Turns } from "./turns.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const LANGUAGES = ["nl", "en"] as const;
const PAGES = ["", "veilig/", "privacy/", "toegankelijkheid/"] as const;
const EVERY_PAGE = LANGUAGES.flatMap((language) => PAGES.map((page) => `/${language}/${page}`));
// What a workstation says, from the files that the ceremonies left: nothing of it went through the portal or a browser.
const WORKSTATION = `
import sys
from pathlib import Path
from crypto.encoding import decode_b64u
from workstation.ceremony.enrolment import list_words
from workstation.ceremony.handout import parse_handout
handout = parse_handout(Path(sys.argv[1]).read_bytes())
print(*list_words(decode_b64u(sys.argv[2]), handout.roster))
`;
const KINDS = ["Chromium", "Firefox"] as const;

let organisation: Organisation;
let proxy: Proxy;

beforeAll(async () => {
  organisation = await Organisation.start();
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
  let page: Page;

  beforeAll(async () => {
    browser = await launch(kind);
  }, 120_000);

  afterAll(async () => {
    await browser.close();
  });

  beforeEach(async () => {
    page = await browser.newPage();
    await page.setViewport({ width: 320, height: 640 });
  });

  test.each(turns.among(LANGUAGES))("the eight words of the team are those of the workstation (%s)", async (language) => {
    await page.goto(`${proxy.address}/${language}/veilig/`);
    await page.waitForSelector("#main [data-slot=people]");
    const rootKey = await page.$eval("meta[name=root-key]", (meta) => meta.content);
    const { stdout } = await promisify(execFile)(
      join(ROOT, ".venv", "bin", "python"),
      ["-c", WORKSTATION, organisation.path("uitdeelbestand.json"), rootKey],
      { cwd: ROOT },
    );
    await expect(texts(page, "[data-slot=word]")).resolves.toEqual(stdout.trim().split(" "));
    await expect(texts(page, "[data-slot=people] strong")).resolves.toEqual(["Anna", "Bram", "Chris"]);
    await expect(texts(page, "[data-slot=affiliations]")).resolves.toEqual(Array(3).fill("Stichting Steun"));
    await page.close();
  }, 120_000);

  test.each(turns.among([
    ["without statements of freshness", "clock", (keyset: Keyset) => ({ ...keyset, freshness: [] })],
    ["without a card", "other", (keyset: Keyset) => ({ ...keyset, cards: keyset.cards.slice(1) })],
    ["with a changed roster", "other", (keyset: Keyset) => ({ ...keyset, roster: flip(keyset.roster) })],
    ["that is no keyset", "other", () => ({})],
  ]))("a keyset %s shows no words and nobody's name, until it holds again", async (_, reason, twist) => {
    proxy.twists.set("/api/v1/keyset", (body) => Buffer.from(canonical(twist(JSON.parse(body.toString()) as Keyset))));
    await page.goto(`${proxy.address}/nl/veilig/`);
    await page.waitForSelector(`#main [data-choose=reason] > [data-when=${reason}]:not([hidden])`);
    await expect(page.$$("#main [data-slot=word], #main [data-slot=people]")).resolves.toEqual([]);
    await expect(page.$eval("main", (main) => main.innerText)).resolves.toContain("088 55 43 288");

    proxy.twists.clear();
    await page.click("#main [data-action=retry]");
    await page.waitForSelector("#main [data-slot=people]");
    await page.close();
  }, 120_000);

  test("no page sets a cookie, keeps anything or asks anybody else, and one asks for the keyset", async () => {
    const foreign: string[] = [];
    // Firefox asks itself for a font, as data; ours may not have any.
    page.on("request", (request) => foreign.push(...(isOurs(request.url()) ? [] : [request.url()])));
    for (const path of EVERY_PAGE) {
      proxy.requests.length = 0;
      await page.goto(`${proxy.address}${path}`, { waitUntil: "networkidle0" });
      expect(proxy.calls).toEqual(path.includes("veilig") ? ["GET /api/v1/keyset"] : []);
      expect(proxy.requests.map(({ headers }) => headers).join("")).not.toMatch(/cookie/i);
      await expect(page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie])).resolves.toEqual([0, 0, ""]);
    }
    expect(foreign).toEqual([]);
    expect(await browser.cookies()).toEqual([]);
    await page.close();
  }, 240_000);

  test.runIf(turns.next())("nothing is cut off or needs scrolling sideways at 320 pixels, also with more room between the letters", async () => {
    await page.goto(`${proxy.address}/nl/`);
    // Where a scrollbar takes some of them, the page gets as many more.
    const bar = await page.evaluate(() => window.innerWidth - document.documentElement.clientWidth);
    await page.setViewport({ width: 320 + bar, height: 640 });
    for (const path of EVERY_PAGE) {
      await page.goto(`${proxy.address}${path}`, { waitUntil: "networkidle0" });
      await expect(page.evaluate(isTooWide)).resolves.toBe(false);
      await page.evaluate(spaceOut);
      await expect(page.evaluate(isTooWide)).resolves.toBe(false);
      await expect(page.evaluate(findCut)).resolves.toEqual([]);
    }
    await page.close();
  }, 120_000);

  test.runIf(turns.next())("every drawing has a name or is decoration beside words, and the six are all there", async () => {
    for (const path of EVERY_PAGE) {
      await page.goto(`${proxy.address}${path}`);
      const unnamed = await page.$$eval("svg", (drawings) =>
        drawings.filter((svg) => svg.getAttribute("aria-hidden") !== "true" && svg.querySelector("title") === null).length,
      );
      expect(unnamed).toBe(0);
    }
    await page.goto(`${proxy.address}/nl/veilig/`);
    const steps = await page.$$eval(".drawings > li", (items) =>
      items.map((item) => ["svg", "h2", "p"].map((name) => item.querySelectorAll(name).length).join()),
    );
    expect(steps).toEqual(Array(6).fill("1,1,1"));
    await page.close();
  }, 120_000);

  test.runIf(turns.next())("by keyboard alone everything is reached in order, and nothing that has the focus is hidden", async () => {
    await page.goto(`${proxy.address}/nl/veilig/`);
    await page.waitForSelector("#main [data-slot=people]");
    const stops = await page.$$eval("a, button, input", (controls) => controls.length);
    for (const key of ["Tab", "Shift+Tab"]) {
      const seen: string[] = [];
      for (let i = 0; i < stops; i += 1) {
        await (key === "Tab" ? page.keyboard.press("Tab") : pressBack(page));
        seen.push(await page.evaluate(nameFocused));
      }
      expect(new Set(seen).size).toBeGreaterThanOrEqual(stops - 1);
      expect(seen.filter((name) => name.startsWith("hidden"))).toEqual([]);
    }
    await page.close();
  }, 120_000);
});

test("without JavaScript every page says what it has to say, and has no control", async () => {
  const browser = await launch("Chromium");
  const page = await browser.newPage();
  await page.setJavaScriptEnabled(false);
  for (const path of EVERY_PAGE) {
    await page.goto(`${proxy.address}${path}`);
    await expect(page.$$("form, input, textarea, select, button")).resolves.toEqual([]);
    await expect(page.$eval("main", (main) => main.innerText.length)).resolves.toBeGreaterThan(1_000);
  }
  await page.goto(`${proxy.address}/nl/veilig/`);
  await expect(page.$eval("[data-slot=place]", (place) => (place as HTMLElement).innerText)).resolves.toMatch(/^Hier komen acht woorden /);
  await browser.close();
}, 120_000);

test("every link inside the site leads somewhere", async () => {
  const broken: string[] = [];
  for (const path of EVERY_PAGE) {
    const html = await (await fetch(`${organisation.portal}${path}`)).text();
    for (const [, target = ""] of html.matchAll(/href="(\/[^"]*)"/g)) {
      const { status } = await fetch(`${organisation.portal}${target}`);
      broken.push(...(status === 200 ? [] : [`${path} → ${target}`]));
    }
  }
  expect(broken).toEqual([]);
}, 120_000);

interface Keyset {
  readonly cards: readonly unknown[];
  readonly freshness: readonly unknown[];
  readonly roster: { readonly payload: string };
}

function isOurs(url: string): boolean {
  return url.startsWith(`${proxy.address}/`) || url.startsWith("data:");
}

function flip(roster: Keyset["roster"]): Keyset["roster"] {
  const payload = Buffer.from(Buffer.from(roster.payload, "base64").toString().replace("Anna", "Eva!"));
  return { ...roster, payload: payload.toString("base64") };
}

function canonical(value: unknown): string {
  // Keys of the honest keyset stand in order, and stay so.
  return JSON.stringify(value);
}

async function texts(page: Page, selector: string): Promise<string[]> {
  return page.$$eval(`#main ${selector}`, (elements) => elements.map((element) => element.textContent));
}

async function pressBack(page: Page): Promise<void> {
  await page.keyboard.down("Shift");
  await page.keyboard.press("Tab");
  await page.keyboard.up("Shift");
}

/** WCAG 2.2, 1.4.12: what a reader's own style may set. */
function spaceOut(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }");
  document.adoptedStyleSheets = [sheet];
}

function isTooWide(): boolean {
  const { scrollWidth, clientWidth } = document.documentElement;
  return scrollWidth > clientWidth;
}

/** What does not fit into its own box, besides what is only for screen readers. */
function findCut(): string[] {
  return Array.from(document.querySelectorAll<HTMLElement>("body *"))
    .filter((element) => element.closest(".unseen, svg") === null && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
    .map((element) => `${element.tagName} ${element.innerText.slice(0, 40)}`);
}

/** The words of what has the focus, and whether another element lies over its middle. */
function nameFocused(): string {
  const focused = document.activeElement as HTMLElement;
  if (focused === document.body) {
    return "(the browser’s own bar)";
  }
  const { left, top, width, height } = focused.getClientRects()[0] ?? new DOMRect();
  const over = document.elementFromPoint(left + width / 2, top + height / 2);
  return `${over !== null && focused.contains(over) ? "" : "hidden "}${focused.innerText} ${focused.getAttribute("href") ?? ""}`;
}
