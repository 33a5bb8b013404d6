/** What goes along of a chosen file: a photo without what it says besides its pixels, nothing by its own name. */

import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as path } from "node:path";

import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { cleanJpeg } from "../../web/cleaning/jpeg.ts";
import { cleanPng } from "../../web/cleaning/png.ts";
import { cleanWebp } from "../../web/cleaning/webp.ts";
import * as made from "../web/cleaning/fixtures.ts";
import * as pictures from "../web/cleaning/pictures.ts";
import { examine } from "./axe.ts";
import { launch } from "./browsers.ts";
import { Organisation } from "./organisation.ts";
import { Proxy } from "./proxy.ts";
import { Reporter } from "./reporter.ts";

const { exif, extendWebp, insert, join, png, riffChunk, segment } = made;

const JPEG = insert(pictures.BASELINE, segment(0xe1, "Exif\0\0", exif()), segment(0xfe, made.CANARY));
const HEIC = join("\0\0\0\x18ftypheic\0\0\0\0mif1heic", new Uint8Array(64));
const PDF = "%PDF-1.4\n1 0 obj << /Author (Jan de Vries) /CreationDate (D:20261102) >> endobj";

let organisation: Organisation;
let proxy: Proxy;
let folder: string;

beforeAll(async () => {
  organisation = await Organisation.start();
  proxy = await Proxy.start(organisation.portal);
  folder = mkdtempSync(path(tmpdir(), "vp-cleaning-"));
}, 180_000);

afterAll(async () => {
  await proxy.stop();
  await organisation.stop();
  rmSync(folder, { recursive: true });
}, 120_000);

function makeFile(name: string, content: Uint8Array | string): string {
  const file = path(folder, name);
  writeFileSync(file, content);
  return file;
}

function hash(...pieces: readonly Uint8Array[]): string {
  return createHash("sha256").update(join(...pieces)).digest("hex");
}

/** The texts that are to be seen in the list of files. */
async function visible(page: Page, selector: string): Promise<string[]> {
  return page.$$eval(`#main .files ${selector}`, (elements) =>
    (elements as HTMLElement[]).filter((element) => element.checkVisibility()).map((element) => element.innerText.replace(/\s+/g, " ").trim()),
  );
}

/** What a browser shows of a picture: its size and its pixels, as a person sees them. */
async function decode(page: Page, bytes: Uint8Array): Promise<string> {
  return page.evaluate(async (base64) => {
    const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))]));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
    const context = canvas.getContext("2d");
    context?.drawImage(bitmap, 0, 0);
    return `${bitmap.width} ${bitmap.height} ${String(context?.getImageData(0, 0, bitmap.width, bitmap.height).data)}`;
  }, Buffer.from(bytes).toString("base64"));
}

const ORIGINALS: Readonly<Record<string, readonly [Uint8Array, (bytes: Uint8Array) => Promise<{ pieces: readonly Uint8Array[] }>]>> = {
  ...Object.fromEntries(
    Object.entries({ ...pictures, LOSSY: null, LOSSLESS: null, ALPHA: null, MOVING: null }).flatMap(([name, bytes]) =>
      bytes === null ? [] : [[name, [bytes, cleanJpeg]], [`${name} in all its segments`, [withSegments(bytes), cleanJpeg]]],
    ),
  ),
  PNG: [png({ before: Object.entries(made.CHUNKS).flatMap(([name, [bytes]]) => (name === "iCCP" ? [] : [bytes])) }), cleanPng],
  "PNG with EXIF behind its pixels": [png({ after: [made.chunk("eXIf", exif())] }), cleanPng],
  LOSSY: [extendWebp(pictures.LOSSY, 24, 17, riffChunk("XMP ", made.XMP)), async (bytes) => Promise.resolve(cleanWebp(bytes))],
  "LOSSY in EXIF": [extendWebp(pictures.LOSSY, 24, 17, riffChunk("EXIF", exif())), async (bytes) => Promise.resolve(cleanWebp(bytes))],
  "LOSSY in EXIF as JPEG has it": [
    extendWebp(pictures.LOSSY, 24, 17, riffChunk("EXIF", join("Exif\0\0", exif()))),
    async (bytes) => Promise.resolve(cleanWebp(bytes)),
  ],
  LOSSLESS: [pictures.LOSSLESS, async (bytes) => Promise.resolve(cleanWebp(bytes))],
  ALPHA: [extendWebp(pictures.ALPHA, 24, 17, riffChunk("XMP ", made.XMP)), async (bytes) => Promise.resolve(cleanWebp(bytes))],
};

// Without those that change how it looks: profiles and colour transforms are others' words for the same pixels.
function withSegments(bytes: Uint8Array): Uint8Array {
  const hidden = Object.entries(made.SEGMENTS).filter(([name]) => !/profile|Adobe|JFIF|quantiser/u.test(name));
  return insert(bytes, ...hidden.map(([, [each]]) => each));
}

