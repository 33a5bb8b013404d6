/** What a conversation is besides letters: long texts, what was agreed, and taking all of it back. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Browser } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { launch } from "./browsers.ts";
import { Desk } from "./desk.ts";
import { Organisation } from "./organisation.ts";
import { Proxy } from "./proxy.ts";
import { Reporter } from "./reporter.ts";
import { Turns } from "./turns.ts";

const PYTHON = join(import.meta.dirname, "..", "..", ".venv", "bin", "python");
const RECORD_SIZE = 65_601;
const DAY_MILLISECONDS = 86_400_000;
const KINDS = ["Chromium", "Firefox"] as const;

let organisation: Organisation;
let proxy: Proxy;
let deskBrowser: Browser;
let anna: Desk;
let folder: string;

beforeAll(async () => {
  organisation = await Organisation.start(["anna", "bram"]);
  proxy = await Proxy.start(organisation.portal);
  folder = mkdtempSync(join(tmpdir(), "vp-mailbox-"));
  deskBrowser = await launch("Chromium");
  anna = await Desk.unlock(deskBrowser, await organisation.openDesk("anna"));
}, 180_000);

afterAll(async () => {
  await deskBrowser.close();
  await proxy.stop();
  await organisation.stop();
  rmSync(folder, { recursive: true });
}, 120_000);

beforeEach(() => {
  proxy.requests.length = 0;
  proxy.cuts = () => false;
});

/** How many blocks lie in the store that reporters or replies put there; what desks tell each other, and cover, does not count. */
function countBlocks(): number {
  const script = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('select count(*) from block').fetchone()[0])";
  const all = Number(execFileSync(PYTHON, ["-c", script, organisation.path("portal.sqlite")], { encoding: "utf8" }));
  return all - organisation.headCount;
}

function makeFile(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, name.repeat(9));
  return path;
}

