/** A device whose clock is off. */

import type { Page } from "puppeteer-core";

/** Let every page that is loaded from now on believe that it is so many milliseconds later. */
export async function moveClock(page: Page, milliseconds: number): Promise<void> {
  await page.evaluateOnNewDocument((shift) => {
    const Real = Date;
    class Moved extends Real {
      constructor(...parts: readonly unknown[]) {
        super(...((parts.length === 0 ? [Real.now() + shift] : parts) as [number]));
      }

      static override now(): number {
        return Real.now() + shift;
      }
    }
    globalThis.Date = Moved as DateConstructor;
  }, milliseconds);
}
