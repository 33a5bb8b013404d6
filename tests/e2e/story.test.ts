/**
 * The whole story, as eight people live through it: two browsers, phone and desktop, Dutch and English.
 *
 * Each writes in another order and with something of their own; a counsellor answers all of them; each reads the answer
 * with the code from their paper and writes back, and one takes everything back.
 */

import type { Browser } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { launch } from "./browsers.ts";
import { Desk } from "./desk.ts";
import { Organisation } from "./organisation.ts";
import { Reporter } from "./reporter.ts";

const KINDS = ["Chromium", "Firefox"] as const;
const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 900 } } as const;
const GIST = "Kort: u staat er niet alleen voor.";
const ANSWER = "Dank u dat u dit vertelt. Ik bel morgen met de politie, zonder uw naam.";
const DAY_MILLISECONDS = 86_400_000;
// With two on each tick that is enough for eight answers.
const TICKS = 4;
// One sentence, from the start page to *Verstuurd*, every touch and the code's two words included.
const TOUCHES = 12;

interface Route {
  readonly kind: (typeof KINDS)[number];
  readonly size: keyof typeof SIZES;
  readonly language: "nl" | "en";
  readonly first: "tell" | "ask";
  /** A question whose "yes" leads to a step of its own. */
  readonly yes: "danger" | "device" | null;
  readonly leavesOut: string | null;
  readonly deletes: boolean;
}

// In every browser each way of each fork is taken; both sizes and both languages tell first and ask first.
const ROUTES: readonly Route[] = KINDS.flatMap((kind, i) => [
  { kind, size: "phone", language: "nl", first: i === 0 ? "tell" : "ask", yes: "danger", leavesOut: null, deletes: false },
  { kind, size: "phone", language: "en", first: i === 0 ? "ask" : "tell", yes: "device", leavesOut: "Bram", deletes: i === 1 },
  { kind, size: "desktop", language: "nl", first: i === 0 ? "ask" : "tell", yes: null, leavesOut: "Chris", deletes: false },
  { kind, size: "desktop", language: "en", first: i === 0 ? "tell" : "ask", yes: "danger", leavesOut: null, deletes: false },
] as const);

/** What somebody keeps of having written: the code, and what they saw of their own words. */
interface Written {
  readonly code: readonly string[];
  readonly story: string;
  readonly answers: readonly string[];
}

let organisation: Organisation;
const browsers = new Map<string, Browser>();
const written = new Map<Route, Written>();
let reporter: Reporter | undefined;

beforeAll(async () => {
  organisation = await Organisation.start();
  for (const kind of KINDS) {
    browsers.set(kind, await launch(kind));
  }
}, 180_000);

afterAll(async () => {
  await Promise.all([...browsers.values()].map(async (browser) => browser.close()));
  await organisation.stop();
}, 120_000);

afterEach(async () => {
  await reporter?.page.close();
});

describe("everybody writes, one counsellor answers, and everybody reads it", () => {
  test.each(ROUTES)("$kind, $size, $language: writes, $first first", async (route) => {
    reporter = await open(route);
    written.set(route, await write(reporter, route));
  }, 120_000);

  test("a counsellor reads all of them and answers", async () => {
    expect(written.size).toBe(ROUTES.length);
    const anna = await Desk.unlock(browserOf("Chromium"), await organisation.openDesk("anna"));
    await organisation.sync("anna");
    for (const { story } of written.values()) {
      expect((await anna.read(story)).join()).toContain(story);
      await anna.answer(ANSWER, { gist: GIST, next: dayFromNow(3) });
    }
    await organisation.sync("anna");
    await organisation.tick(TICKS);
    await anna.page.close();
  }, 120_000);

  test.each(ROUTES)("$kind, $size, $language: reads the answer and writes back", async (route) => {
    reporter = await open(route);
    await read(reporter, route, written.get(route) ?? { code: [], story: "", answers: [] });
  }, 120_000);
});

test("whoever is in a hurry sends one sentence in few touches", async () => {
  reporter = await open({ kind: "Chromium", size: "phone", language: "nl" });
  const { page } = reporter;
  let touches = 0;
  const touch = async (selector: string): Promise<void> => {
    await (await page.waitForSelector(selector))?.click();
    touches += 1;
  };
  await page.goto(`${organisation.portal}/nl/`);
  await touch("main a.primary");
  await touch("[data-step=step-question-danger] [data-action=skip]");
  await touch("[data-step=step-question-device] [data-action=skip]");
  await touch("[data-action=tell]");
  await touch("#main textarea");
  await page.keyboard.type("Hij weet waar wij wonen.");
  await touch("[data-step=step-story] [data-action=end]");
  await touch("[data-step=step-check] [data-action=next]");
  await reporter.step("step-code");
  const words = await reporter.texts("[data-slot=word]");
  await touch("[data-step=step-code] [data-action=next]");
  await reporter.step("step-repeat");
  for (const [i, place] of (await reporter.texts("[data-slot=index]")).entries()) {
    await (await page.$$("#main [data-field=repeat]"))[i]?.click();
    touches += 1;
    await page.keyboard.type(words[Number(place) - 1] ?? "");
  }
  await touch("[data-step=step-repeat] [data-action=next]");
  await touch("[data-step=step-send] [data-action=send]");
  await reporter.step("step-sent");
  process.stdout.write(`One sentence takes ${touches} touches.\n`);
  expect(touches).toBeLessThanOrEqual(TOUCHES);
}, 120_000);

