/** Files beside a message: through the whole line and back, over a bad connection, and what may not be sent. */

import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { launch } from "./browsers.ts";
import { Desk } from "./desk.ts";
import { Organisation } from "./organisation.ts";
import { Proxy } from "./proxy.ts";
import { Reporter } from "./reporter.ts";
import { Turns } from "./turns.ts";

const RECORD_SIZE = 65_601;
const MEGABYTE = 2 ** 20;
const KINDS = ["Chromium", "Firefox"] as const;

let organisation: Organisation;
let proxy: Proxy;
let folder: string;
let deskBrowser: Browser;
let desk: Desk;

beforeAll(async () => {
  organisation = await Organisation.start(undefined, { isWorkFull: true });
  proxy = await Proxy.start(organisation.portal);
  folder = mkdtempSync(join(tmpdir(), "vp-files-"));
  deskBrowser = await launch("Chromium");
  desk = await Desk.unlock(deskBrowser, await organisation.openDesk("anna"));
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

function makeFile(name: string, size: number): string {
  const path = join(folder, name);
  writeFileSync(path, randomBytes(size));
  return path;
}

/** The records that were posted, some of them twice. */
function postedRecords(): Buffer[] {
  const bodies = proxy.requests.filter(({ path }) => path === "/api/v1/blocks").map(({ body }) => body);
  return bodies.flatMap((body) =>
    Array.from({ length: body.length / RECORD_SIZE }, (_, i) => body.subarray(i * RECORD_SIZE, (i + 1) * RECORD_SIZE)),
  );
}

function hash(data: Buffer): string {
  return createHash("sha256").update(data).digest("hex");
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

  test.runIf(turns.next())("a file that breaks off goes on where it was, and every chunk is the same chunk", async () => {
    await reporter.writeUntilSend("Met een foto.", [makeFile("foto.jpg", MEGABYTE)]);
    // A browser tries again by itself, so the connection stays away until the person has been told.
    let broken = false;
    const arrived = new Set<string>();
    proxy.cuts = ({ path, body }) => {
      const isNew = path === "/api/v1/blocks" && !arrived.has(hash(body));
      arrived.add(hash(body));
      broken ||= isNew && arrived.size % 4 === 0;
      return broken;
    };
    await reporter.press("send");
    let breaks = 0;
    while ((await reporter.stepAfterProgress()) === "sheet-error") {
      breaks += 1;
      broken = false;
      await reporter.press("retry");
    }
    expect(breaks).toBeGreaterThan(1);
    // Seventeen chunks, padded to eighteen, and the message: nothing else was ever sent, however often.
    const sent = new Map(postedRecords().map((record) => [hash(record), record.subarray(0, 32).toString("hex")]));
    expect(sent.size).toBe(19);
    expect(new Set(sent.values()).size).toBe(19);
  }, 240_000);

  test.runIf(turns.next())("Stop ends it, nothing was sent, and sending again goes on where it was", async () => {
    await reporter.writeUntilSend("Met een film.", [makeFile("film.mp4", 8 * MEGABYTE)]);
    await reporter.press("send");
    const stop = await reporter.page.waitForSelector("#main [data-slot=stop]:not([hidden])");
    await stop?.click();
    expect(await reporter.stepAfterProgress()).toBe("step-send");
    const before = postedRecords().length;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(144);

    await reporter.press("send");
    expect(await reporter.stepAfterProgress()).toBe("step-sent");
    // 129 chunks, padded to 144, and the message; none of them was sent a second time.
    expect(postedRecords()).toHaveLength(145);
  }, 240_000);

  test.runIf(turns.next())("a file that changes on the way is said to have changed, and its old key is not used for the new content", async () => {
    const path = makeFile("brief.pdf", 4 * MEGABYTE);
    await reporter.writeUntilSend("Met een brief.", [path]);
    let changed = false;
    proxy.cuts = ({ path: called, body }) => {
      if (called === "/api/v1/blocks" && body.length > RECORD_SIZE && !changed) {
        changed = true;
        writeFileSync(path, randomBytes(4 * MEGABYTE));
      }
      return changed;
    };
    await reporter.press("send");
    expect(await reporter.stepAfterProgress()).toBe("sheet-error");
    proxy.cuts = () => false;
    await reporter.press("retry");
    await reporter.stepAfterProgress();
    // Whatever the browser makes of such a file: two different records never share an address.
    const addresses = new Map(postedRecords().map((record) => [hash(record), record.subarray(0, 32).toString("hex")]));
    expect(new Set(addresses.values()).size).toBe(addresses.size);
  }, 240_000);

  test.runIf(turns.next())("what is too large, or one too many, is refused by name; the others stay; the control keeps nothing", async () => {
    await reporter.openFiles();
    await reporter.choose([makeFile("klein.txt", 10), makeFile("groot.zip", 25 * MEGABYTE + 1)]);
    expect(await reporter.texts("[data-choose=refused] > :not([hidden])")).toEqual([expect.stringContaining("groot.zip")]);
    await reporter.choose(Array.from({ length: 10 }, (_, i) => makeFile(`${i}.txt`, 0)));
    expect(await reporter.texts("[data-choose=refused] > :not([hidden])")).toEqual([expect.stringContaining("9.txt")]);
    expect(await reporter.texts(".files .own")).toEqual(Array.from({ length: 10 }, (_, i) => `bestand-${i + 1}.txt`));
    expect(await reporter.page.$eval("#main [data-field=files]", (control) => (control as HTMLInputElement).files?.length)).toBe(0);
    await reporter.page.click("#main [data-slot=remove]");
    expect(await reporter.texts(".files .own")).toHaveLength(9);
  }, 120_000);
});

// docs/PERFORMANCE.md takes its figures from here.
async function timed<T>(what: string, act: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  const result = await act();
  process.stdout.write(`  ${what}: ${((performance.now() - begin) / 1000).toFixed(1)} s\n`);
  return result;
}

describe.each(["Chromium", "Firefox, Safer"] as const)("25 MB, %s", (kind) => {
  test("goes from a reporter to the desk and back, byte for byte", async () => {
    const [there, back] = [makeFile("van haar.bin", 25 * MEGABYTE), makeFile("van ons.bin", 25 * MEGABYTE)];
    const browser = await launch(kind);
    const reporter = await Reporter.open(browser, organisation.portal);
    const story = `Met een groot bestand, ${kind}.`;
    const code = await reporter.writeUntilSend(story, [there]);
    await timed(`${kind}, 25 MB: Versturen → Verstuurd`, async () => {
      await reporter.press("send");
      expect(await reporter.stepAfterProgress()).toBe("step-sent");
    });

    // The message comes first and says which chunks are wanted; the courier brings them at its next round.
    await organisation.sync("anna");
    await desk.read(story);
    await timed("courier, 25 MB", async () => organisation.sync("anna"));
    await timed("desk takes it in", async () => desk.read(story));
    const received = await timed("desk hands it out", async () => desk.download(0, 0));
    expect(hash(Buffer.from(received))).toBe(hash(readFileSync(there)));

    await desk.attach(back);
    await timed("desk seals its own", async () => desk.answer("Hierbij."));
    await timed("courier posts it", async () => organisation.sync("anna"));
    await organisation.tick();

    await reporter.enter(code);
    await timed(`${kind}, 25 MB: Haal op → er`, async () => {
      await reporter.page.click("#main .letter:not(.mine) [data-action=fetch]");
      await reporter.step("sheet-file");
    });
    expect(await reporter.keep()).toBe(hash(readFileSync(back)));
    await browser.close();
  }, 300_000);
});
