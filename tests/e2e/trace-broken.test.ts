/** No trace where things break: scripts off, requests that fail, functions that throw, a browser that is killed. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Page } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { Organisation } from "./organisation.ts";
import { Reporter } from "./reporter.ts";
import { until, Watch } from "./watch.ts";
import type { Fate, Passed } from "./wire.ts";

const STEP_MILLISECONDS = 100_000;
// How long a page may take to be ready before its words for "this page is being prepared" are its last.
const READY_MILLISECONDS = 700;
const PHONE = "088 55 43 288";

const temporary = mkdtempSync(join(tmpdir(), "vp-trace-"));
let organisation: Organisation;

beforeAll(async () => {
  process.env["TMPDIR"] = temporary;
  organisation = await Organisation.start(["anna"]);
}, 300_000);

afterAll(async () => {
  await organisation.stop();
  rmSync(temporary, { recursive: true, force: true });
}, 120_000);

describe.each(["Chromium", "Firefox"] as const)("in %s", (kind) => {
  let watched: Watch;
  let reporter: Reporter;

  beforeAll(async () => {
    watched = await Watch.start(kind);
  }, 240_000);

  afterAll(async () => {
    await watched.stop();
  }, 240_000);

  beforeEach(async () => {
    reporter = await Reporter.open(watched.device.browser, organisation.portal);
  });

  afterEach(async () => {
    watched.device.wire.decide = () => "pass";
    await reporter.page.close();
  });

  // What a page makes of a failure is the same in both; how it fails to load is not.
  const fates: readonly Fate[] = kind === "Chromium" ? ["cut", "500", "garbage"] : ["cut"];

  test.each(fates)(
    "when every request fails (%s), each step goes on or says so with telephone numbers, and nothing typed leaves",
    async (fate) => {
      const [story, reply] = [watched.canary("story"), watched.canary("reply")];
      watched.device.wire.decide = failing(fate);
      const { page } = reporter;
      await open(page, "schrijven");
      let words: string[] = [];
      await persevere(page, "[data-step=step-sent]", {
        "step-story": async () => {
          await page.$eval("#main textarea", (area) => {
            area.select();
          });
          await page.type("#main textarea", story);
        },
        "step-code": async () => {
          words = await reporter.texts("[data-slot=word]");
          watched.net.addCode("code", words);
        },
        "step-repeat": async () => repeat(reporter, words),
      });
      await open(page, "lezen");
      await persevere(page, "[data-step=conversation] .notice[role=status]", {
        "step-enter": async () => type(await page.$$("#main [data-field=word]"), words),
        conversation: async () => {
          await page.$eval("#main textarea", (area) => {
            area.select();
          });
          await page.type("#main textarea", reply);
        },
      });
      // A reply whose answer was lost may be there twice.
      const letters = await reporter.letters();
      expect([letters[0], letters.at(-1)]).toEqual([expect.stringContaining(story), expect.stringContaining(reply)]);
      watched.expectQuietWire();
      expect(watched.found).toEqual([]);
    },
    180_000,
  );

  test.each(["", "step-story", "step-code", "step-send"])(
    "a browser whose functions throw, from %s on, shows that something went wrong, with telephone numbers",
    async (step) => {
      const { page } = reporter;
      if (step === "") {
        await page.evaluateOnNewDocument(sabotage);
      }
      await open(page, "schrijven");
      let words: string[] = [];
      const breakAt = async (at: string): Promise<void> => {
        if (at === step) {
          await page.evaluate(sabotage);
        }
      };
      await persevere(page, "[data-step=sheet-error]", {
        "step-story": async () => {
          await page.type("#main textarea", watched.canary("story"));
          await breakAt("step-story");
        },
        "step-code": async () => {
          words = await reporter.texts("[data-slot=word]");
          watched.net.addCode("code", words);
          await breakAt("step-code");
        },
        "step-repeat": async () => repeat(reporter, words),
        "step-send": async () => breakAt("step-send"),
      });
      await expectPhones(page);
      watched.expectQuietWire();
      expect(watched.found).toEqual([]);
    },
    120_000,
  );

  test("killed at every step at once, the browser has kept nothing, and brings nothing back", async () => {
    const code = await reporter.write(watched.canary("first story"));
    watched.net.addCode("code", code);
    const tabs = [];
    for (const step of ["story", "code", "repeat", "sending", "conversation", "reply"]) {
      const tab = await Reporter.open(watched.device.browser, organisation.portal);
      await goTo(step, tab, code);
      tabs.push(tab);
    }
    await watched.settle();
    expect(watched.found).toEqual([]);

    await watched.device.kill();
    watched.expectControlFound();
    expect(watched.found).toEqual([]);

    watched.device.wire.decide = () => "pass";
    await watched.device.restart();
    const ours = async (): Promise<Page[]> => (await watched.device.browser.pages()).filter((page) => page.url().startsWith(organisation.portal));
    await until(async () => (await ours()).length >= tabs.length, "the tabs come back");
    for (const page of await ours()) {
      await page.waitForSelector("#main [data-step=step-question-danger], #main [data-step=step-enter], #main [data-step=step-sent]");
      expect([...watched.net.find(Buffer.from(await contents(page)))]).toEqual([]);
    }
    // What is typed elsewhere does come back, so this browser brings back what it has.
    const pages = await watched.device.browser.pages();
    const elsewhere = pages.find((page) => page.url().startsWith(watched.control.address));
    await until(async () => elsewhere !== undefined && (await contents(elsewhere)).includes(watched.control.kept.text), "what was typed elsewhere comes back");
    expect(watched.found).toEqual([]);
    reporter = await Reporter.open(watched.device.browser, organisation.portal);
  }, 240_000);

  /** Bring a tab to a step of the journey, with something typed. */
  async function goTo(step: string, tab: Reporter, code: readonly string[]): Promise<void> {
    const { page } = tab;
    if (step === "conversation" || step === "reply") {
      await tab.enter(code);
      if (step === "reply") {
        await page.type("#main textarea", watched.canary(step));
      }
      return;
    }
    await open(page, "schrijven");
    let words: string[] = [];
    const goal = { story: "step-story", code: "step-code", repeat: "step-repeat", sending: "step-send" }[step] ?? "";
    await persevere(page, `[data-step=${goal}]`, {
      "step-story": async () => page.type("#main textarea", watched.canary(step)),
      "step-code": async () => {
        words = await tab.texts("[data-slot=word]");
        watched.net.addCode(`${step} code`, words);
      },
      "step-repeat": async () => repeat(tab, words),
    });
    if (step === "story") {
      await page.type("#main textarea", watched.canary(step));
    } else if (step === "code") {
      watched.net.addCode("shown code", await tab.texts("[data-slot=word]"));
    } else if (step === "repeat") {
      await repeat(tab, words);
    } else {
      const { wire } = watched.device;
      const before = posts(wire.passed);
      wire.decide = ({ url }) => (url.pathname === "/api/v1/blocks" ? "hold" : "pass");
      await tab.press("send");
      await until(() => posts(wire.passed) > before, "the report is on its way");
    }
  }
});