/** A day by this machine's calendar, so many days from now. */
function dayFromNow(days: number): string {
  const now = new Date(Date.now() + days * DAY_MILLISECONDS);
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}-${String(now.getDate()).padStart(2, "0")}`;
}

/** Let every page of a reporter live so many days later. */
async function moveClock({ page }: Reporter, days: number): Promise<void> {
  await page.evaluateOnNewDocument((milliseconds) => {
    const Real = Date;
    globalThis.Date = class extends Real {
      constructor(...given: [] | [number | string]) {
        super(...((given.length === 0 ? [Real.now() + milliseconds] : given) as [number]));
      }
      static override now(): number {
        return Real.now() + milliseconds;
      }
    } as DateConstructor;
  }, days * DAY_MILLISECONDS);
}

describe.each(KINDS)("in %s", (kind) => {
  const turns = new Turns(kind, KINDS);
  let browser: Browser;
  let reporter: Reporter;

  beforeAll(async () => {
    browser = await launch(kind);
  }, 120_000);

  afterAll(async () => {
    await browser.close();
  });

  beforeEach(async () => {
    reporter = await Reporter.open(browser, proxy.address);
  });

  afterEach(async () => {
    await reporter.page.close();
  });

  const visible = async (selector: string): Promise<string[]> =>
    reporter.page.$$eval(`#main ${selector}`, (elements) =>
      elements.flatMap((element) => (element.checkVisibility() ? [(element as HTMLElement).innerText.replace(/\s+/g, " ").trim()] : [])));

  test.runIf(turns.next())("a report of several envelopes is sent whole, read in one piece at the desk, and whole with the code", async () => {
    const mark = `Lang verhaal, ${kind}.`;
    // A tab is pasted from a table; no message may hold one.
    const story = `${mark}\t${"Hé, zei hij: \"ik weet waar je woont\".\n".repeat(1_500)}Einde.`;
    const said = story.replace("\t", " ");
    const code = await reporter.write(story);
    const posts = proxy.requests.filter(({ path }) => path === "/api/v1/blocks").map(({ body }) => body.length / RECORD_SIZE);
    expect(posts).toEqual([3]);

    await organisation.sync("anna");
    const letters = await anna.read(mark);
    expect(letters).toHaveLength(1);
    expect(await anna.page.$eval(".letter .text", (text) => text.textContent)).toBe(said);

    expect(await reporter.enter(code)).toBe("conversation");
    expect(await reporter.texts(".letter [data-slot=text]")).toEqual([said]);
    // Whether there is a fourth piece of one's own was not asked yet.
    expect(await visible(".notice")).toEqual([expect.stringContaining("Misschien")]);
    await reporter.press("more");
    await reporter.page.waitForFunction(() => document.querySelector("#main [data-action=more]") === null);
    expect(await reporter.texts(".letter [data-slot=text]")).toEqual([said]);

    const longer = `Vervolg, ${kind}. ${"é".repeat(59_900)}`;
    await reporter.page.$eval("#main textarea", (control, text) => { control.value = text; }, longer);
    await reporter.press("send");
    await reporter.page.waitForSelector("#main .notice[role=status]");
    expect(await reporter.texts(".letter [data-slot=text]")).toEqual([said, longer]);
    await organisation.sync("anna");
    expect(await anna.read(`Vervolg, ${kind}.`)).toHaveLength(2);

    // Three and five pieces: those that a visit does not load by itself are said to be missing, and are there on request.
    await reporter.enter(code);
    expect(await reporter.texts(".letter [data-slot=text]")).toEqual([said]);
    expect(await visible(".notice")).toEqual([expect.stringContaining("Misschien")]);
    await reporter.press("more");
    await reporter.page.waitForFunction(() => document.querySelectorAll("#main .letter").length === 2);
    expect(await reporter.texts(".letter [data-slot=text]")).toEqual([said, longer]);
  }, 240_000);

  test.runIf(turns.next())("a text that would not fit says so beforehand and is not sent", async () => {
    const code = await reporter.write(`Kort, ${kind}.`);
    await reporter.enter(code);
    proxy.requests.length = 0;
    await reporter.page.$eval("#main textarea", (control) => {
      control.value = "a".repeat(60_001);
      control.dispatchEvent(new InputEvent("input", { bubbles: true }));
    });
    await reporter.press("send");
    expect(await visible("[data-choose=counter] > *")).toEqual([expect.stringContaining("1 tekens te lang")]);
    expect(proxy.calls).toEqual([]);
  }, 240_000);

  test.runIf(turns.next())("what was agreed stands on top: gist, summary, track, the next day as a calendar file, and when it passed", async () => {
    const story = `Afspraken, ${kind}.`;
    const code = await reporter.write(story);
    await organisation.sync("anna");
    await anna.read(story);
    await anna.answer("Zwaar nieuws, in het lang.", { gist: "Kort: u bent veilig.", summary: "Eerste versie.", track: "series" });
    await anna.answer("En nog iets.", { summary: "Wat wij weten.\nTwee dingen.", track: "series", next: dayFromNow(1) });
    await organisation.sync("anna");
    await organisation.tick();

    await reporter.enter(code);
    const letters = await reporter.letters();
    expect(letters[1]).toContain("Kort: u bent veilig. Lees het hele bericht Deelde een samenvatting");
    expect(letters[1]).not.toContain("Zwaar nieuws");
    expect(await visible(".casekaart summary")).toEqual([expect.stringMatching(/^Samenvatting die Anna met u deelt /)]);
    expect(await reporter.texts(".casekaart .text")).toEqual(["Wat wij weten.\nTwee dingen."]);
    expect(await visible(".agreement")).toEqual([expect.stringMatching(/aantal gesprekken.*uiterlijk/)]);
    expect(await visible(".notice")).toEqual([]);
    await reporter.page.click("#main .heavy summary");
    expect((await reporter.letters())[1]).toContain("Zwaar nieuws, in het lang.");

    await reporter.press("moment");
    await reporter.step("sheet-moment");
    await reporter.page.focus("#main [data-field=title]");
    await reporter.page.keyboard.press("End");
    await reporter.page.keyboard.type(" bij de kapper");
    const calendar = await reporter.page.evaluate(async () => {
      const made: Blob[] = [];
      URL.createObjectURL = (blob) => `#${made.push(blob as Blob)}`;
      const link = document.querySelector<HTMLAnchorElement>("#main [data-slot=keep]");
      link?.addEventListener("click", (event) => { event.preventDefault(); });
      link?.click();
      return [link?.download ?? "", (await made[0]?.text()) ?? ""];
    });
    const compact = (day: string): string => day.replaceAll("-", "");
    expect(calendar[0]).toBe("afspraak.ics");
    expect(calendar[1]?.replace(/UID:[0-9a-f]{32}/, "UID:")).toBe(
      [
        ..."BEGIN:VCALENDAR VERSION:2.0 PRODID:-//Agenda//NL BEGIN:VEVENT UID:".split(" "),
        `DTSTAMP:${compact(dayFromNow(1))}T000000Z`,
        `DTSTART;VALUE=DATE:${compact(dayFromNow(1))}`,
        `DTEND;VALUE=DATE:${compact(dayFromNow(2))}`,
        "SUMMARY:Afspraak bij de kapper",
        ..."CLASS:PRIVATE TRANSP:TRANSPARENT END:VEVENT END:VCALENDAR".split(" "),
        "",
      ].join("\r\n"),
    );
    await reporter.press("back");
    await reporter.step("conversation");

    await moveClock(reporter, 4);
    await reporter.enter(code);
    expect(await visible("[data-choose=promise] > *")).toEqual([expect.stringMatching(/^U zou uiterlijk .* van ons horen/)]);
  }, 240_000);

  test.runIf(turns.next())("a message without an answer after a working day says so, and whom to call", async () => {
    const code = await reporter.write(`Geen antwoord, ${kind}.`);
    await reporter.enter(code);
    expect(await visible("[data-choose=promise] > *")).toEqual([]);
    await moveClock(reporter, 4);
    await reporter.enter(code);
    expect(await visible("[data-choose=promise] > *")).toEqual([expect.stringMatching(/^Op uw laatste bericht is nog geen antwoord/)]);
  }, 240_000);

  test.runIf(turns.next())("delete now leaves nothing but the withdrawal, and the code shows it with the desk's confirmation", async () => {
    const before = countBlocks();
    const story = `Wis dit, ${kind}.`;
    const code = await reporter.write(story, [makeFile("van haar.txt")]);
    await organisation.sync("anna");
    await anna.read(story);
    await anna.attach(makeFile("van ons.txt"));
    await anna.answer("Hierbij.");
    await organisation.sync("anna");
    await organisation.tick();
    await reporter.enter(code);
    for (const text of ["Nog iets.", "En nog iets."]) {
      await reporter.reply(text);
      await reporter.enter(code);
    }
    expect(countBlocks()).toBe(before + 6);

    await reporter.press("delete");
    await reporter.step("sheet-delete");
    await reporter.press("back");
    await reporter.step("conversation");
    expect(countBlocks()).toBe(before + 6);
    await reporter.press("delete");
    await reporter.press("destroy");
    await reporter.step("sheet-deleted");
    expect(countBlocks()).toBe(before + 1);

    await organisation.sync("anna");
    expect((await anna.inbox()).some((entry) => entry.includes(story))).toBe(false);
    await organisation.sync("anna");
    await organisation.tick();
    expect(await reporter.enter(code)).toBe("conversation");
    expect(await reporter.letters()).toEqual([]);
    expect(await visible(".letters > li")).toEqual([
      expect.stringMatching(/^U hebt dit gesprek verwijderd op /),
      expect.stringMatching(/^Anna: alles gewist op /),
    ]);
    expect(await visible("textarea, [data-action=delete], .notice")).toEqual([]);
  }, 240_000);

  test.runIf(turns.next())("who may read is changed both ways, and whoever may not sees nothing that comes", async () => {
    const bram = await Desk.unlock(deskBrowser, await organisation.openDesk("bram"));
    const [first, second, third] = [`Voor allebei, ${kind}.`, `Alleen voor Anna, ${kind}.`, `Weer voor allebei, ${kind}.`];
    const code = await reporter.write(first);
    const calls: string[][] = [];
    const change = async (boxes: readonly string[], successor: string | null): Promise<void> => {
      await reporter.enter(code);
      proxy.requests.length = 0;
      await reporter.press("readers");
      await reporter.step("step-readers");
      for (const person of boxes) {
        await reporter.page.click(`#main [data-field=person][value=${person}]`);
      }
      if (successor !== null) {
        await reporter.page.click(`#main [data-field=successor][value=${successor}]`);
      }
      await reporter.press("send");
      await reporter.step("conversation");
      calls.push(proxy.requests.map(({ method, path, body }) => `${method} ${path} ${body.length}`));
    };
    // Nobody is no choice, and no change sends nothing.
    await change([], null);
    expect(calls.pop()?.filter((call) => call.startsWith("POST") && !call.includes("/fetch"))).toEqual([]);
    await change(["bram"], "bram");
    expect(await visible(".letters > li.line")).toEqual([
      expect.stringMatching(/^Op .* hebt u gekozen wie dit mag lezen\.$/),
      "Vanaf hier leest niet meer mee: Bram.",
    ]);
    await reporter.reply(second);
    await organisation.sync("anna", "bram");
    await anna.page.bringToFront();
    expect(await anna.read(second)).toHaveLength(3);
    await anna.change({ note: `Notitie, ${kind}.` });
    await organisation.sync("anna", "bram");
    await bram.page.bringToFront();
    expect(await bram.read(first)).toHaveLength(1);
    expect(await bram.page.content()).not.toContain(`Notitie, ${kind}.`);
    expect((await bram.inbox()).some((entry) => entry.includes(second))).toBe(false);

    await change(["bram"], null);
    expect((await visible(".letters > li.line")).at(-1)).toBe("Vanaf hier leest ook mee: Bram.");
    // The network sees the same, whatever is chosen.
    expect(calls[1]).toEqual(calls[0]);
    await reporter.reply(third);
    await organisation.sync("anna", "bram");
    expect((await bram.read(third)).join()).not.toContain(second);
    await anna.page.bringToFront();
    expect(await anna.passOn()).toBeGreaterThan(0);
    await organisation.sync("anna", "bram");
    await bram.page.bringToFront();
    expect((await bram.read(third)).join()).toContain(second);
    await bram.page.close();
    await anna.page.bringToFront();
  }, 240_000);

  test.runIf(turns.next())("a deletion that breaks off says how far it is, and trying again does the rest", async () => {
    const before = countBlocks();
    const code = await reporter.write(`Breekt af, ${kind}.`);
    await reporter.enter(code);
    let broken = "";
    proxy.cuts = ({ path }) => path === broken;
    const said = async (): Promise<string[]> => {
      await reporter.step("sheet-halted");
      return visible("[data-choose=reach] > *");
    };

    broken = "/api/v1/keyset";
    await reporter.press("delete");
    await reporter.press("destroy");
    expect(await said()).toEqual([expect.stringMatching(/^Er is nog niets verwijderd/)]);
    broken = "/api/v1/blocks";
    await reporter.press("destroy");
    expect(await said()).toEqual([expect.stringMatching(/^Hier is nog niets gewist. Het is niet zeker/)]);
    // It did arrive; only nobody said so.
    expect(countBlocks()).toBe(before + 2);

    let deletions = 0;
    proxy.cuts = ({ path }) => path === "/api/v1/blocks/delete" && (deletions += 1) > 1;
    await reporter.press("destroy");
    expect(await said()).toEqual([expect.stringMatching(/Hier zijn zeker 16 van de \d+ plekken leeg/)]);
    await reporter.press("back");
    await reporter.step("conversation");
    expect(await visible("textarea")).toEqual([]);
    expect(await visible(".notice")).toEqual([expect.stringMatching(/^Het verwijderen is niet klaar/)]);
    expect(await visible(".line")).toEqual([expect.stringMatching(/^U wilde dit gesprek verwijderen op /)]);

    proxy.cuts = () => false;
    await reporter.press("delete");
    await reporter.press("destroy");
    await reporter.step("sheet-deleted");
    expect(countBlocks()).toBe(before + 1);
    expect(await reporter.enter(code)).toBe("conversation");
    expect(await visible(".letters > li")).toEqual([expect.stringMatching(/^U hebt dit gesprek verwijderd op /)]);
  }, 180_000);
});
