/**
 * `make screens`: every page and step of the people's site into docs/screens/.
 *
 * Nobody's judgement is automated here; the pictures are there to be looked at.
 */

import { writeFileSync } from "node:fs";

import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, test } from "vitest";

import { launch } from "./browsers.ts";
import { type Agreed, Desk } from "./desk.ts";
import { Organisation } from "./organisation.ts";
import { clear, take } from "./pictures.ts";
import { Proxy } from "./proxy.ts";
import { Reporter } from "./reporter.ts";
import { photograph } from "./snapshot.ts";

const STORIES: Readonly<Record<string, string>> = {
  nl: "Na de vergadering stond er iemand bij mijn fiets. Hij zei dat hij weet waar mijn kinderen op school zitten.",
  en: "After the meeting somebody stood next to my bike. He said that he knows where my children go to school.",
};

const ANSWERS: Readonly<Record<string, string>> = {
  nl: "Goed dat u dit schrijft. Wat die man zei, is een bedreiging, ook al klonk het als een terloopse opmerking.\n\nU hoeft nu niets te beslissen. Schrijf op wat u nog weet. Dat helpt, wat u later ook kiest.",
  en: "It is good that you write this. What that man said is a threat, even if it sounded like a remark in passing.\n\nYou need not decide anything now. Write down what you remember. That helps, whatever you choose later.",
};
const NEXT = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
const SAID: Readonly<Record<string, Agreed>> = {
  nl: { gist: "Dit is een bedreiging. U hoeft nu niets te beslissen.", summary: "Een man sprak u aan na de vergadering en noemde de school van uw kinderen.", track: "series", next: NEXT },
  en: { gist: "This is a threat. You need not decide anything now.", summary: "A man spoke to you after the meeting and mentioned your children’s school.", track: "series", next: NEXT },
};

let organisation: Organisation;
let proxy: Proxy;
let browser: Browser;
let photo: string;
let desk: Desk;
let deskBrowser: Browser;

beforeAll(async () => {
  clear(/^(?:nl|en)-[123]/);
  organisation = await Organisation.start(["anna", "bram"]);
  proxy = await Proxy.start(organisation.portal);
  browser = await launch("Chromium");
  photo = organisation.path("foto van de brief.jpg");
  writeFileSync(photo, await photograph(browser));
  deskBrowser = await launch("Chromium");
  desk = await Desk.unlock(deskBrowser, await organisation.openDesk("anna"));
});

afterAll(async () => {
  await Promise.all([browser.close(), deskBrowser.close()]);
  await proxy.stop();
  await organisation.stop();
});

/** Take the step that is shown. */
async function takeStep(reporter: Reporter, name: string, step: string): Promise<void> {
  await reporter.step(step);
  await take(reporter.page, `${name}-${step}`);
}

