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

/** What a test may want otherwise: a profile that stays, and whatever goes with it. */
export interface Wishes {
  readonly profile?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** For Firefox. */
  readonly prefs?: Readonly<Record<string, unknown>>;
  readonly args?: readonly string[];
  /** Arguments of puppeteer's own to leave out. */
  readonly without?: readonly string[];
}

// Less than a test of two minutes has, so that a call which is never answered is named by its line.
const ANSWER_MILLISECONDS = 100_000;

/** Start a browser; whoever starts it closes it. */
export async function launch(kind: Kind, wishes: Wishes = {}): Promise<Browser> {
  const { profile, environment = {}, prefs = {}, args = [], without = [] } = wishes;
  const common = {
    protocolTimeout: ANSWER_MILLISECONDS,
    env: { ...process.env, ...environment },
    ignoreDefaultArgs: [...without],
    ...(profile === undefined ? {} : { userDataDir: profile }),
  };
  return kind.startsWith("Chromium")
    ? puppeteer.launch({
        ...common,
        browser: "chrome",
        executablePath: CHROMIUM,
        args: [...QUIET, ...(kind.startsWith("Chromium without JIT") ? ["--js-flags=--jitless"] : []), ...args],
      })
    : puppeteer.launch({
        ...common,
        browser: "firefox",
        executablePath: FIREFOX,
        args: [...args],
        extraPrefsFirefox: { ...(kind === "Firefox" ? {} : SAFER), ...prefs },
      });
}
