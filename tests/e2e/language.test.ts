/** The languages in real browsers: no word outside the catalogue, and no trace of which language somebody reads. */

import { readdirSync, writeFileSync } from "node:fs";

import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { launch } from "./browsers.ts";
import { Desk } from "./desk.ts";
import { Organisation } from "./organisation.ts";
import { Proxy } from "./proxy.ts";
import { Reporter } from "./reporter.ts";
import { Turns } from "./turns.ts";

// tests/pseudo.py makes this language and its letters.
const PSEUDO = "vo";
const LETTERS = "ȧƀƈḓḗƒɠħīĵķŀḿƞǿƥɋřşŧŭṽẇẋẏẑȦƁƇḒḖƑƓĦĪĴĶĿḾȠǾƤɊŘŞŦŬṼẆẊẎẐ";
// What is in no catalogue: words of a code, days and sizes in the browser's words, names of people, of what they belong to
// and of files, and what people wrote themselves.
const DAYS = ["day", "next", "from", "until"];
const NOT_OURS = [...DAYS, "word", "same", "options", "size", "author", "name", "affiliations", "recipient", "text"].map((name) => `[data-slot=${name}]`).join();
const STORY = "Iemand wachtte bij mijn huis.";
const GIST = "Kort: u bent veilig.";
// Without an ending, which is in no language.
const FILE = "bijlage";
const PHOTO = "foto.png";
const KINDS = ["Chromium", "Firefox"] as const;

let organisation: Organisation;
let proxy: Proxy;

