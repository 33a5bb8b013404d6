/** What axe finds wrong with a page. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import type { AxeResults } from "axe-core";
import type { Page } from "puppeteer-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Return the rules that the page breaks, each with the elements. */
export async function examine(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) {
    await page.evaluate(AXE);
  }
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: (options: object) => Promise<AxeResults> } };
    // Both criteria are of level AA, and axe leaves them out by itself.
    const rules = { "target-size": { enabled: true }, "label-content-name-mismatch": { enabled: true } };
    const found = await axe.run({ resultTypes: ["violations"], rules });
    return found.violations.map(({ id, nodes }) => ({ id, html: nodes.map((node) => node.html.slice(0, 120)) }));
  });
  return violations.map(({ id, html }) => `${id}: ${html.join(" | ")}`);
}
