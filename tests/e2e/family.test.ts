/** A family member reads along on another phone, as far as the reporter chose, and no further. */

import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { launch } from "./browsers.ts";
import { Desk } from "./desk.ts";
import { Organisation } from "./organisation.ts";
import { onPaper } from "./paper.ts";
import { Proxy } from "./proxy.ts";
import { Reporter } from "./reporter.ts";
import { Turns } from "./turns.ts";

// The reporter's browser, and their partner's.
const KINDS = [
  ["Chromium", "Firefox"],
  ["Firefox", "Firefox, Safer"],
] as const;

let organisation: Organisation;
let proxy: Proxy;
let deskBrowser: Browser;
let anna: Desk;

beforeAll(async () => {
  organisation = await Organisation.start(["anna", "bram"]);
  proxy = await Proxy.start(organisation.portal);
  deskBrowser = await launch("Chromium");
  anna = await Desk.unlock(deskBrowser, await organisation.openDesk("anna"));
}, 180_000);

afterAll(async () => {
  await deskBrowser.close();
  await proxy.stop();
  await organisation.stop();
}, 120_000);

/** Bring what was posted to Anna's desk, and what she wrote to the portal and its index. */
async function exchange(): Promise<void> {
  await organisation.sync("anna");
  await anna.inbox();
  await organisation.sync("anna");
  await organisation.tick();
}

describe.each(KINDS)("a reporter in %s, and their partner in %s", (kind, other) => {
  const turns = new Turns(kind, KINDS.map(([each]) => each));

  test.runIf(turns.next())("the partner reads the answer on another phone, may ask, is stopped, and reads nothing new", async () => {
    const [browser, theirs] = [await launch(kind), await launch(other)];
    const reporter = await Reporter.open(browser, proxy.address);
    const partner = await Reporter.open(theirs, proxy.address);
    const story = `Ik weet waar je kinderen op school zitten, ${kind}.`;
    const code = await reporter.write(story);
    await exchange();

    await reporter.enter(code);
    let printed: string[] = [];
    const words = await reporter.giveFamilyCode("replies", async () => {
      printed = await onPaper(reporter.page, kind === "Chromium");
    });
    expect(words).toHaveLength(8);
    expect(printed).toEqual(words.map((word, i) => `${i + 1}${word}`));
    await exchange();
    await anna.read(story);
    await anna.answer("Wat goed dat u schrijft.");
    await exchange();

    // The answer, and nothing that stood there before.
    await partner.enter(words);
    let letters = await partner.letters();
    expect(letters.filter((letter) => letter.includes("Wat goed dat u schrijft."))).toHaveLength(1);
    expect(letters.join()).not.toContain("kinderen");
    expect(await partner.page.$("#main textarea")).toBeNull();
    await partner.press("close");

    // What the reporter writes from now on, and own questions.
    await reporter.enter(code);
    await reporter.changeFamilyCode("questions");
    await reporter.reply("Vannacht stond er weer iemand.");
    await exchange();
    await partner.enter(words);
    letters = await partner.letters();
    expect(letters.join()).toContain("Vannacht stond er weer iemand.");
    expect(letters.join()).not.toContain("kinderen");
    await partner.reply("Wat zeg ik tegen de kinderen?");
    await exchange();
    expect((await anna.read("Wat zeg ik tegen de kinderen?")).join()).toContain("Wat zeg ik tegen de kinderen?");

    // Stopped: nothing new, and both are told.
    await reporter.enter(code);
    await reporter.changeFamilyCode("none");
    await exchange();
    // The list shows the newest letter.
    await anna.read("Vannacht stond er weer iemand.");
    await anna.answer("Alleen voor u.");
    await exchange();
    await partner.enter(words);
    letters = await partner.letters();
    expect(letters.join()).not.toContain("Alleen voor u.");
    expect(letters.join()).toContain("Vannacht stond er weer iemand.");
    expect(await partner.texts("[data-step=conversation] section [data-choose=scope] > :not([hidden])")).toEqual([
      "Meelezen is gestopt. Hier komt niets nieuws meer.",
    ]);
    await reporter.enter(code);
    expect((await reporter.letters()).join()).toContain("Alleen voor u.");
    expect((await reporter.texts(".line")).at(-1)).toContain("niets nieuws meer.");
    await browser.close();
    await theirs.close();
  }, 400_000);
});
