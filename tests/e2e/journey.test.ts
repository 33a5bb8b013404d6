/** The write and read pages as a person goes through them: changing one's mind, mistakes, the keyboard. */

import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { launch } from "./browsers.ts";
import { Organisation } from "./organisation.ts";
import { Reporter } from "./reporter.ts";

let organisation: Organisation;
let browser: Browser;
let reporter: Reporter;

beforeAll(async () => {
  organisation = await Organisation.start(["anna"]);
  browser = await launch("Chromium");
}, 120_000);

afterAll(async () => {
  await browser.close();
  await organisation.stop();
}, 60_000);

beforeEach(async () => {
  reporter = await Reporter.open(browser, organisation.portal);
  await reporter.page.goto(`${organisation.portal}/nl/schrijven/`);
  await reporter.step("step-question-wellbeing");
});

test("what was answered is shown again, what was skipped is named, and each can be changed", async () => {
  await reporter.page.click("#main input[value=not-well]");
  await reporter.press("next");
  await reporter.page.click("#main input[value=threat]");
  await reporter.page.click("#main input[value=family]");
  for (const action of ["next", "skip", "skip", "skip"]) {
    await reporter.press(action);
  }
  await reporter.step("step-check");
  await expect(reporter.shown()).resolves.toEqual([
    "Het gaat niet goed",
    "Iemand bedreigde mij\nHet gaat ook over mijn gezin",
    "Overgeslagen",
    "Overgeslagen",
    "Overgeslagen",
  ]);

  const [first] = await reporter.page.$$("#main [data-action=change]");
  await first?.click();
  await reporter.step("step-question-wellbeing");
  await expect(reporter.page.$eval("#main input:checked", (input) => (input).value)).resolves.toBe("not-well");
  await reporter.page.click("#main input[value=badly]");
  await reporter.press("next");
  await reporter.step("step-check");
  await expect(reporter.shown()).resolves.toContain("Het gaat slecht");
}, 60_000);

test("going back keeps what was typed", async () => {
  for (const action of ["skip", "skip", "skip"]) {
    await reporter.press(action);
  }
  await reporter.step("step-story");
  await reporter.page.type("#main textarea", "Een begin.");
  await reporter.press("back");
  await reporter.step("step-question-wish");
  await reporter.press("next");
  await reporter.step("step-story");
  await expect(reporter.page.$eval("#main textarea", (area) => (area).value)).resolves.toBe("Een begin.");
}, 60_000);

test("without any answer there is nothing to send, and the page says so", async () => {
  for (const action of ["skip", "skip", "skip", "skip", "skip"]) {
    await reporter.press(action);
  }
  await reporter.step("step-check");
  await reporter.press("next");
  await reporter.step("step-check");
  await expect(reporter.texts("[data-when=none]:not([hidden])")).resolves.toHaveLength(1);
}, 60_000);

test("two wrong words are told, and the right ones go on by the keyboard alone", async () => {
  await reporter.page.click("#main input[value=badly]");
  for (const action of ["next", "skip", "skip", "skip", "skip", "next"]) {
    await reporter.press(action);
  }
  await reporter.step("step-code");
  const words = await reporter.texts("[data-slot=word]");
  await reporter.press("conceal");
  await expect(reporter.page.$("#main [data-concealed]")).resolves.not.toBeNull();
  await reporter.press("conceal");
  await reporter.press("next");
  await reporter.step("step-repeat");
  const fields = await reporter.page.$$("#main [data-field=repeat]");
  await fields[0]?.type("verkeerd");
  await fields[1]?.type("ook");
  await reporter.page.keyboard.press("Enter");
  await expect(reporter.texts("[data-when=wrong]:not([hidden])")).resolves.toHaveLength(1);

  const places = (await reporter.texts("[data-slot=index]")).map(Number);
  for (const [i, field] of fields.entries()) {
    await field.click({ count: 3 });
    await field.type(words[(places[i] ?? 1) - 1] ?? "");
  }
  await reporter.page.keyboard.press("Enter");
  await reporter.step("step-send");
}, 60_000);

test("a mistyped word of the code is found, and the right one is proposed, never filled in silently", async () => {
  const words = await reporter.write("Een zin.");
  await reporter.page.goto(`${organisation.portal}/nl/lezen/`);
  await reporter.step("step-enter");
  const fields = await reporter.page.$$("#main [data-field=word]");
  for (const [i, field] of fields.entries()) {
    await field.type(i === 4 ? "xqzw" : (words[i] ?? ""));
  }
  await reporter.press("open");
  await expect(reporter.texts("[data-when=proposal]:not([hidden]) [data-slot=word]")).resolves.toEqual([words[4]]);
  await expect(fields[4]?.evaluate((field) => (field as HTMLInputElement).value)).resolves.toBe("xqzw");
  await reporter.press("accept");
  await reporter.step("conversation");
}, 60_000);

test("two swapped words never open anything", async () => {
  const [first = "", second = "", ...rest] = await reporter.prepare();
  await reporter.page.goto(`${organisation.portal}/nl/lezen/`);
  await reporter.step("step-enter");
  await reporter.page.focus("#main [data-field=word]");
  const pasted = [second, first, ...rest].join(", ");
  await reporter.page.evaluate((text) => {
    const data = new DataTransfer();
    data.setData("text", text);
    document.activeElement?.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
  }, pasted);
  await reporter.press("open");
  await expect(reporter.texts("[data-when=wrong]:not([hidden])")).resolves.toHaveLength(1);
}, 60_000);