describe.each(["Chromium", "Firefox", "Firefox, Safer"] as const)("in %s", (kind) => {
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

  test("a picture that was written anew looks as it did, whichever way up it stood", async () => {
    await reporter.openFiles();
    for (const [name, [bytes, clean]] of Object.entries(ORIGINALS)) {
      const { pieces } = await clean(bytes);
      expect((await decode(reporter.page, join(...pieces))) === (await decode(reporter.page, bytes)), name).toBe(true);
    }
    for (let orientation = 1; orientation <= 8; orientation += 1) {
      const turned = insert(pictures.BASELINE, segment(0xe1, "Exif\0\0", exif(orientation)));
      const { pieces } = await cleanJpeg(turned);
      expect((await decode(reporter.page, join(...pieces))) === (await decode(reporter.page, turned)), `${orientation}`).toBe(true);
    }
  }, 120_000);

  test("a photo goes along without its place, time and device, under another name, and no request tells that it was chosen", async () => {
    await reporter.openFiles();
    proxy.requests.length = 0;
    await reporter.choose([makeFile("Thuis bij Jansen.jpg", JPEG)]);
    expect(await visible(reporter.page, ".own")).toEqual(["foto-1.jpg"]);
    expect(await visible(reporter.page, ".found li")).toEqual([
      "de plaats",
      "de dag en de tijd",
      "het toestel",
      "de naam van de maker",
      "een tweede foto die erin zat",
      "een opmerking",
      "het programma",
      "andere gegevens",
    ]);
    // EXIF's sixth orientation lies on its side.
    const sizes = await reporter.page.$$eval("#main canvas", (all) => all.map(({ width, height }) => [width, height]));
    expect(sizes).toEqual([[17, 24], [17, 24]]);
    expect(await examine(reporter.page)).toEqual([]);
    expect(proxy.requests).toEqual([]);

    const code = await reporter.write("Met een foto.", [makeFile("Thuis bij Jansen.jpg", JPEG)]);
    await reporter.enter(code);
    expect(await reporter.texts(".letter.mine .files .own")).toEqual(["foto-1.jpg"]);
    await reporter.page.click("#main .letter.mine [data-action=fetch]");
    await reporter.step("sheet-file");
    expect(await reporter.keep()).toBe(hash(...(await cleanJpeg(JPEG)).pieces));
  }, 180_000);

  test("what cannot be cleaned says why and stays, until somebody insists; what is left out is not sent", async () => {
    await reporter.openFiles();
    const files = [
      makeFile("IMG_0001.HEIC", HEIC),
      makeFile("half.jpg", JPEG.subarray(0, -40)),
      makeFile("dans.webp", pictures.MOVING),
      makeFile("stem.ogg", "OggS"),
      makeFile("brief.pdf", PDF),
    ];
    await reporter.choose(files);
    expect(await visible(reporter.page, ".own")).toEqual(files.map((file) => file.slice(folder.length + 1)));
    expect(await visible(reporter.page, "[data-choose=why] > *")).toEqual([
      expect.stringMatching(/^Dit soort foto/),
      expect.stringMatching(/^Deze foto is niet heel/),
      expect.stringMatching(/^Dit is een bewegend beeld/),
      expect.stringMatching(/^Geluid en film/),
      expect.stringMatching(/Naam: Jan de Vries Dag: 2 november 2026$/),
    ]);
    expect(await examine(reporter.page)).toEqual([]);
    await (await reporter.page.$$("#main [data-slot=insist]"))[4]?.click();
    expect(await visible(reporter.page, "[data-choose=became] > *")).toEqual([expect.stringMatching(/zoals het is/)]);
    await (await reporter.page.$$("#main [data-slot=remove]"))[0]?.click();
    expect(await visible(reporter.page, ".own")).toEqual(["half.jpg", "dans.webp", "stem.ogg", "bestand-4.pdf"]);

    await reporter.press("next");
    await reporter.press("past");
    await reporter.press("skip");
    await reporter.step("step-check");
    expect((await reporter.shown()).filter((answer) => answer !== "")).toContain("bestand-4.pdf");
    expect((await reporter.shown()).join()).not.toContain("half");
  }, 120_000);

  test("a name is kept only by whoever wants that", async () => {
    await reporter.openFiles();
    await reporter.choose([makeFile("klacht over Jansen.png", png()), makeFile("brief", "x")]);
    expect(await visible(reporter.page, ".own")).toEqual(["foto-1.png", "bestand-2"]);
    await reporter.page.click("#main [data-field=keep-names]");
    expect(await visible(reporter.page, ".own")).toEqual(["klacht over Jansen.png", "brief"]);
    await reporter.press("next");
    await reporter.step("step-question-for-whom");
    await reporter.press("back");
    await reporter.step("step-files");
    expect(await visible(reporter.page, ".own")).toEqual(["klacht over Jansen.png", "brief"]);
    expect(await reporter.page.$eval("#main [data-field=keep-names]", (box) => (box as HTMLInputElement).checked)).toBe(true);
  }, 120_000);
});
