/** A photo to be looked at: of a letter on a table, with the place where it was taken in it. */

import type { Browser } from "puppeteer-core";

import { exif, insert, segment } from "../web/cleaning/fixtures.ts";

const LETTER = `<body style="margin:0;background:linear-gradient(#7b6650,#55442f)">
<p style="margin:90px 70px;padding:90px 60px;background:#f3efe4;font:34px/1.7 serif;transform:rotate(-2deg);box-shadow:0 10px 40px #0008">
Ik weet waar je kinderen<br>op school zitten.<br><br>Kerkstraat 12, toch?</p>`;

/** Take it. */
export async function photograph(browser: Browser): Promise<Uint8Array> {
  const page = await browser.newPage();
  await page.setViewport({ width: 800, height: 600, deviceScaleFactor: 4 });
  await page.setContent(LETTER);
  const taken = await page.screenshot({ type: "jpeg", quality: 97 });
  await page.close();
  return insert(Uint8Array.from(taken), segment(0xe1, "Exif\0\0", exif(1)));
}