beforeAll(async () => {
  organisation = await Organisation.start(["anna"], { build: ["-m", "tests.pseudo"] });
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

test("in the pseudo-language every word of every page is pseudo", async () => {
  const browser = await launch("Chromium");
  const { page } = await Reporter.open(browser, proxy.address, PSEUDO);
  const watched = await watch(page);
  const entries = readdirSync(organisation.path(`release/${PSEUDO}`), { withFileTypes: true });
  const pages = entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

  for (const path of ["", ...pages.map((name) => `${name}/`)]) {
    await page.goto(`${proxy.address}/${PSEUDO}/${path}`);
  }
  await page.goto(`${proxy.address}/${PSEUDO}/veilig/`);
  await page.waitForSelector("#main [data-slot=people] li");
  proxy.twists.set("/api/v1/keyset", () => Buffer.from("{}."));
  await page.reload();
  await page.waitForSelector("#main [data-action=retry]");

  const { foreign, shown } = await watched();
  expect(foreign).toEqual([]);
  expect(shown).toEqual(expect.arrayContaining(["start", ...pages]));
  await browser.close();
}, 120_000);

test("in the pseudo-language every word of every step is pseudo", async () => {
  const browser = await launch("Chromium");
  const reporter = await Reporter.open(browser, proxy.address, PSEUDO);
  const watched = await watch(reporter.page);

  writeFileSync(organisation.path(FILE), STORY);
  const code = await reporter.write(STORY, [organisation.path(FILE)]);
  // The sheet over a page is no step.
  const steps = ["sheet-now", ...(await stepsOf(reporter.page))];
  await reporter.takeEveryStep(async (step) => {
    // Both lead to a step of their own.
    if (step === "step-question-danger" || step === "step-question-device") {
      await reporter.page.click("#main input[value=yes]");
    } else if (step === "step-files") {
      await reporter.page.screenshot({ path: organisation.path(PHOTO) });
      await reporter.choose([organisation.path(PHOTO)]);
      await (await reporter.page.waitForSelector("#main [data-slot=edit]:not([hidden])"))?.click();
      await reporter.step("sheet-edit");
      await reporter.press("back");
      await reporter.page.click("#main [data-slot=remove]");
    }
  });
  await reporter.page.click("#now");
  await reporter.page.click("dialog[open] [data-slot=close]");
  const unused = await reporter.prepare();

  await agree(browser);
  await expect(reporter.enter(code)).resolves.toBe("conversation");
  steps.push(...(await stepsOf(reporter.page)));
  await reporter.press("fetch");
  await reporter.step("sheet-file");
  await reporter.press("back");
  proxy.twists.set("/api/v1/blocks/fetch", (body) => Buffer.alloc(body.length));
  await reporter.press("fetch");
  await reporter.step("sheet-file-missing");
  await reporter.press("back");
  proxy.twists.clear();
  await reporter.page.click("#main .heavy summary");
  await reporter.page.click("#main .casekaart summary");
  await reporter.press("moment");
  await reporter.step("sheet-moment");
  await reporter.press("back");
  await reporter.press("readers");
  await reporter.step("step-readers");
  await reporter.press("back");
  await reporter.press("otherwise");
  await reporter.step("step-consent");
  await reporter.press("back");
  await reporter.press("family");
  await reporter.step("step-family");
  await reporter.press("new");
  await reporter.step("step-scope");
  await reporter.press("send");
  await reporter.step("step-family-words");
  const family = await reporter.texts("[data-slot=word]");
  await reporter.press("back");
  await reporter.step("step-family");
  await reporter.press("back");
  await expect(reporter.enter(family)).resolves.toBe("conversation");
  await reporter.enter(code);
  await reporter.reply("Nog iets.");
  await takeBack(reporter, code);
  await expect(reporter.enter(family)).resolves.toBe("sheet-nothing");
  await expect(reporter.enter(unused)).resolves.toBe("sheet-nothing");
  for (const [step, path] of [["sheet-error", "index"], ["sheet-closed", "keyset"]] as const) {
    proxy.twists.set(`/api/v1/${path}`, () => Buffer.from("{}."));
    await reporter.page.reload();
    await reporter.step(step);
  }

  const { foreign, shown } = await watched();
  expect({ foreign, shown: shown.filter((name) => name.includes("-") || name === "conversation") })
    .toEqual({ foreign: [], shown: [...new Set(steps)].sort() });
  await browser.close();
}, 240_000);

describe.each(KINDS)("in %s", (kind) => {
  const turns = new Turns(kind, KINDS);
  let browser: Browser;

  beforeAll(async () => {
    browser = await launch(kind);
  }, 120_000);

  afterAll(async () => {
    await browser.close();
  });

  test("the portal is asked the same in Dutch and English, nothing is kept, and a code opens in both", async () => {
    const codes: string[][] = [];
    const asked: unknown[] = [];
    for (const language of ["nl", "en"]) {
      proxy.requests.length = 0;
      const reporter = await Reporter.open(browser, proxy.address, language);
      const code = await reporter.write(STORY);
      await reporter.enter(code);
      await reporter.reply("Nog iets.");
      codes.push(code);
      asked.push(calls());
      await expect(traces(reporter.page)).resolves.toEqual(NO_TRACE);
      await reporter.page.close();
    }
    expect(asked[0]).not.toEqual([]);
    expect(asked[1]).toEqual(asked[0]);
    expect(proxy.requests.map(({ path }) => path).filter((path) => path.includes("?"))).toEqual([]);
    await expect(browser.cookies()).resolves.toEqual([]);

    // Answers travel as ids, so each page says them in its own language.
    const english = await Reporter.open(browser, proxy.address, "en");
    await english.enter(codes[0] ?? []);
    await expect(english.letters()).resolves.toEqual([
      expect.stringMatching(/^You, \w+day,? \d+ \w+ How are you\? I am doing badly What happened\? Someone threatened me /),
      expect.stringMatching(/^You, .* Nog iets\.$/),
    ]);
    await english.page.close();
    const dutch = await Reporter.open(browser, proxy.address, "nl");
    await dutch.enter(codes[1] ?? []);
    await expect(dutch.letters()).resolves.toEqual([
      expect.stringMatching(/^U, \w+dag \d+ \w+ Hoe gaat het met u\? Het gaat slecht Wat is er gebeurd\? Iemand bedreigde mij /),
      expect.stringMatching(/^U, .* Nog iets\.$/),
    ]);
    await dutch.page.close();
  }, 240_000);

  test.runIf(turns.next())("the link to the other language leads to the same page, and back", async () => {
    const reporter = await Reporter.open(browser, proxy.address);
    const { page } = reporter;
    await page.goto(`${proxy.address}/nl/schrijven/`);
    for (const [lang, path] of [["en-GB", "/en/schrijven/"], ["nl", "/nl/schrijven/"]] as const) {
      // Before its first step the page still changes its length.
      await reporter.step("step-question-danger");
      await Promise.all([page.waitForNavigation(), page.click(`footer a[hreflang=${lang}]`)]);
      expect(page.url()).toBe(`${proxy.address}${path}`);
      await expect(page.evaluate(() => document.documentElement.lang)).resolves.toBe(lang);
    }
    await expect(traces(page)).resolves.toEqual(NO_TRACE);
    await page.close();
  }, 120_000);
});

/** Let the desk answer with all that can be agreed. */
async function agree(browser: Browser): Promise<void> {
  await organisation.sync();
  const desk = await Desk.unlock(browser, await organisation.openDesk("anna"));
  await desk.read(STORY);
  await desk.ask({ recipient: "Politie", until: "2099-01-01", passage: STORY });
  await desk.answer("Hierbij.", { gist: GIST, summary: "Wat wij weten.", track: "series", next: "2099-01-01" });
  await organisation.sync();
  await organisation.tick();
  await desk.page.close();
}

/** Delete the open conversation, broken off once on the way, and look at what the code still shows. */
async function takeBack(reporter: Reporter, code: readonly string[]): Promise<void> {
  proxy.cuts = ({ path }) => path === "/api/v1/blocks/delete";
  await reporter.press("delete");
  await reporter.press("destroy");
  await reporter.step("sheet-halted");
  proxy.cuts = () => false;
  await reporter.press("destroy");
  await reporter.step("sheet-deleted");
  await expect(reporter.enter(code)).resolves.toBe("conversation");
}

/** The calls of the API so far, as far as they do not come from chance: a ticket differs with every sum. */
function calls(): unknown[] {
  const called = proxy.requests.filter(({ path }) => path.startsWith("/api/"));
  return called.map(({ method, path, headers, body }) => {
    const raw = JSON.parse(headers) as string[];
    const said = raw.map((value, i) => (raw[i - 1]?.toLowerCase() === "authorization" ? value.split(" ")[0] : value));
    return { method, path, said, size: body.length };
  });
}

const NO_TRACE = { local: 0, session: 0, cookie: "", name: "", databases: 0, caches: 0 };

async function traces(page: Page): Promise<unknown> {
  return page.evaluate(async () => ({
    local: localStorage.length,
    session: sessionStorage.length,
    cookie: document.cookie,
    name: window.name,
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
  }));
}

/** The steps that a page has templates for. */
async function stepsOf(page: Page): Promise<string[]> {
  return page.$$eval("template", (templates) =>
    templates.flatMap(({ content }) =>
      Array.from(content.querySelectorAll<HTMLElement>("[data-step]"), ({ dataset }) => dataset["step"] ?? ""),
    ),
  );
}

/** Look at a page with every change of it; the result says which pages and steps it showed, and which texts in no catalogue. */
async function watch(page: Page): Promise<() => Promise<{ foreign: string[]; shown: string[] }>> {
  const shown = new Set<string>();
  const foreign = new Set<string>();
  await page.exposeFunction("note", (name: string, texts: readonly string[]) => {
    shown.add(name);
    texts.forEach((text) => foreign.add(text));
  });
  await page.evaluateOnNewDocument(
    (letters: string, notOurs: string, written: readonly string[]) => {
      const isForeign = ({ parentElement: around, data }: Text): boolean =>
        around !== null &&
        !written.includes(data.trim()) &&
        /\p{L}/u.test(data.replaceAll(new RegExp(`[${letters}]`, "gu"), "")) &&
        around.checkVisibility({ visibilityProperty: true }) &&
        around.closest(notOurs) === null &&
        // What says itself that it is in another language: the names of the languages.
        around.closest("[lang]") === document.documentElement;
      const look = (): void => {
        const step = document.querySelector<HTMLElement>("#main [data-step]")?.dataset["step"];
        const over = document.querySelector("dialog[open]") === null ? undefined : "sheet-now";
        // Nothing stands in the page before its body does.
        const name = over ?? step ?? (document.body as HTMLElement | null)?.dataset["page"];
        if (name !== undefined) {
          const texts: string[] = [];
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walker.nextNode() !== null) {
            const text = walker.currentNode as Text;
            texts.push(...(isForeign(text) ? [text.data] : []));
          }
          (window as unknown as { note: (name: string, texts: string[]) => void }).note(name, texts);
        }
      };
      new MutationObserver(look).observe(document, { attributes: true, characterData: true, childList: true, subtree: true });
    },
    LETTERS,
    NOT_OURS,
    [STORY, GIST],
  );
  return async () => {
    // An answer from the page comes after everything that it noted before.
    await page.evaluate(() => undefined);
    return { foreign: [...foreign], shown: [...shown].sort() };
  };
}
