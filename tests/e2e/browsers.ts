/** The real browsers of these tests, each with a profile that is empty at the start and gone at the end. */

import puppeteer, { type Browser } from "puppeteer-core";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const FIREFOX = process.env["FIREFOX"] ?? "/usr/bin/firefox-esr";

// A browser that calls home would make requests of its own; in a sandboxed root session Chromium needs --no-sandbox.
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// What Tor Browser's level "Safer" turns off.
const SAFER = {
  "javascript.options.wasm": false,
  "javascript.options.ion": false,
  "javascript.options.baselinejit": false,
};

/** A kind of browser, by the name that tests show. */
export type Kind = "Chromium" | "Chromium without JIT" | "Firefox" | "Firefox, Safer";

export const KINDS: readonly Kind[] = ["Chromium", "Chromium without JIT", "Firefox", "Firefox, Safer"];

/** Start a browser; whoever starts it closes it. */
export async function launch(kind: Kind): Promise<Browser> {
  return kind.startsWith("Chromium")
    ? puppeteer.launch({
        browser: "chrome",
        executablePath: CHROMIUM,
        args: [...QUIET, ...(kind === "Chromium" ? [] : ["--js-flags=--jitless"])],
      })
    : puppeteer.launch({
        browser: "firefox",
        executablePath: FIREFOX,
        extraPrefsFirefox: kind === "Firefox" ? {} : SAFER,
      });
}
