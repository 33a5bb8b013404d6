/**
 * No trace: a canary in every field, and the whole line watched – wire, devices, portal, couriers, desks.
 *
 * Each reporter has a device that remembers all it can, and so has each counsellor.
 */

import { mkdirSync, mkdtempSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { insert, segment } from "../web/cleaning/fixtures.ts";
import { BASELINE } from "../web/cleaning/pictures.ts";
import type { Kind } from "./browsers.ts";
import type { Net } from "./canaries.ts";
import { Desk } from "./desk.ts";
import { readFiles } from "./device.ts";
import { Organisation } from "./organisation.ts";
import { Reporter } from "./reporter.ts";
import { find, Watch } from "./watch.ts";

// A reporter's browser, the counsellor who answers in another, and whether every step is looked at or only some.
const PAIRS: readonly (readonly [Kind, string, boolean])[] = [
  ["Chromium", "anna", true],
  ["Firefox", "bram", true],
  ["Firefox, Safer", "anna", false],
];

// What people choose files from is not where a trace is looked for.
const originals = mkdtempSync(join(tmpdir(), "vp-originals-"));
const temporary = mkdtempSync(join(tmpdir(), "vp-trace-"));
const made = new Set<string>();
const watcher = watch(temporary, (_, name) => made.add(name ?? ""));
const desks = new Map<string, { readonly watched: Watch; readonly desk: Desk }>();
let organisation: Organisation;
let turn = Promise.resolve();

beforeAll(async () => {
  // Everything that is started from here on puts its temporary files where this test looks.
  process.env["TMPDIR"] = temporary;
  const starting = Organisation.start(["anna", "bram"]);
  const [anna, bram] = await Promise.all([Watch.start("Firefox"), Watch.start("Chromium")]);
  organisation = await starting;
  await Promise.all([openDesk("anna", anna), openDesk("bram", bram)]);
}, 300_000);

afterAll(async () => {
  await Promise.all([...desks.values()].map(async ({ watched }) => watched.stop()));
  await organisation.stop();
  watcher.close();
  for (const folder of [temporary, originals]) {
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);

// Most of their time goes by in waiting for browsers to write, so they wait together.
describe.concurrent.each(PAIRS)("a reporter in %s, answered by %s", (kind, person, isThorough) => {
  test("nothing that either of them types, chooses, reads or is told lies anywhere, at any moment", async () => {
    const watched = await Watch.start(kind);
    const reporter = await Reporter.open(watched.device.browser, organisation.portal);
    const look = async (isImportant = false): Promise<void> => {
      if (isThorough || isImportant) {
        await watched.settle();
        expect(watched.found).toEqual([]);
        expect(lookAtOrganisation(watched.net)).toEqual([]);
      }
    };
    const [story, answer, reply] = ["story", "answer", "reply"].map((name) => watched.canary(name)) as [string, string, string];
    const photo = makePhoto(watched);
    const code = await report(reporter, watched, { story, photo, look });

    await inTurn(async () => {
      const { desk, watched: theirs } = deskOf(person);
      // What one of them writes is as secret on the other's device.
      theirs.net.include(watched.net);
      await organisation.sync(person);
      await desk.read(story);
      await refuse(desk, theirs);
      await desk.answer(answer);
      await theirs.settle();
      expect(theirs.found).toEqual([]);
      await organisation.sync(person);
      await organisation.tick();
    });

    await comeBack(reporter, watched, code, look);
    await expect(reporter.letters()).resolves.toEqual([expect.stringContaining(story), expect.stringContaining(answer)]);
    await fetchFile(reporter, look);
    await reporter.page.type("#main [data-field=reply]", reply);
    await reporter.attach([makeFile(watched)]);
    await look(true);
    await reporter.press("send");
    await reporter.page.waitForSelector("#main .notice[role=status]");
    await inTurn(async () => {
      const { desk, watched: theirs } = deskOf(person);
      theirs.net.include(watched.net);
      await organisation.sync(person);
      await desk.read(reply);
      await theirs.settle();
      expect(theirs.found).toEqual([]);
    });

    await look(true);
    watched.expectControlFound();
    watched.expectQuietWire();
    expectCiphertextFound(watched);
    await watched.device.browser.close();
    expect(watched.found).toEqual([]);
    await watched.stop();
  }, 300_000);
});

test("the desks' browsers keep nothing, also after locking, and nobody made a temporary file", async () => {
  for (const { watched, desk } of desks.values()) {
    await Promise.all([desk.page.waitForNavigation(), desk.page.click("header form button")]);
    await watched.settle();
    watched.expectControlFound();
    watched.expectQuietWire();
    expect(watched.found).toEqual([]);
    expect(lookAtOrganisation(watched.net)).toEqual([]);
  }
  // Python tries with an empty name whether a folder can be written to, and gunicorn's workers show by a file's age that they live.
  const known = /^(vp-(organisation|device)-.*|[a-z0-9_]{8}|wgunicorn-[a-z0-9_]{8})$/;
  expect([...made].filter((name) => !known.test(name))).toEqual([]);
}, 120_000);

type Look = (isImportant?: boolean) => Promise<void>;

interface Report {
  readonly story: string;
  readonly photo: string;
  readonly look: Look;
}

/** Write a report with everything there is to answer, and look at every step. */
async function report(reporter: Reporter, watched: Watch, { story, photo, look }: Report): Promise<string[]> {
  // The other questions are of the same kinds.
  const looked = ["step-question-danger", "step-question-wish", "step-files", "step-exclude"];
  await reporter.takeEveryStep(async (step) => {
    const { page } = reporter;
    for (const choice of await page.$$("#main input[data-field=choice]")) {
      await choice.click();
    }
    if (step === "step-story") {
      await page.type("#main textarea", story);
      await look(true);
    } else if (step === "step-files") {
      await reporter.attach([photo]);
    } else if (step === "step-exclude") {
      await page.click("#main input");
    }
    await (looked.includes(step) ? look() : undefined);
    if (step === "step-exclude") {
      // Both are to read it.
      await page.click("#main input");
    }
  });
  await reporter.press("next");
  await reporter.step("step-code");
  watched.net.addCode("code", await reporter.texts("[data-slot=word]"));
  await look();
  await reporter.press("next");
  await reporter.step("step-repeat");
  for (const field of await reporter.page.$$("#main [data-field=repeat]")) {
    await field.type(watched.canary("repeated"));
  }
  await reporter.press("next");
  await look();
  await reporter.press("back");
  const code = await reporter.takeCode();
  await reporter.step("step-send");
  await reporter.press("send");
  await reporter.step("step-sent");
  await look();
  return code;
}

/** Enter the code with one wrong word, and take the proposal. */
async function comeBack(reporter: Reporter, watched: Watch, code: readonly string[], look: Look): Promise<void> {
  await reporter.page.goto(`${organisation.portal}/nl/lezen/`);
  await reporter.step("step-enter");
  // A field takes one word: what follows a space goes on in the next.
  const wrong = watched.canary("word").split(" ")[0] ?? "";
  for (const [i, field] of (await reporter.page.$$("#main [data-field=word]")).entries()) {
    await field.type(i === 3 ? wrong : (code[i] ?? ""));
  }
  await reporter.press("open");
  await reporter.page.waitForSelector("#main [data-when=proposal]:not([hidden])");
  await look();
  await reporter.press("accept");
  await reporter.step("conversation");
  await look();
}

/** Fetch the file that was sent, and look at the sheet that offers to keep it. */
async function fetchFile(reporter: Reporter, look: Look): Promise<void> {
  await reporter.press("fetch");
  await reporter.step("sheet-file");
  await look(true);
  await reporter.press("back");
  await reporter.step("conversation");
}

/** Make a file whose name and content are canaries; return its path. */
function makeFile(watched: Watch): string {
  // A name of its own folder: the path must not be found either.
  const folder = join(originals, (watched.canary("folder").split(" ")[0] ?? ""));
  mkdirSync(folder);
  const path = join(folder, `${watched.canary("name")}.txt`);
  writeFileSync(path, `${watched.canary("content")}\n`.repeat(4000));
  return path;
}

/** A photo that says more than it shows: it is cleaned, and drawn before and after. */
function makePhoto(watched: Watch): string {
  const folder = join(originals, (watched.canary("photo folder").split(" ")[0] ?? ""));
  mkdirSync(folder);
  const path = join(folder, `${watched.canary("photo name")}.jpg`);
  writeFileSync(path, insert(BASELINE, segment(0xfe, Buffer.from(`${watched.canary("photo comment")}\n`.repeat(500)))));
  return path;
}

async function inTurn(act: () => Promise<void>): Promise<void> {
  const mine = turn.then(act);
  turn = mine.catch(() => undefined);
  await mine;
}

function deskOf(person: string): { readonly watched: Watch; readonly desk: Desk } {
  const found = desks.get(person);
  if (found === undefined) {
    throw new Error("each counsellor has a desk");
  }
  return found;
}

async function openDesk(person: string, watched: Watch): Promise<void> {
  const address = await organisation.openDesk(person);
  watched.trusted = address;
  await mistype(watched, address);
  desks.set(person, { watched, desk: await Desk.unlock(watched.device.browser, address) });
}

/** Try to open the desk with a pass phrase that is nearly right. */
async function mistype(watched: Watch, address: string): Promise<void> {
  const page = await watched.device.browser.newPage();
  await page.goto(address);
  await page.type("#passphrase", watched.canary("passphrase"));
  await Promise.all([page.waitForNavigation(), page.click("button.primary")]);
  await page.waitForSelector("[role=alert]");
  await watched.settle();
  expect(watched.found).toEqual([]);
  await page.close();
}

/** Type an answer that the desk refuses: what was typed stays on the page, and nowhere else. */
async function refuse(desk: Desk, watched: Watch): Promise<void> {
  const text = watched.canary("refused");
  await desk.page.type("#text", text);
  await watched.settle();
  await desk.page.$eval("#text", (area) => {
    (area as HTMLTextAreaElement).value += "\u0007";
  });
  await Promise.all([desk.page.waitForNavigation(), desk.page.click("#antwoord button.primary")]);
  await desk.page.waitForSelector("#antwoord [role=alert]");
  await expect(desk.page.$eval("#text", (area) => (area as HTMLTextAreaElement).value)).resolves.toContain(text);
  await watched.settle();
  expect(watched.found).toEqual([]);
  await desk.page.$eval("#text", (area) => {
    (area as HTMLTextAreaElement).value = "";
  });
}

/** Look through what lies on the disks of portal, couriers and desks, and what they have printed. */
function lookAtOrganisation(net: Net): string[] {
  const files = [...readFiles(organisation.folder), ["(printed)", Buffer.from(organisation.log)] as const];
  return files.flatMap(([path, data]) => find(net, path, data));
}

/** What was sent does lie in the portal's files: a net for it finds it there. */
function expectCiphertextFound(watched: Watch): void {
  const posts = watched.device.wire.passed.filter(({ url }) => url.pathname === "/api/v1/blocks");
  expect(posts.length).toBeGreaterThanOrEqual(2);
  const files = [...readFiles(organisation.folder).values()];
  for (const { body } of posts) {
    expect(files.some((data) => data.includes(body.subarray(30_000, 30_032)))).toBe(true);
  }
}
