/** The code as a person meets it: chosen, hidden, printed, typed back, entered in every way, and mended. */


import type { Browser, ElementHandle, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { launch } from "./browsers.ts";
import { Organisation } from "./organisation.ts";
import { onPaper } from "./paper.ts";
import { Reporter } from "./reporter.ts";
import { Turns } from "./turns.ts";

const PHONE = { width: 360, height: 740, hasTouch: true };
const PROPOSAL = "#main [data-when=proposal]:not([hidden])";
const KINDS = ["Chromium", "Firefox"] as const;

let organisation: Organisation;

beforeAll(async () => {
  organisation = await Organisation.start(["anna"]);
}, 240_000);

afterAll(async () => {
  await organisation.stop();
}, 120_000);

describe.each(KINDS)("in %s", (kind) => {
  const turns = new Turns(kind, KINDS);
  let browser: Browser;
  let reporter: Reporter;
  let page: Page;
  let code: string[];

  beforeAll(async () => {
    browser = await launch(kind);
    reporter = await Reporter.open(browser, organisation.portal);
    ({ page } = reporter);
    await page.setViewport(PHONE);
  }, 240_000);

  afterAll(async () => {
    await browser.close();
  });

  // Each browser prints in its own way, and all that follows here opens what this one sent.
  test("one of three codes is chosen, hidden, shown, printed, typed back, and opens what was sent", async () => {
    await openCode();
    const seen: string[] = [];
    for (const number of ["1", "2", "3", "1"]) {
      await expect(reporter.texts("[data-slot=number]")).resolves.toEqual([number]);
      seen.push((await reporter.texts("[data-slot=word]")).join(" "));
      await reporter.press("other");
    }
    expect(new Set(seen).size).toBe(3);
    expect(seen[3]).toBe(seen[0]);

    const isSeen = async (): Promise<boolean> => page.$eval("#main [data-slot=word]", (word) => getComputedStyle(word).visibility === "visible");
    await reporter.press("conceal");
    await expect(isSeen()).resolves.toBe(false);
    await reporter.press("conceal");
    await expect(isSeen()).resolves.toBe(true);

    await page.evaluate(() => {
      window.print = () => {
        document.documentElement.dataset["printed"] = "yes";
      };
    });
    await reporter.press("print");
    await expect(page.evaluate(() => document.documentElement.dataset["printed"])).resolves.toBe("yes");
    const words = await reporter.texts("[data-slot=word]");
    expect(await onPaper(page, kind === "Chromium")).toEqual(words.map((word, i) => `${i + 1}${word}`));

    // The second is shown; one more is the third.
    const asked = await askedPlaces("next");
    await reporter.press("other");
    const others = await askedPlaces("next");
    expect(others).not.toEqual(asked);
    expect(await askedPlaces("next")).toEqual(others);
    await reporter.press("next");
    await reporter.step("step-repeat");
    for (const field of await page.$$("#main [data-field=repeat]")) {
      await field.type("fout");
    }
    await reporter.press("next");
    await expect(reporter.texts("[data-when=wrong]:not([hidden])")).resolves.toHaveLength(1);
    await reporter.press("back");
    code = await reporter.takeCode();
    expect(code.join(" ")).toBe(seen[2]);
    await reporter.press("send");
    await reporter.step("step-sent");
    await expect(reporter.enter(code)).resolves.toBe("conversation");
  }, 180_000);

  test.runIf(turns.next())("words are proposed as one types, and taken by the keyboard or by touch, never by themselves", async () => {
    const [first, second] = await openFields();
    // For a word that is whole with its four letters there is nothing to propose.
    const [word = "", next = ""] = code.filter(({ length }) => length > 4);
    await first.type(word.slice(0, 4));
    await expect(valueOf(first)).resolves.toBe(word.slice(0, 4));
    await expect(reporter.texts("[role=option]")).resolves.toEqual([word]);
    await expect(stateOf(first)).resolves.toEqual(["combobox", "true", null]);
    await expect(reporter.texts("[data-choose=options] > :not([hidden])")).resolves.toHaveLength(1);
    if (kind === "Chromium") {
      const tree = JSON.stringify(await page.accessibility.snapshot({ interestingOnly: false }));
      for (const [role, name] of [["listbox", "Woorden die zo beginnen"], ["option", word], ["combobox", "Woord 1"]]) {
        expect(new RegExp(`"role":"${role}"[^{}]*"name":"${name}"`).test(tree), role).toBe(true);
      }
      expect(tree).toContain("Eén woord begint zo.");
    }
    await page.keyboard.press("ArrowDown");
    await expect(stateOf(first)).resolves.toEqual(["combobox", "true", "option-0"]);
    await page.keyboard.press("Enter");
    await expect(valueOf(first)).resolves.toBe(word);
    await expect(focusedName()).resolves.toBe("Woord 2");

    await second.type(next.slice(0, 2));
    expect((await reporter.texts("[role=option]")).length).toBeLessThanOrEqual(4);
    await page.keyboard.press("Escape");
    await expect(reporter.texts("[role=option]")).resolves.toEqual([]);
    await second.type(next.slice(2, 4));
    const option = await page.$("#main [role=option]");
    const box = await option?.boundingBox();
    expect(box?.height).toBeGreaterThanOrEqual(44);
    await (kind === "Chromium" ? option?.tap() : option?.click());
    await expect(valueOf(second)).resolves.toBe(next);
    await expect(focusedName()).resolves.toBe("Woord 3");
  }, 120_000);

  test.runIf(turns.next())("a space, a comma and Enter go on; what is spelled out is one word; Enter in the last field opens", async () => {
    await openFields();
    const ways = [" ", ",", "\n"];
    for (const [i, word] of code.entries()) {
      const text = i === 2 ? Array.from(word).join(" ") : i === 5 ? Array.from(word).join("-") : word;
      await expect(focusedName()).resolves.toBe(`Woord ${i + 1}`);
      await page.keyboard.type(text);
      // A space after a letter may go before the next one, so only Enter ends what is spelled out.
      await page.keyboard.type(i === 2 || i === 5 || i === 7 ? "\n" : (ways[i % 3] ?? ""));
    }
    await expectOpened();
  }, 120_000);

  test.runIf(turns.next())("a word that is spelled out may begin as a word of the other language does", async () => {
    const [first] = await openFields();
    await first.type("b a c k p a c k e r");
    await expect(focusedName()).resolves.toBe("Woord 1");
    await first.press("Enter");
    await expect(focusedName()).resolves.toBe("Woord 2");
  }, 120_000);

  test.runIf(turns.next())("a telephone alphabet may be typed, and the word is offered", async () => {
    const [first] = await openFields();
    await first.type("Bernhard otto Otto maria");
    await expect(reporter.texts("[role=option]")).resolves.toEqual(["boom"]);
    // No word of the list begins another, so after a whole one a space goes on.
    await page.keyboard.type(" ");
    await expect(focusedName()).resolves.toBe("Woord 2");
    await expect(valueOf(first)).resolves.toBe("Bernhard otto Otto maria");
  }, 120_000);

  test.each(turns.among([
    ["with numbers and lines", (words: readonly string[]) => words.map((word, i) => `${i + 1}. ${word}`).join("\n")],
    ["with commas, in capitals", (words: readonly string[]) => words.join(", ").toUpperCase()],
    ["spelled out", (words: readonly string[]) => words.map((word) => Array.from(word).join("-")).join("\n")],
  ]))("eight words are pasted %s into any field", async (_, write) => {
    const fields = await openFields();
    await paste(fields[5], write(code));
    await expect(values()).resolves.toEqual(code);
    await reporter.press("open");
    await expectOpened();
  }, 120_000);

  test.runIf(turns.next())("of seven and of nine pasted words the number is told", async () => {
    const [first] = await openFields();
    await paste(first, code.slice(0, 7).join(" "));
    await expect(problem()).resolves.toContain("U plakte 7 woorden.");
    const [again] = await openFields();
    await paste(again, [...code, "boom"].join(" "));
    await expect(problem()).resolves.toContain("U plakte 9 woorden.");
    await expect(values()).resolves.toEqual(Array.from({ length: 8 }, () => ""));
  }, 120_000);

  test.each<[string, (words: readonly string[]) => string[]]>(turns.among([
    ["a letter in each of two words", (words) => words.map((word, i) => (i === 1 || i === 6 ? word.slice(1) : word))],
    ["an unreadable word", (words) => words.map((word, i) => (i === 4 ? "xqzw" : word))],
    ["two swapped words", ([one = "", other = "", ...rest]) => [other, one, ...rest]],
    ["an empty field", (words) => words.map((word, i) => (i === 3 ? "" : word))],
    ["a word left out", (words) => [...words.slice(0, 3), ...words.slice(4)]],
  ]))("after %s the code is proposed, nothing is filled in, nothing is asked of the server, and accepting opens", async (_, mistake) => {
    const typed = mistake(code);
    const fields = await openFields();
    const asked: string[] = [];
    const note = (request: { url: () => string }): void => {
      asked.push(request.url());
    };
    page.on("request", note);
    for (const [i, word] of typed.entries()) {
      await fields[i]?.type(word);
    }
    await reporter.press("open");
    await page.waitForSelector(PROPOSAL);
    await expect(values()).resolves.toEqual([...typed, ""].slice(0, 8));
    expect(asked).toEqual([]);
    page.off("request", note);
    const buttons = await page.$$("#main [data-action=accept]");
    const right = code.filter((word, i) => typed.length < 8 || word !== typed[i]);
    for (const button of buttons) {
      const proposed = await button.$$eval("[data-slot=word]", (words) => words.map(({ textContent }) => textContent));
      if (proposed.every((word) => right.includes(word))) {
        await button.click();
        break;
      }
    }
    await expectOpened();
    expect(await page.evaluate(() => document.documentElement.outerHTML)).not.toContain(code.slice(0, 2).join(" "));
  }, 120_000);

  test.runIf(turns.next())("a wrong word that resembles nothing opens nothing, and what to do is told", async () => {
    const fields = await openFields();
    for (const [i, word] of code.entries()) {
      await fields[i]?.type(i === 2 ? (word === "glucose" ? "boom" : "glucose") : word);
    }
    await reporter.press("open");
    await expect.poll(problem).toContain("Vergelijk");
    await reporter.step("step-enter");
  }, 120_000);

  async function openCode(): Promise<void> {
    await reporter.begin("ask");
    await reporter.step("step-question-for-whom");
    await page.click("#main input[value=self]");
    await reporter.press("end");
    await reporter.step("step-check");
    await reporter.press("next");
    await reporter.step("step-code");
  }

  /** Which words are asked for; then back to the code. */
  async function askedPlaces(action: string): Promise<string[]> {
    await reporter.press(action);
    await reporter.step("step-repeat");
    const places = await reporter.texts("[data-slot=index]");
    await reporter.press("back");
    await reporter.step("step-code");
    return places;
  }

  async function openFields(): Promise<[Field, Field, ...Field[]]> {
    await page.goto(`${organisation.portal}/nl/lezen/`);
    await reporter.step("step-enter");
    // The English list comes by itself.
    await page.waitForNetworkIdle({ idleTime: 300 });
    return (await page.$$("#main [data-field=word]")) as unknown as [Field, Field, ...Field[]];
  }

  async function expectOpened(): Promise<void> {
    await reporter.step("conversation");
    await expect(page.$$("#main [data-field=word]")).resolves.toEqual([]);
  }

  async function values(): Promise<string[]> {
    return page.$$eval("#main [data-field=word]", (fields) => fields.map((field) => (field as HTMLInputElement).value));
  }

  async function problem(): Promise<string> {
    return (await reporter.texts("[data-choose=problem] > :not([hidden])")).join(" ").replace(/\s+/g, " ");
  }

  async function focusedName(): Promise<string | null> {
    return page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? null);
  }

  async function paste(field: Field | undefined, text: string): Promise<void> {
    await field?.evaluate((element, pasted) => {
      const data = new DataTransfer();
      data.setData("text/plain", pasted);
      // Firefox takes the text itself.
      const init = { clipboardData: data, data: pasted, dataType: "text/plain", bubbles: true, cancelable: true };
      element.dispatchEvent(new ClipboardEvent("paste", init));
    }, text);
  }
});

type Field = ElementHandle;

async function valueOf(field: Field): Promise<string> {
  return field.evaluate((element) => (element as HTMLInputElement).value);
}

/** What a combobox says of itself: its role, whether it is open, and the option that is chosen. */
async function stateOf(field: Field): Promise<(string | null)[]> {
  return field.evaluate((element) => ["role", "aria-expanded", "aria-activedescendant"].map((name) => element.getAttribute(name)));
}
