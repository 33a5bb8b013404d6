/** Everybody can use it: every page and every step, in each language, at the widths and in the modes that people use. */

import type { Browser, CDPSession, Page } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { examine } from "./axe.ts";
import { launch } from "./browsers.ts";
import { findCovered, findDisorder, findMotion, findTooSmall, findTooWide, findUnmarked, spaceOut, stopMotion, tour } from "./gallery.ts";
import { Keyboard } from "./keyboard.ts";
import { Organisation } from "./organisation.ts";
import { Proxy } from "./proxy.ts";
import { findUnheard, hear, textsOf } from "./tree.ts";
import { IS_EVERYWHERE } from "./turns.ts";

// A phone, which is also 1280 px wide at a zoom of 400%; a tablet; a desktop.
const WIDTHS = [320, 768, 1280] as const;
const LANGUAGES = ["nl", "en"] as const;
const EVERY_LOOK = LANGUAGES.flatMap((language) => WIDTHS.map((width) => ({ language, width })));
// Languages and widths take turns. Firefox shows the same elements; one look finds what it lays out otherwise.
const LOOKS = {
  Chromium: EVERY_LOOK.filter((_, i) => IS_EVERYWHERE || i % 2 === 0),
  Firefox: EVERY_LOOK.filter(({ width }, i) => width === 320 && (IS_EVERYWHERE || i % 2 !== 0)),
} as const;
// Of WCAG 2.2, 2.5.8, and of our own look.
const [TARGET, BUTTON] = [24, 44];
// Pages and steps together.
const EVERYTHING = 40;

const KEYSET = "/api/v1/keyset";

let organisation: Organisation;
let proxy: Proxy;

beforeAll(async () => {
  organisation = await Organisation.start(["anna"]);
  proxy = await Proxy.start(organisation.portal);
}, 180_000);

afterAll(async () => {
  await proxy.stop();
  await organisation.stop();
});

describe.each(["Chromium", "Firefox"] as const)("in %s", (kind) => {
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
    await page.setViewport({ width: 320, height: 740 });
  });

  afterEach(async () => {
    await page.close();
  });

  test.each(LOOKS[kind])("axe finds nothing, nothing is too wide or too small: $language, $width px", async ({ language, width }) => {
    await page.setViewport({ width, height: 740 });
    const { seen, wrong } = await tour(page, organisation, {
      language,
      prepare: async () => page.evaluate(stopMotion),
      look: async () => [
        ...(await examine(page)),
        ...(await page.evaluate(findTooWide)),
        ...(await page.evaluate(findTooSmall, TARGET, BUTTON)),
        ...(await page.evaluate(findDisorder)),
      ],
    });
    expect(wrong).toEqual([]);
    expect(seen).toBeGreaterThan(EVERYTHING);
  }, 240_000);

  test("at a zoom of 400% and with more room between the letters all of it can be read, reached and left", async () => {
    await page.setViewport({ width: 320, height: 256 });
    const { wrong } = await tour(page, organisation, {
      language: "nl",
      prepare: async () => page.evaluate(spaceOut),
      look: async () => [
        ...(await page.evaluate(findTooWide)),
        ...(await page.evaluate(findTooSmall, TARGET, TARGET)),
        ...(await page.evaluate(findCovered)),
      ],
    });
    expect(wrong).toEqual([]);
  }, 120_000);

  test("with nothing but the keyboard one writes, sends, comes back with the code and writes back", async () => {
    await page.setViewport({ width: 1280, height: 740 });
    proxy.reset();
    const keyboard = new Keyboard(page, kind === "Chromium");
    const code = await writeByKeyboard(keyboard);
    await readByKeyboard(keyboard, code);
    expect(keyboard.wrong).toEqual([]);
  }, 90_000);
});

