/** Leaving in one touch: on every page and from every step, by a click, by Enter, and by Shift three times. */

import { readdirSync } from "node:fs";

import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { type Kind, launch } from "./browsers.ts";
import { Gate } from "./gate.ts";
import { Organisation } from "./organisation.ts";
import { Reporter } from "./reporter.ts";
import { Turns } from "./turns.ts";
import { Walk } from "./walk.ts";

const PHONE = { width: 360, height: 640 };
// What a desktop's window of 1,280 by 1,024 is at a zoom of 400%.
const ZOOMED = { width: 320, height: 256 };
const LETTER = "zqx4471letter";
const TYPED = "zqx8829typed";

const BEFORE_SENDING = ["step-question-wellbeing", "step-story", "step-check", "step-code", "step-repeat", "step-send"];
const KINDS = ["Chromium", "Firefox"] as const;

let organisation: Organisation;
let gate: Gate;
let paths: string[];
let code: string[];

beforeAll(async () => {
  organisation = await Organisation.start(["anna"]);
  gate = await Gate.start(organisation.portal);
  const files = readdirSync(organisation.path("release"), { recursive: true, encoding: "utf8" });
  paths = files.filter((file) => file.endsWith("index.html")).map((file) => `/${file.replace("index.html", "")}`);
  const browser = await launch("Chromium");
  code = await (await Reporter.open(browser, gate.address)).write(LETTER);
  await browser.close();
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
    browser = await launch(kind);
  }, 120_000);

  afterAll(async () => {
    await browser.close();
  });

  beforeEach(async () => {
    const reporter = await Reporter.open(browser, gate.address);
    ({ page } = reporter);
    walk = new Walk(reporter, gate, code, TYPED);
    await page.setViewport(PHONE);
    return async () => page.close();
  });

  test("every page can be left, from its top and its end, by a click, Enter and Shift", async () => {
    expect(paths.length).toBeGreaterThan(3);
    const ways = [click, enter, tapThrice];
    for (const [i, path] of paths.entries()) {
      const isForTyping = /\/(schrijven|lezen)\/$/.test(path);
      // All have the same bar and script: where nothing is typed, the ways take turns.
      for (const go of isForTyping ? ways : ways.slice(i % 3, (i % 3) + 1)) {
        await page.goto(`${gate.address}${path}`);
        if (isForTyping) {
          // A step that appears takes the focus.
          await page.waitForSelector("#main [data-step]");
        }
        expect([path, await page.title()]).toEqual([path, path.startsWith("/en/") ? "Notes" : "Notities"]);
        expect(await isInReach(page)).toBe(true);
        await page.evaluate(() => {
          window.scrollTo(0, document.body.scrollHeight);
        });
        expect(await isInReach(page)).toBe(true);
        await go(page);
        await expectNeutral(page);
      }
    }
  }, 240_000);

  test("the first press on Tab reaches it, and nothing that can be reached stands before it", async () => {
    await page.goto(`${gate.address}/nl/`);
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("leave");
    for (const path of paths) {
      await page.goto(`${gate.address}${path}`);
      expect(await page.$eval("a[href], button, input, textarea, select, [tabindex]", ({ id }) => id)).toBe("leave");
    }
  }, 120_000);

  test.each(turns.among(BEFORE_SENDING))("after leaving from %s, Back shows nothing of it", async (step) => {
    await leaveFrom(async () => walk.writeTo(step));
  }, 120_000);

  test.each(["/api/v1/keyset", "/api/v1/ticket", "/api/v1/blocks"])(
    "after leaving while %s gives no answer, that call is ended and Back shows nothing",
    async (path) => {
      await leaveFrom(async () => {
        await walk.writeTo("step-send");
        await walk.sendInto(path);
      });
      await expect.poll(() => gate.cutOff).toHaveLength(1);
    },
    60_000,
  );

  test("after leaving from the step that says it was sent, Back shows nothing of it", async () => {
    await leaveFrom(async () => {
      await walk.writeTo("step-send");
      await walk.reporter.press("send");
      await walk.reporter.step("step-sent");
    });
  }, 120_000);

  test("after leaving from a typed code, Back shows nothing of it", async () => {
    await leaveFrom(async () => walk.typeCode());
  }, 120_000);

  test("after leaving from a conversation with a reply half written, Back shows nothing of it", async () => {
    await leaveFrom(async () => walk.readAndReply());
  }, 120_000);

  test("a page that comes back from the browser's store begins anew", async () => {
    await walk.start("schrijven");
    await walk.writeTo("step-story");
    await page.evaluate(() => {
      window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
    });
    expect(await textsOf(page)).not.toContain(TYPED);
    const again = page.waitForNavigation();
    await page.evaluate(() => {
      window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
    });
    await again;
    await walk.reporter.step("step-question-danger");
  }, 120_000);

  test("while the neutral page does not come, an empty page without a name stands there", async () => {
    gate.isNeutralAway = true;
    await walk.start("schrijven");
    await walk.writeTo("step-story");
    await tapThrice(page);
    await gate.waitFor("neutral");
    expect(await page.title()).toBe("Notities");
    expect(await page.$$("a, button, input, textarea, template, main, header")).toEqual([]);
    expect(await page.evaluate(() => Array.from(document.body.children, ({ className }) => className))).toEqual(["unseen"]);
    await expect(spoken(page)).resolves.toBe("Een ogenblik.");
  }, 120_000);

  describe("Shift", () => {
    beforeEach(async () => {
      await walk.start("schrijven");
      await walk.reporter.step("step-question-danger");
    });

    test("is counted aloud and in dots, and forgotten after five seconds", async () => {
      await tap(page);
      await expect(spoken(page)).resolves.toBe("Shift. Druk nog twee keer om weg te gaan.");
      expect(await dots(page)).toBe("10px");
      await tap(page);
      await expect(spoken(page)).resolves.toBe("Shift. Druk nog één keer om weg te gaan.");
      expect(await dots(page)).toBe("20px");
      if (kind === "Chromium") {
        expect(await heardIn(page)).toContain("Shift. Druk nog één keer om weg te gaan.");
      }
      await wait(4_000);
      await expect(spoken(page)).resolves.toBe("Shift. Druk nog één keer om weg te gaan.");
      // A browser may let the timers of a tab that it thinks is hidden wait for a second more.
      await expect.poll(async () => spoken(page), { timeout: 3_000 }).toBe("U blijft op deze pagina.");
      expect(await dots(page)).toBe("auto");
      await tap(page);
      await expect(spoken(page)).resolves.toBe("Shift. Druk nog twee keer om weg te gaan.");
      await expectStayed();
    }, 60_000);

    test("begins anew after any other key or a press of the mouse", async () => {
      await tap(page, 2);
      await page.keyboard.press("ArrowDown");
      await tap(page, 2);
      await page.mouse.click(20, 300);
      await tap(page, 2);
      await expectStayed();
    }, 60_000);

    test("in capitals, selections and shortcuts does not count, whichever key comes up first", async () => {
      await walk.writeTo("step-story");
      await page.focus("#main textarea");
      for (const letter of ["KeyA", "KeyB", "KeyC", "KeyD"] as const) {
        await page.keyboard.down("Shift");
        await page.keyboard.press(letter);
        await page.keyboard.up("Shift");
        await page.keyboard.down("Shift");
        await page.keyboard.down(letter);
        await page.keyboard.up("Shift");
        await page.keyboard.up(letter);
      }
      expect(await page.$eval("#main textarea", ({ value }) => value)).toBe(`${TYPED}AABBCCDD`);
      for (const other of ["Control", "Alt", "ArrowLeft"] as const) {
        for (let i = 0; i < 4; i += 1) {
          await page.keyboard.down("Shift");
          await page.keyboard.press(other);
          await page.keyboard.up("Shift");
        }
      }
      for (let i = 0; i < 4; i += 1) {
        await page.keyboard.down("Control");
        await page.keyboard.press("Shift");
        await page.keyboard.up("Control");
      }
      // Not even the first of three was ever counted, so nothing was said.
      await expect(spoken(page)).resolves.toBe("");
      await expectStayed();
    }, 60_000);

    test("leaves from within a text too, when it is pressed alone", async () => {
      await walk.writeTo("step-story");
      await page.focus("#main textarea");
      await tapThrice(page);
      await expectNeutral(page);
    }, 60_000);
  });

  test.each(turns.among([PHONE, ZOOMED]))("the bar covers nothing that has the focus, and little of a screen of %o", async (viewport) => {
    await page.setViewport(viewport);
    await walk.start("schrijven");
    await walk.writeTo("step-story");
    expect(await isInReach(page)).toBe(true);
    const places: string[] = [];
    for (let i = 0; i < 24; i += 1) {
      // Backwards, so that the page scrolls up and brings things in under the bar.
      await page.keyboard.down("Shift");
      await page.keyboard.press("Tab");
      await page.keyboard.up("Shift");
      // A browser may scroll a moment after it has moved the focus, and Firefox forgets to when the next key comes meanwhile.
      await painted(page);
      await expect.poll(async () => placeOfFocus(page)).not.toBe("covered");
      places.push(await placeOfFocus(page));
    }
    expect(places).toContain("clear");
    const share = await page.$eval(".bar", (bar) => bar.getBoundingClientRect().height / window.innerHeight);
    expect(share).toBeLessThan(0.16);
  }, 120_000);

  async function leaveFrom(go: () => Promise<void>): Promise<void> {
    const isWriting = go.toString().includes("writeTo");
    await walk.start(isWriting ? "schrijven" : "lezen");
    // Beneath what is written lies one entry more, for the browser's own Back.
    const isHeld = isWriting || go.toString().includes("readAndReply");
    const entries = (await page.evaluate(() => history.length)) + (isHeld ? 1 : 0);
    await go();
    expect(await page.evaluate(() => history.length)).toBe(entries);
    expect(walk.shown).not.toEqual([]);
    await tapThrice(page);
    await expectNeutral(page);
    expect(await page.evaluate(() => history.length)).toBe(entries);
    await page.goBack();
    expect(page.url()).toBe(`${gate.address}/nl/`);
    // A start page that the browser kept was emptied too, and is loading again.
    await expect.poll(async () => textsOf(page).catch(() => ""), { timeout: 10_000 }).toContain("Liever bellen?");
    const texts = await textsOf(page);
    expect([TYPED, LETTER, ...walk.shown].filter((each) => texts.includes(each))).toEqual([]);
    // One word of a code may stand on any page by chance.
    expect([...walk.words, ...code].filter((word) => texts.includes(word)).length).toBeLessThan(4);
  }

  async function expectStayed(): Promise<void> {
    await wait(300);
    expect(gate.asked).not.toContain("neutral");
    expect(new URL(page.url()).pathname).toBe("/nl/schrijven/");
  }
});