describe.each(["nl", "en"])("%s", (language) => {
  const story = STORIES[language] ?? "";
  let code: string[];

  test("start, and without JavaScript", async () => {
    const page = await browser.newPage();
    await page.goto(`${proxy.address}/${language}/`);
    await take(page, `${language}-1-start`);
    for (const other of ["bellen", "veilig", "privacy", "toegankelijkheid"]) {
      await page.goto(`${proxy.address}/${language}/${other}/`, { waitUntil: "networkidle0" });
      await take(page, `${language}-1-${other}`);
    }
    await page.setJavaScriptEnabled(false);
    await page.goto(`${proxy.address}/${language}/schrijven/`);
    await take(page, `${language}-1-without-script`);
    await page.close();
  });

  test("writing", async () => {
    const reporter = await Reporter.open(browser, proxy.address, language);
    const name = `${language}-2-write`;
    let place = 0;
    await reporter.takeEveryStep(async (step) => {
      if (step === "step-question-danger" || step === "step-question-device") {
        await reporter.page.click("#main input[value=yes]");
      } else if (step === "step-story") {
        await reporter.tell(story);
      } else if (step === "step-files") {
        await reporter.attach([photo]);
        await (await reporter.page.waitForSelector("#main [data-slot=edit]:not([hidden])"))?.click();
        await reporter.page.waitForFunction(() => (document.querySelector<HTMLCanvasElement>("#main canvas.editing")?.width ?? 0) > 1);
        await reporter.page.$eval("#main [data-step=sheet-edit] details", (details) => { details.open = true; });
        await reporter.press("middle");
        await takeStep(reporter, `${name}-5-${String(place).padStart(2, "0")}`, "sheet-edit");
        await reporter.press("next");
        await reporter.page.waitForSelector("#main [data-choose=edited] > [data-when=changed]:not([hidden])");
      } else if (step === "step-exclude") {
        await reporter.page.click("#main [data-field=person][value=bram]");
      }
      await take(reporter.page, `${name}-5-${String(place).padStart(2, "0")}-${step}`);
      place += 1;
    });
    await reporter.page.click("#now");
    await reporter.page.waitForSelector("dialog[open]");
    await take(reporter.page, `${name}-6-now`);
    await reporter.page.click("[data-slot=close]");
    await reporter.press("next");
    await takeStep(reporter, `${name}-6`, "step-code");
    code = await reporter.takeCode(async () => takeStep(reporter, `${name}-7`, "step-repeat"));
    await takeStep(reporter, `${name}-8`, "step-send");
    proxy.cuts = ({ path }) => path === "/api/v1/ticket";
    await reporter.press("send");
    await takeStep(reporter, `${name}-9`, "sheet-error");
    proxy.cuts = () => false;
    proxy.delay = 700;
    await reporter.press("retry");
    await reporter.page.waitForSelector("#main [data-slot=stop]:not([hidden])");
    await takeStep(reporter, `${name}-9`, "sheet-progress");
    proxy.delay = 0;
    await takeStep(reporter, `${name}-9`, "step-sent");
    await reporter.page.close();
  });

  test("reading", async () => {
    await organisation.sync();
    await desk.read(story.slice(0, 30));
    await desk.attach(photo);
    await desk.answer(ANSWERS[language] ?? "", SAID[language]);
    await desk.ask({ recipient: "Politie Oost", until: "2099-12-31", passage: story });
    await organisation.sync();
    await organisation.tick();

    const reporter = await Reporter.open(browser, proxy.address, language);
    const name = `${language}-3-read`;
    await reporter.page.goto(`${proxy.address}/${language}/lezen/`);
    await takeStep(reporter, `${name}-1`, "step-enter");
    const [first = "", second = "", ...rest] = code;
    await reporter.typeCode([second, first, ...rest]);
    await reporter.page.waitForSelector("#main [data-action=accept]");
    await take(reporter.page, `${name}-2-step-enter-proposal`);
    await reporter.enter(code);
    await takeStep(reporter, `${name}-3`, "conversation");
    await reporter.press("moment");
    await takeStep(reporter, `${name}-4`, "sheet-moment");
    await reporter.press("back");
    await reporter.press("readers");
    await reporter.step("step-readers");
    await reporter.page.click("#main [data-field=person][value=bram]");
    await takeStep(reporter, `${name}-4`, "step-readers");
    await reporter.press("send");
    await reporter.step("conversation");
    await takeStep(reporter, `${name}-4-after`, "conversation");
    await reporter.press("otherwise");
    await takeStep(reporter, `${name}-4`, "step-consent");
    await reporter.press("back");
    await reporter.press("family");
    await reporter.press("new");
    await takeStep(reporter, `${name}-4`, "step-scope");
    await reporter.press("send");
    await takeStep(reporter, `${name}-4`, "step-family-words");
    const family = await reporter.texts("[data-slot=word]");
    await reporter.press("back");
    await takeStep(reporter, `${name}-4`, "step-family");
    await reporter.press("back");
    await reporter.press("delete");
    await takeStep(reporter, `${name}-4`, "sheet-delete");
    await reporter.press("back");
    await reporter.press("fetch");
    await takeStep(reporter, `${name}-4`, "sheet-file");
    await reporter.enter(family);
    await takeStep(reporter, `${name}-4-family`, "conversation");
    await reporter.enter(await unusedCode(language));
    await takeStep(reporter, `${name}-5`, "sheet-nothing");
    proxy.twists.set("/api/v1/keyset", () => Buffer.from("{}"));
    await reporter.page.reload();
    await takeStep(reporter, `${name}-6`, "sheet-closed");
    proxy.twists.clear();
    await reporter.page.close();
  });
});

async function unusedCode(language: string): Promise<string[]> {
  const other = await Reporter.open(browser, proxy.address, language);
  const code = await other.prepare();
  await other.page.close();
  return code;
}
