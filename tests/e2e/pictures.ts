/** Where the pictures of `make screens` go, and how one is taken: as a phone and a desktop show it, by day and by night. */

import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import type { Page } from "puppeteer-core";

const FOLDER = join(import.meta.dirname, "..", "..", "docs", "screens");
const WIDTHS = [360, 1280] as const;
const SCHEMES = ["light", "dark"] as const;

/** Remove the pictures whose names fit; the others stay. */
export function clear(names: RegExp): void {
  mkdirSync(FOLDER, { recursive: true });
  for (const name of readdirSync(FOLDER).filter((each) => names.test(each))) {
    rmSync(join(FOLDER, name));
  }
}

/** Take a page as it stands, in each width and scheme. */
export async function take(page: Page, name: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewport({ width, height: width === 360 ? 740 : 900 });
    for (const scheme of SCHEMES) {
      await page.emulateMediaFeatures([
        { name: "prefers-color-scheme", value: scheme },
        { name: "prefers-reduced-motion", value: "reduce" },
      ]);
      await page.screenshot({ path: join(FOLDER, `${name}-${width}-${scheme}.webp`), fullPage: true, type: "webp", quality: 40 });
    }
  }
}