test.each(["Chromium without JIT", "Firefox, Safer"] as const satisfies readonly Kind[])(
  "in %s the page is left within a second while keys are made, and the work ends there",
  async (kind) => {
    const browser = await launch(kind);
    const walk = new Walk(await Reporter.open(browser, gate.address), gate, code, TYPED);
    const { page } = walk.reporter;
    for (const stage of ["derive", "seal"]) {
      gate.reset();
      // The document stays, so that work that went on would show.
      gate.isNeutralAway = true;
      await walk.start("schrijven");
      await walk.writeTo("step-send");
      await watchClock(page);
      if (stage === "derive" && kind.startsWith("Firefox")) {
        // What a driver of Firefox says to it and hears from it takes longer than the derivation.
        await tapSoonAfterClick(page);
      }
      await walk.reporter.press("send").catch(() => undefined);
      if (stage === "seal") {
        await page.waitForSelector("#main [data-when=seal]:not([hidden])");
        await tapThrice(page);
      } else if (kind.startsWith("Chromium")) {
        await wait(300);
        await tapThrice(page);
      }
      await gate.waitFor("neutral");
      expect(await readClock(page)).toBeLessThan(1_000);
      const asked = [...gate.asked];
      expect(asked.filter((each) => each === "GET /api/v1/keyset")).toHaveLength(stage === "derive" ? 1 : 2);
      await wait(8_000);
      expect(gate.asked).toEqual(asked);
    }
    await browser.close();
  },
  180_000,
);