function browserOf(kind: string): Browser {
  const browser = browsers.get(kind);
  if (browser === undefined) {
    throw new Error(`${kind} was not started`);
  }
  return browser;
}

async function open({ kind, size, language }: Pick<Route, "kind" | "size" | "language">): Promise<Reporter> {
  const opened = await Reporter.open(browserOf(kind), organisation.portal, language);
  await opened.page.setViewport(SIZES[size]);
  return opened;
}

/** From the start page to *Verstuurd*: every question answered, the story looked over and changed. */
async function write(person: Reporter, { kind, size, language, first, yes, leavesOut }: Route): Promise<Written> {
  const { page } = person;
  const story = `Hij stond bij mijn huis (${kind}, ${size}, ${language}).`;
  await page.goto(`${organisation.portal}/${language}/`);
  await Promise.all([page.waitForNavigation(), page.click("main a.primary")]);
  for (const question of ["danger", "device"] as const) {
    await person.step(`step-question-${question}`);
    await page.click(`#main input[value=${question === yes ? "yes" : "no"}]`);
    await person.press("next");
    if (question === yes) {
      await person.step(`step-${question}`);
      await person.press("next");
    }
  }
  await person.step("step-begin");
  await person.press(first);
  const order: string[] = [];
  for (let step = "step-begin"; step !== "step-check";) {
    const next = await page.waitForSelector(`#main [data-step]:not([data-step="${step}"])`);
    step = (await next?.evaluate((element) => element.getAttribute("data-step"))) ?? "";
    order.push(step);
    await fillIn(person, step, `${story} In Zwolle, om 20.15 uur.`, leavesOut);
    await (step === "step-check" ? undefined : person.press("next"));
  }
  expect(order.indexOf("step-story") < order.indexOf("step-question-for-whom")).toBe(first === "tell");
  expect(await person.texts("[data-slot=rows] mark")).toEqual(expect.arrayContaining(["Zwolle", "20.15 uur"]));

  await page.click("#main [data-change=story]");
  await person.tell(story);
  await person.press("next");
  await person.step("step-check");
  expect((await person.texts("[data-slot=rows] mark")).join()).not.toMatch(/Zwolle|20/);
  const shown = (await person.shown()).map((answer) => answer.trim());
  expect(shown).toContain(story);
  // Eleven questions and the story, and who may not read it.
  expect(shown).toHaveLength(leavesOut === null ? 12 : 13);
  await person.press("next");
  const code = await person.takeCode();
  await person.step("step-send");
  await person.press("send");
  await person.step("step-sent");
  return { code, story, answers: shown.filter((answer) => answer !== story && answer !== leavesOut) };
}

async function fillIn(person: Reporter, step: string, story: string, leavesOut: string | null): Promise<void> {
  const { page } = person;
  if (step === "step-story") {
    await person.tell(story);
  } else if (step.startsWith("step-question-")) {
    await page.click("#main input[data-field=choice]");
  } else if (step === "step-exclude" && leavesOut !== null) {
    const names = await person.texts("[data-slot=name]");
    await (await page.$$("#main input[data-field=person]"))[names.indexOf(leavesOut)]?.click();
  }
}

/** With the code from the paper: the own words in one's own language, the answer's gist before the rest, and on. */
async function read(person: Reporter, { kind, size, language, deletes }: Route, { code, story, answers }: Written): Promise<void> {
  const { page } = person;
  expect(await person.enter(code)).toBe("conversation");
  expect(await person.texts(".letter.mine [data-slot=text]")).toEqual([story]);
  const said = (await person.texts("[data-slot=answer]")).map((answer) => answer.trim());
  expect([...said].sort()).toEqual([...answers].sort());
  expect(said).toContain(language === "nl" ? "Het gaat wel" : "I am managing");
  const letters = await person.letters();
  expect(letters).toHaveLength(2);
  expect(letters[1]).toMatch(/^Anna, /);
  expect(letters[1]).toContain(GIST);
  expect(letters[1]).not.toContain(ANSWER);
  await page.click("#main .heavy summary");
  expect((await person.letters())[1]).toMatch(new RegExp(`${GIST}.*${ANSWER}`));
  const day = new Intl.DateTimeFormat(language === "nl" ? "nl" : "en-GB", { weekday: "long", day: "numeric", month: "long" });
  expect(await person.texts(".agreement [data-slot=next]")).toEqual([day.format(new Date(dayFromNow(3)))]);

  await person.reply("Dank u. Dat helpt.");
  expect(await person.texts(".letter.mine [data-slot=text]")).toEqual([story, "Dank u. Dat helpt."]);
  if (deletes) {
    await person.press("delete");
    await person.press("destroy");
    await person.step("sheet-deleted");
    await person.enter(code);
    expect(await person.letters(), `${kind}, ${size}`).toEqual([]);
  }
}

/** A day by this machine's calendar, so many days from now, as YYYY-MM-DD. */
function dayFromNow(days: number): string {
  const then = new Date(Date.now() + days * DAY_MILLISECONDS);
  return `${then.getFullYear()}-${String(then.getMonth() + 1).padStart(2, "0")}-${String(then.getDate()).padStart(2, "0")}`;
}