describe("in Chromium, as people set their computer", () => {
  let browser: Browser;
  let page: Page;
  let session: CDPSession;

  beforeAll(async () => {
    browser = await launch("Chromium");
  }, 120_000);

  afterAll(async () => {
    await browser.close();
  });

  beforeEach(async () => {
    page = await browser.newPage();
    await page.setViewport({ width: 320, height: 740 });
    session = await page.createCDPSession();
  });

  afterEach(async () => {
    await page.close();
  });

  const prefer = async (name: string, value: string): Promise<void> => {
    await session.send("Emulation.setEmulatedMedia", { features: [{ name, value }] });
  };

  test("by night axe finds nothing either", async () => {
    await prefer("prefers-color-scheme", "dark");
    const { wrong } = await tour(page, organisation, {
      language: "nl",
      prepare: async () => page.evaluate(stopMotion),
      look: async () => examine(page),
    });
    expect(wrong).toEqual([]);
  }, 120_000);

  test("with forced colours every button has a border and every focus an outline", async () => {
    await prefer("forced-colors", "active");
    const { wrong } = await tour(page, organisation, {
      language: "nl",
      // An outline is for those who use the keyboard.
      prepare: async () => page.keyboard.press("Tab"),
      look: async () => page.evaluate(findUnmarked),
    });
    expect(wrong).toEqual([]);
  }, 120_000);

  test.each([["danger", "radio"], ["what-happened", "checkbox"]])("with forced colours a choice that was made can be seen: %s, %s", async (question, type) => {
    await prefer("forced-colors", "active");
    await page.goto(`${organisation.portal}/nl/schrijven/`);
    await page.waitForSelector("#main [data-step]");
    await page.evaluate((id) => {
      const template = document.getElementById(`step-question-${id}`) as HTMLTemplateElement;
      document.getElementById("main")?.replaceChildren(document.importNode(template.content, true));
    }, question);
    await page.evaluate(stopMotion);
    const choice = await page.$("#main .choice");
    const box = await page.$(`#main input[type=${type}]`);
    const [before, mark] = [await choice?.screenshot(), await findEdge(page)];
    await box?.evaluate((element) => { element.click(); element.blur(); });
    expect(Buffer.compare(Buffer.from(before ?? []), Buffer.from((await choice?.screenshot()) ?? []))).not.toBe(0);
    // The mark alone is small.
    expect(await findEdge(page)).not.toBe(mark);
  }, 120_000);

  test("whoever wants no motion sees none", async () => {
    // Whoever does not mind sees a step appear, so this can be seen at all.
    await prefer("prefers-reduced-motion", "no-preference");
    const look = async (): Promise<string[]> => page.evaluate(findMotion);
    expect((await tour(page, organisation, { language: "nl", look })).wrong).toContain("nl/schrijven/step-story: opacity moves");
    await prefer("prefers-reduced-motion", "reduce");
    expect((await tour(page, organisation, { language: "nl", look })).wrong).toEqual([]);
  }, 120_000);

  test.each(LANGUAGES)("a screen reader is told one heading, and the name of every control, group and picture: %s", async (language) => {
    const { wrong } = await tour(page, organisation, { language, look: async () => findUnheard(await hear(page)) });
    expect(wrong).toEqual([]);
  }, 120_000);
});

/** From the start page to *Verstuurd*; return the code. */
async function writeByKeyboard(keyboard: Keyboard): Promise<string[]> {
  const { page } = keyboard;
  await page.goto(`${proxy.address}/nl/`);
  await keyboard.press('main a[href$="/schrijven/"]');
  await keyboard.step("step-question-danger");
  await keyboard.to("#main input");
  await keyboard.keys(" ", "ArrowDown");
  expect(await values(page, "#main :checked")).toEqual(["no"]);
  await keyboard.act("next");
  await keyboard.step("step-question-device");
  await keyboard.act("skip");
  await keyboard.step("step-begin");
  await keyboard.act("back", true);
  await keyboard.step("step-question-device");
  await keyboard.act("skip");
  await keyboard.step("step-begin");
  await keyboard.act("tell");
  await tellByKeyboard(keyboard);

  await keyboard.step("step-files");
  await keyboard.to("#main input[type=file]");
  await keyboard.act("next");
  await keyboard.step("step-question-for-whom");
  await keyboard.to("#main input");
  // Enter goes on, as in a line of text.
  await keyboard.keys(" ", "Enter");
  for (const question of ["wellbeing", "wish"]) {
    await keyboard.step(`step-question-${question}`);
    await keyboard.act("skip");
  }
  await keyboard.step("step-question-what-happened");
  await keyboard.to("#main input[value=threat]");
  await keyboard.keys(" ");
  await keyboard.act("past");

  await keyboard.step("step-exclude");
  await keyboard.to("#main input");
  await keyboard.keys(" ");
  await expectTold(keyboard, "status", /blijft er niemand over/);
  await keyboard.keys(" ");
  await expectTold(keyboard, "status", null);
  await keyboard.act("next");
  await keyboard.step("step-check");
  await keyboard.press("#main [data-change=danger]");
  await keyboard.step("step-question-danger");
  await keyboard.act("next");
  await keyboard.step("step-check");
  await keyboard.act("next");
  return sendByKeyboard(keyboard);
}