async function tap(page: Page, times = 1): Promise<void> {
  for (let i = 0; i < times; i += 1) {
    await page.keyboard.press("Shift");
  }
}

async function tapThrice(page: Page): Promise<void> {
  await tap(page, 3);
}

async function click(page: Page): Promise<void> {
  await page.click("#leave");
}

async function enter(page: Page): Promise<void> {
  await page.focus("#leave");
  await page.keyboard.press("Enter");
}

async function wait(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function expectNeutral(page: Page): Promise<void> {
  await expect.poll(() => page.url(), { timeout: 10_000 }).toBe(gate.neutral);
}

/** Whether the button is on the screen, and nothing lies over it. */
async function isInReach(page: Page): Promise<boolean> {
  return page.$eval("#leave", (link) => {
    const { left, top, right, bottom } = link.getBoundingClientRect();
    const inside = left >= 0 && top >= 0 && right <= window.innerWidth && bottom <= window.innerHeight;
    return inside && document.elementFromPoint((left + right) / 2, (top + bottom) / 2) === link;
  });
}

async function spoken(page: Page): Promise<string> {
  return page.$eval("[role=status][data-choose=leaving]", (region) => (region as HTMLElement).innerText.trim());
}

/** What the accessibility tree holds of the live region. */
async function heardIn(page: Page): Promise<string> {
  const root = await page.$("[role=status][data-choose=leaving]");
  return JSON.stringify(await page.accessibility.snapshot({ interestingOnly: false, ...(root === null ? {} : { root }) }));
}

async function dots(page: Page): Promise<string> {
  return page.$eval("#leave", (link) => getComputedStyle(link, "::after").height);
}

/** Everything that a document shows or holds, the values of its controls included. */
async function textsOf(page: Page): Promise<string> {
  return page.evaluate(() => {
    const controls = Array.from(document.querySelectorAll<HTMLInputElement>("input, textarea"), ({ value }) => value);
    return [document.documentElement.outerHTML, document.body.innerText, ...controls].join("\n");
  });
}

/** Whether what has the focus stands clear of the bar, is part of it, or is covered: wholly, if it is higher than the rest. */
/** Wait until the screen shows what the last key did. */
async function painted(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
  });
}