describe("without JavaScript", () => {
  test("Chromium shows no control, and what is typed all the same goes nowhere", async () => {
    const watched = await Watch.start("Chromium");
    const { page } = await Reporter.open(watched.device.browser, organisation.portal);
    await page.setJavaScriptEnabled(false);
    for (const path of ["schrijven", "lezen"]) {
      await page.goto(`${organisation.portal}/nl/${path}/`);
      expect(await page.$$("form, input, textarea, select, button, [contenteditable]")).toEqual([]);
      expect(await page.$eval("main", (main) => main.innerText)).toContain(PHONE);
      await typeAnyway(page, watched);
    }
    await watched.settle();
    await expectNothing(watched);
  }, 240_000);

  test("Firefox sends and keeps nothing of what is typed all the same", async () => {
    const watched = await Watch.start("Firefox");
    const { device, control } = watched;
    await device.browser.close();
    await device.restart({ "javascript.enabled": false });
    const page = await device.browser.newPage();
    for (const path of ["schrijven", "lezen"]) {
      await page.goto(`${organisation.portal}/nl/${path}/`);
      await typeAnyway(page, watched);
    }
    // Nothing can be typed elsewhere now; but where this tab went after it is written down, too.
    await page.goto(`${control.address}?daarna`);
    await until(() => device.sessionStore?.includes("?daarna") === true, "the session store is written");
    await expectNothing(watched);
  }, 240_000);

  async function typeAnyway(page: Page, watched: Watch): Promise<void> {
    // Without Tab: what has the focus then is the link that leaves, and it does leave.
    await page.keyboard.type(watched.canary("typed"));
    await page.keyboard.press("Enter");
    await page.keyboard.type(watched.canary("typed"));
  }

  async function expectNothing(watched: Watch): Promise<void> {
    expect(watched.found).toEqual([]);
    watched.expectQuietWire();
    const asked = watched.device.wire.passed.filter(({ url }) => url.href.startsWith(organisation.portal));
    expect(asked.filter(({ url, method }) => method !== "GET" || url.pathname.startsWith("/api/"))).toEqual([]);
    await watched.stop();
  }
});