/** Tell, call somebody meanwhile without losing a word, and be told of a text that is too long. */
async function tellByKeyboard(keyboard: Keyboard): Promise<void> {
  const { page } = keyboard;
  const story = "Er stond iemand bij mijn deur.";
  await keyboard.step("step-story");
  await keyboard.to("#main textarea");
  await keyboard.type(story);

  await keyboard.press("#now", true);
  await page.waitForSelector("dialog h1:focus");
  const dialogs = (await keyboard.hear())?.filter(({ role }) => role === "dialog");
  expect.soft(dialogs ?? [{ name: "Het gaat nu niet", isModal: true }]).toEqual([expect.objectContaining({ name: "Het gaat nu niet", isModal: true })]);
  // Round and round: besides the browser's own bar nothing but the dialog, and in it also leaving and 112.
  const stops = await page.$$eval("dialog :is(a[href], button, summary)", (all) => all.filter((one) => one.checkVisibility()).length);
  const seen = new Set<string>();
  for (let i = 0; i < 2 * stops; i += 1) {
    await keyboard.tab();
    seen.add(await page.evaluate(() => `${document.activeElement?.closest("dialog, body")?.tagName ?? ""} ${document.activeElement?.id ?? ""}`));
  }
  expect([...seen].sort()).toEqual(expect.arrayContaining(["DIALOG ", "DIALOG leave"]));
  expect([...seen].filter((name) => !["DIALOG ", "DIALOG leave", "BODY "].includes(name))).toEqual([]);
  await keyboard.keys("Escape");
  await page.waitForSelector("#now:focus");
  expect(await values(page, "#main textarea")).toEqual([story]);

  await keyboard.to("#main textarea");
  await page.$eval("#main textarea", (control) => { control.setRangeText("a".repeat(60_000), 0, 0); });
  await keyboard.type(" ");
  await expectTold(keyboard, "status", /tekens te lang/);
  await keyboard.act("next");
  // Back at the text, which is described by what is wrong with it.
  await page.waitForSelector("#main textarea:focus");
  const texts = (await keyboard.hear())?.filter(({ isFocused, role }) => isFocused && role === "textbox");
  expect.soft(texts ?? [{ description: "tekens te lang" }]).toEqual([expect.objectContaining({ description: expect.stringContaining("tekens te lang") as string })]);
  await page.$eval("#main textarea", (control) => { control.setRangeText("", 0, 60_000); });
  await keyboard.act("next");
}

/** The code, two of its words, a mistake, and no connection at first; return the code. */
async function sendByKeyboard(keyboard: Keyboard): Promise<string[]> {
  const { page } = keyboard;
  await keyboard.step("step-code");
  const words = await page.$$eval("#main [data-slot=word]", (slots) => slots.map((slot) => slot.textContent));
  await keyboard.act("next");
  await keyboard.step("step-repeat");
  const places = await page.$$eval("#main [data-slot=index]", (slots) => slots.map((slot) => Number(slot.textContent)));
  await expectTold(keyboard, "status", null);
  await keyboard.to("#main [data-field=repeat]");
  await keyboard.type("fout");
  await keyboard.keys("Enter");
  await page.waitForSelector("#main [data-field=repeat]:focus");
  await expectTold(keyboard, "status", /past niet bij uw code/);
  await keyboard.keys("Backspace", "Backspace", "Backspace", "Backspace");
  await keyboard.type(words[(places[0] ?? 1) - 1] ?? "");
  await keyboard.tab();
  await keyboard.type(words[(places[1] ?? 1) - 1] ?? "");
  await keyboard.keys("Enter");

  await keyboard.step("step-send");
  proxy.drops = ({ path }) => path === KEYSET;
  await keyboard.act("send");
  await keyboard.step("sheet-error");
  await expectTold(keyboard, "alert", /geen verbinding/);
  proxy.reset();
  // Long enough to be heard.
  proxy.delay = 3_000;
  await keyboard.act("retry");
  await keyboard.step("sheet-progress");
  await expectTold(keyboard, "status", /Uw toestel/);
  proxy.reset();
  await keyboard.step("step-sent");
  return words;
}

/** With the code to the conversation, past a mistake in it, and write back. */
async function readByKeyboard(keyboard: Keyboard, code: readonly string[]): Promise<void> {
  const { page } = keyboard;
  await keyboard.press('footer a[href$="/lezen/"]');
  await keyboard.step("step-enter");
  for (const [i, word] of code.entries()) {
    // The first field may have the focus already.
    await (i === 0 ? page.focus("#main [data-field=word]") : keyboard.tab());
    await keyboard.type(i === 4 ? "xqzw" : word);
  }
  await keyboard.keys("Enter");
  await expectTold(keyboard, "status", new RegExp(code[4] ?? "-"));
  await keyboard.act("accept");
  await keyboard.step("conversation");
  await keyboard.to("#main textarea");
  await keyboard.type("Nog iets.");
  await keyboard.act("send");
  await page.waitForSelector("#main .notice[role=status]", { timeout: 60_000 });
  await keyboard.step("conversation");
  await expectTold(keyboard, "status", /is verstuurd/);
}

/** What a screen reader is told by itself, in a region that was there before; null for nothing. */
async function expectTold(keyboard: Keyboard, role: "status" | "alert", words: RegExp | null): Promise<void> {
  const heard = await keyboard.hear();
  if (heard !== null) {
    const told = textsOf(heard, role).join(" ");
    expect.soft(told, role).toMatch(words ?? /^$/);
  }
}

async function values(page: Page, selector: string): Promise<string[]> {
  return page.$$eval(selector, (controls) => controls.map((control) => (control as HTMLInputElement).value));
}

/** What is drawn around the first choice. */
async function findEdge(page: Page): Promise<string> {
  return page.$eval("#main .choice", (choice) => {
    const { border, outline } = getComputedStyle(choice);
    return `${border} ${outline}`;
  });
}
