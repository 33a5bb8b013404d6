/** Somebody who has nothing but a keyboard. Every stop on the way is looked at: seen, in order, and never lost. */

import type { KeyInput, Page } from "puppeteer-core";

import { findUnheard, type Heard, hear } from "./tree.ts";

// More than any page has.
const STOPS = 120;
const STEP_MILLISECONDS = 60_000;

/** The keyboard; what went wrong on the way stands in `wrong`. */
export class Keyboard {
  readonly wrong: string[] = [];
  readonly page: Page;
  readonly #hears: boolean;

  /** `hears` says whether this browser tells what a screen reader is told: Firefox does not. */
  constructor(page: Page, hears: boolean) {
    this.page = page;
    this.#hears = hears;
  }

  /** Wait for a step, whose heading has the focus and is the first thing that is read aloud. */
  async step(name: string): Promise<void> {
    await this.page.waitForSelector(`#main [data-step="${name}"]`, { timeout: STEP_MILLISECONDS });
    const focused = await this.page.evaluate(() => document.activeElement?.tagName ?? "");
    const heard = (await this.hear()) ?? [];
    const told = heard.filter(({ isFocused }) => isFocused).map(({ role }) => role);
    const wrong = this.#hears ? findUnheard(heard) : [];
    // The first field of a code takes the focus itself; its group bears the heading's words.
    const isRead = focused === "H1" ? !this.#hears || told.includes("heading") : name === "step-enter" && focused === "INPUT";
    this.wrong.push(...[...wrong, ...(isRead ? [] : [`${focused} has the focus`])].map((what) => `${name}: ${what}`));
  }

  /** Return what a screen reader is told now, or null where nobody knows. */
  async hear(): Promise<Heard[] | null> {
    return this.#hears ? hear(this.page) : null;
  }

  /** Go on from stop to stop to what fits a selector; `back` goes the other way. */
  async to(selector: string, back = false): Promise<void> {
    for (let i = 0; i < STOPS; i += 1) {
      await this.page.evaluate(keepPrevious);
      await this.tab(back);
      const { isThere, wrong } = await this.page.evaluate(lookAtStop, selector, back);
      this.wrong.push(...wrong);
      if (isThere) {
        return;
      }
    }
    throw new Error(`the keyboard does not reach ${selector}; it met ${this.wrong.join(", ")}`);
  }

  /** Go to a button or link and press it. */
  async press(selector: string, back = false): Promise<void> {
    await this.to(selector, back);
    await this.keys("Enter");
  }

  /** Go to a button of the step by what it asks for, and press it. */
  async act(action: string, back = false): Promise<void> {
    await this.press(`#main [data-action=${action}]`, back);
  }

  /** Press keys, one after the other. */
  async keys(...keys: readonly KeyInput[]): Promise<void> {
    for (const key of keys) {
      await this.page.keyboard.press(key);
    }
  }

  /** Type where the focus is. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  /** One stop further, or back. */
  async tab(back = false): Promise<void> {
    if (back) {
      await this.page.keyboard.down("Shift");
    }
    await this.page.keyboard.press("Tab");
    if (back) {
      await this.page.keyboard.up("Shift");
    }
  }
}

type Remembering = typeof globalThis & { previousStop?: Element | null };

function keepPrevious(): void {
  (globalThis as Remembering).previousStop = document.activeElement;
}

function lookAtStop(selector: string, back: boolean): { isThere: boolean; wrong: string[] } {
  const stop = document.activeElement ?? document.body;
  const previous = (globalThis as Remembering).previousStop ?? document.body;
  const wrong: string[] = [];
  const say = (what: string): void => {
    const step = document.querySelector<HTMLElement>("#main [data-step]")?.dataset["step"] ?? document.title;
    wrong.push(`${step}: ${stop.tagName} ${stop.textContent.trim().slice(0, 30)} ${what}`);
  };
  if (stop === document.body) {
    say("the focus is lost");
  }
  const isOnward = (previous.compareDocumentPosition(stop) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
  if (previous !== document.body && isOnward === back) {
    say("comes out of order");
  }
  const bar = stop.closest(".bar") === null ? (document.querySelector(".bar")?.getBoundingClientRect().bottom ?? 0) : 0;
  const { top, bottom, height } = (stop.matches(".unseen") ? (stop.closest("label") ?? stop) : stop).getBoundingClientRect();
  const seen = Math.min(bottom, window.innerHeight) - Math.max(top, bar);
  // A line of it at least.
  if (seen < Math.min(height, 16)) {
    say("cannot be seen");
  }
  const { outlineStyle, outlineWidth } = getComputedStyle(stop.matches(".unseen") ? (stop.closest("label") ?? stop) : stop);
  if (outlineStyle === "none" || Number.parseFloat(outlineWidth) < 2) {
    say("has no outline");
  }
  return { isThere: stop.matches(selector), wrong };
}