async function placeOfFocus(page: Page): Promise<string> {
  return page.evaluate(() => {
    const focused = document.activeElement;
    const bar = document.querySelector(".bar");
    if (focused === null || bar === null || bar.contains(focused) || focused === document.body) {
      return "bar";
    }
    const { top, bottom } = focused.getBoundingClientRect();
    const edge = bar.getBoundingClientRect().bottom;
    // With a part of a tall field in sight Firefox is content; it scrolls to the line that is written on with the first key.
    const isClear = focused.tagName === "TEXTAREA" ? bottom - edge >= 48 : top >= edge - 1;
    return isClear ? "clear" : "covered";
  });
}

async function watchClock(page: Page): Promise<void> {
  await page.evaluate(() => {
    const { dataset } = document.documentElement;
    window.addEventListener("keyup", ({ timeStamp }) => (dataset["tapped"] = String(timeStamp)), { capture: true });
    new MutationObserver(() => {
      dataset["emptied"] ??= String(performance.now());
    }).observe(document.body, { childList: true });
  });
}

/** Have the page itself bring Shift up three times, a moment after the next click. */
async function tapSoonAfterClick(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.addEventListener("click", () => {
      setTimeout(() => {
        for (let i = 0; i < 3; i += 1) {
          document.body.dispatchEvent(new KeyboardEvent("keyup", { key: "Shift", bubbles: true }));
        }
      }, 60);
    }, { once: true });
  });
}

/** The milliseconds from the last key that came up to the empty document. */
async function readClock(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { emptied, tapped } = document.documentElement.dataset;
    return Number(emptied) - Number(tapped);
  });
}