// Each request fails the first and the third time; a page that was loaded anew gets through.
function failing(fate: Fate): (passed: Passed) => Fate {
  const times = new Map<string, number>();
  return ({ method, url }) => {
    const name = `${method} ${url.pathname}`;
    const time = (times.get(name) ?? 0) + 1;
    times.set(name, time);
    return url.href.startsWith(organisation.portal) && (time === 1 || time === 3) ? fate : "pass";
  };
}

/** Do what each step asks for, then press its primary button, until a goal is there. What fails must say so. */
async function persevere(page: Page, goal: string, steps: Readonly<Record<string, () => Promise<unknown>>>): Promise<void> {
  const end = Date.now() + STEP_MILLISECONDS;
  let step = "";
  let last = "";
  while (Date.now() < end) {
    try {
      if ((await page.$(`#main ${goal}`)) !== null) {
        return;
      }
      step = await currentStep(page);
      await act(page, step, steps);
    } catch (error) {
      // All others mean that the page went on, or loaded anew, while it was being looked at.
      if (error instanceof Error && error.name === "AssertionError") {
        throw error;
      }
      last = String(error);
    }
    await pause(50);
  }
  throw new Error(`at ${step}, and never at ${goal}; ${last}`);
}

async function act(page: Page, step: string, steps: Readonly<Record<string, () => Promise<unknown>>>): Promise<void> {
  if (step === "") {
    await page.reload().catch(() => undefined);
  } else if (step === "step-question-wellbeing") {
    await page.click("#main input[value=badly]");
  }
  await steps[step]?.();
  await (await page.$("#main [data-step] button.primary"))?.click();
}

// "" where the page never got ready: then it says what to do and whom to call, if it is our page at all.
async function currentStep(page: Page): Promise<string> {
  await page.waitForSelector("#main [data-step]", { timeout: READY_MILLISECONDS }).catch(() => null);
  if ((await page.$("#main")) === null) {
    return "";
  }
  // Both at once: a page may go on between two questions.
  const [step, text] = await page.$eval("#main", (main) => [
    main.querySelector("[data-step]")?.getAttribute("data-step") ?? "",
    (main as HTMLElement).innerText,
  ]);
  if (step === "" || (step?.startsWith("sheet-") === true && step !== "sheet-progress")) {
    expect(text).toContain(PHONE);
  }
  return step ?? "";
}

async function expectPhones(page: Page): Promise<void> {
  expect(await page.$eval("#main", (main) => (main as HTMLElement).innerText)).toContain(PHONE);
}

async function open(page: Page, path: string): Promise<void> {
  await page.goto(`${organisation.portal}/nl/${path}/`).catch(() => undefined);
}

async function repeat(reporter: Reporter, words: readonly string[]): Promise<void> {
  const places = (await reporter.texts("[data-slot=index]")).map(Number);
  await type(await reporter.page.$$("#main [data-field=repeat]"), places.map((place) => words[place - 1] ?? ""));
}

async function type(fields: Awaited<ReturnType<Page["$$"]>>, words: readonly string[]): Promise<void> {
  for (const [i, field] of fields.entries()) {
    await field.click({ count: 3 });
    await field.type(words[i] ?? "");
  }
}

// Everything that a page shows or holds in its controls.
async function contents(page: Page): Promise<string> {
  return page.evaluate(() => {
    const controls = Array.from(document.querySelectorAll<HTMLInputElement>("input, textarea"), ({ value }) => value);
    return [document.body.innerText, ...controls].join(" ");
  });
}

function posts(passed: readonly Passed[]): number {
  return passed.filter(({ url }) => url.pathname === "/api/v1/blocks").length;
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** In the page: from now on nothing that makes randomness, hashes, keys or requests works. */
function sabotage(): void {
  const fail = (): never => {
    throw new TypeError("broken by the test");
  };
  crypto.getRandomValues = fail;
  window.fetch = fail;
  for (const name of ["deriveBits", "digest", "encrypt", "importKey", "sign"] as const) {
    crypto.subtle[name] = fail;
  }
}
