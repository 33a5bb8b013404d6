/** What a browser prints. */

import { inflateSync } from "node:zlib";

import type { Page } from "puppeteer-core";
import { expect } from "vitest";

/** What stands on the paper, without spaces: read from the PDF itself, or from what the page shows to a printer. */
export async function onPaper(page: Page, isReadable: boolean): Promise<string[]> {
  const pdf = Buffer.from(await page.pdf({ displayHeaderFooter: true, format: "a4" }));
  expect(pdf.toString("latin1").match(/\/Type \/Page\b/g)?.length ?? 1).toBe(1);
  if (isReadable) {
    return readPdf(pdf);
  }
  await page.emulateMediaType("print").catch(() => undefined);
  return page.$$eval("#card li", (items) => items.map((item, i) => `${i + 1}${item.innerText.trim()}`));
}

/** Return the texts of a PDF by Skia: numbers joined with the word that follows. */
function readPdf(pdf: Buffer): string[] {
  const streams = Array.from(pdf.toString("latin1").matchAll(/stream\r?\n([^]*?)endstream/g), ([, body = ""]) => {
    try {
      return inflateSync(Buffer.from(body, "latin1")).toString("latin1");
    } catch {
      return "";
    }
  });
  const letters = new Map(streams.filter((text) => text.includes("begincmap")).flatMap(readLetters));
  const shown = streams.filter((text) => /\bBT\b/.test(text)).flatMap((text) => Array.from(text.matchAll(/<([0-9A-F]+)> Tj/g), ([, codes = ""]) => codes));
  const texts = shown.map((codes) => (codes.match(/.{4}/g) ?? []).map((glyph) => letters.get(glyph) ?? "?").join(""));
  return texts.join("").match(/\d+[^\d]+/g) ?? [];
}

function readLetters(map: string): [string, string][] {
  const hex = (number: number): string => number.toString(16).toUpperCase().padStart(4, "0");
  return Array.from(map.matchAll(/^<(\w{4})>(?: <(\w{4})>)? <(\w{4})>$/gm), ([, from = "", to, letter = ""]) => {
    const start = parseInt(from, 16);
    return Array.from({ length: parseInt(to ?? from, 16) - start + 1 }, (_, i): [string, string] => [
      hex(start + i),
      String.fromCharCode(parseInt(letter, 16) + i),
    ]);
  }).flat();
}
