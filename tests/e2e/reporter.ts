/** What a reporter does in a browser, step by step, through nothing but the page. */

import type { Browser, Page } from "puppeteer-core";

const STEP_MILLISECONDS = 120_000;

/** A reporter at a page of the portal. */
export class Reporter {
  readonly page: Page;
  readonly #portal: string;

  private constructor(page: Page, portal: string) {
    this.page = page;
    this.#portal = portal;
  }

  static async open(browser: Browser, portal: string): Promise<Reporter> {
    const page = await browser.newPage();
    await page.setViewport({ width: 360, height: 740 });
    return new Reporter(page, portal);
  }

  /** Write a report: some answers and a story; return the code's eight words. */
  async write(story: string, choices: readonly string[] = ["badly", "threat", "talk"]): Promise<string[]> {
    await this.#go("schrijven");
    for (const question of ["wellbeing", "what-happened", "wish"]) {
      await this.step(`step-question-${question}`);
      for (const choice of choices) {
        await (await this.page.$(`#main input[value="${choice}"]`))?.click();
      }
      await this.press("next");
    }
    await this.step("step-story");
    await this.page.type("#main textarea", story);
    await this.press("next");
    await this.step("step-check");
    await this.press("next");
    const words = await this.takeCode();
    await this.step("step-send");
    await this.press("send");
    await this.step("step-sent");
    return words;
  }

  /** Go as far as *Versturen* with one answer and nothing else; return the code. */
  async prepare(): Promise<string[]> {
    await this.#go("schrijven");
    await this.step("step-question-wellbeing");
    await this.page.click("#main input[value=badly]");
    for (const action of ["next", "skip", "skip", "skip", "next"]) {
      await this.press(action);
    }
    const words = await this.takeCode();
    await this.step("step-send");
    return words;
  }

  /** Read the code from the page and type two of its words back. */
  async takeCode(): Promise<string[]> {
    await this.step("step-code");
    const words = await this.texts("[data-slot=word]");
    await this.press("next");
    await this.step("step-repeat");
    const places = (await this.texts("[data-slot=index]")).map(Number);
    const fields = await this.page.$$("#main [data-field=repeat]");
    for (const [i, field] of fields.entries()) {
      await field.type(words[(places[i] ?? 1) - 1] ?? "");
    }
    await this.press("next");
    return words;
  }

  /** Enter a code; return the step that follows: `conversation` or `sheet-nothing`. */
  async enter(words: readonly string[]): Promise<string> {
    await this.#go("lezen");
    await this.step("step-enter");
    const fields = await this.page.$$("#main [data-field=word]");
    for (const [i, field] of fields.entries()) {
      await field.type(words[i] ?? "");
    }
    await this.press("open");
    await this.page.waitForSelector("#main [data-step=conversation], #main [data-step=sheet-nothing]", {
      timeout: STEP_MILLISECONDS,
    });
    return this.page.$eval("#main [data-step]", (element) => element.getAttribute("data-step") ?? "");
  }

  /** The letters that are shown, in order: who and which day, then what they say. */
  async letters(): Promise<string[]> {
    return this.page.$$eval("#main .letter", (letters) =>
      letters.map((letter) => (letter as HTMLElement).innerText.replace(/\s+/g, " ").trim()),
    );
  }

  /** Write again in an open conversation. */
  async reply(text: string): Promise<void> {
    await this.page.type("#main [data-field=reply]", text);
    await this.press("send");
    await this.page.waitForSelector("#main .notice[role=status]", { timeout: STEP_MILLISECONDS });
  }

  /** Wait until a step is shown. */
  async step(name: string): Promise<void> {
    await this.page.waitForSelector(`#main [data-step="${name}"]`, { timeout: STEP_MILLISECONDS });
  }

  /** Press a button by what it asks for. */
  async press(action: string): Promise<void> {
    const button = await this.page.waitForSelector(`#main [data-action=${action}]`, { timeout: STEP_MILLISECONDS });
    await button?.click();
  }

  /** The answers that *Kijk het na* shows, the word for skipped ones included. */
  async shown(): Promise<string[]> {
    return this.page.$$eval("#main [data-choose=answer] > :not([hidden])", (elements) =>
      elements.map((element) => element.textContent),
    );
  }

  /** The texts of all elements inside the main part that fit a selector. */
  async texts(selector: string): Promise<string[]> {
    return this.page.$$eval(`#main ${selector}`, (elements) => elements.map((element) => element.textContent));
  }

  async #go(page: string): Promise<void> {
    await this.page.goto(`${this.#portal}/nl/${page}/`);
  }
}
