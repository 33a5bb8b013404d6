/** The code as a person goes through it, on both pages: mistakes, corrections, the keyboard. What comes before: intake.test.ts. */

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
}, 240_000);

afterAll(async () => {
  await browser.close();
  await organisation.stop();
}, 120_000);

beforeEach(async () => {
  reporter = await Reporter.open(browser, organisation.portal);
  await reporter.page.goto(`${organisation.portal}/nl/schrijven/`);
  await reporter.step("step-question-danger");
});

test("two wrong words are told, and the right ones go on by the keyboard alone", async () => {
  await reporter.page.click("#main input[value=unsure]");
  await reporter.press("end");
  await reporter.step("step-check");
  await reporter.press("next");
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
}, 120_000);

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
}, 120_000);

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
}, 120_000);
