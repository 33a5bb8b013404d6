/** A hand-over to the police: asked at the desk, changed once by the reporter, agreed, saved, checked by somebody else. */

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { launch } from "./browsers.ts";
import { Desk } from "./desk.ts";
import { Organisation } from "./organisation.ts";
import { Proxy } from "./proxy.ts";
import { Reporter } from "./reporter.ts";
import { Turns } from "./turns.ts";

const run = promisify(execFile);
const KINDS = ["Chromium", "Firefox"] as const;
const TEXT = "Op 3 november zei hij bij de fietsen: ik weet waar je kinderen op school zitten. Hij heet Jan.";
const SHORTER = "Op 3 november zei hij bij de fietsen: ik weet waar je kinderen op school zitten.";

let organisation: Organisation;
let proxy: Proxy;
let deskBrowser: Browser;
let anna: Desk;
let folder: string;

beforeAll(async () => {
  organisation = await Organisation.start(["anna", "bram"]);
  proxy = await Proxy.start(organisation.portal);
  folder = mkdtempSync(join(tmpdir(), "vp-handover-"));
  deskBrowser = await launch("Chromium");
  anna = await Desk.unlock(deskBrowser, await organisation.openDesk("anna"));
}, 180_000);

afterAll(async () => {
  await deskBrowser.close();
  await proxy.stop();
  await organisation.stop();
  rmSync(folder, { recursive: true });
}, 120_000);

/** Run what came with the hand-over, as plain Python; return its exit status and what it says. */
async function check(): Promise<{ code: number; said: string }> {
  try {
    const { stdout } = await run("python3", ["-I", "-S", join(folder, "controleer.py")]);
    return { code: 0, said: stdout };
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string };
    return { code, said: stdout };
  }
}

describe.each(KINDS)("in %s", (kind) => {
  const turns = new Turns(kind, KINDS);

  test.runIf(turns.next())("what the reporter changed and agreed to leaves, and one changed byte is found", async () => {
    const browser = await launch(kind);
    const reporter = await Reporter.open(browser, proxy.address);
    const story = `Bij de fietsen, ${kind}.`;
    const code = await reporter.write(story);
    await organisation.sync("anna");
    await anna.read(story);
    await anna.ask({ recipient: "Politie Oost", until: "2099-12-31", passage: TEXT });
    expect(await anna.page.$$("form[action*='/overdracht/']")).toEqual([]);
    await organisation.sync("anna");
    await organisation.tick();

    await reporter.enter(code);
    expect((await reporter.letters()).at(-1)).toContain(TEXT);
    await reporter.press("otherwise");
    await reporter.step("step-consent");
    await reporter.page.$eval("#main textarea", (control, text) => {
      control.value = text;
      control.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }, SHORTER);
    await reporter.press("send");
    await reporter.step("conversation");
    await reporter.page.waitForSelector("#main [data-when=changed]:not([hidden])");
    await browser.close();

    await organisation.sync("anna");
    await anna.read(story);
    writeFileSync(join(folder, "overdracht.zip"), await anna.takeHandover());
    await run("python3", ["-m", "zipfile", "-e", join(folder, "overdracht.zip"), folder]);
    const record = join(folder, "overdracht.json");
    const good = readFileSync(record, "utf8");
    expect(good).toContain(SHORTER);
    expect(good).not.toContain("Jan");
    expect(await check()).toEqual({ code: 0, said: expect.stringContaining("Politie Oost") as string });
    writeFileSync(record, good.replace("3 november", "4 november"));
    expect(await check()).toEqual({ code: 1, said: expect.stringContaining("De tekst is niet die") as string });
  }, 240_000);
});
