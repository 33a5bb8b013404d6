/** A reporter's way to one step and no further, with something to recognise in every field. */

import type { Gate } from "./gate.ts";
import type { Reporter } from "./reporter.ts";

/** The way; it begins at the start page, so that there is something to go back to. */
export class Walk {
  readonly reporter: Reporter;
  /** What the page has shown or been told, and may not show again. */
  readonly shown: string[] = [];
  /** The words of the code that was made. */
  words: string[] = [];
  readonly #gate: Gate;
  readonly #code: readonly string[];
  readonly #typed: string;

  constructor(reporter: Reporter, gate: Gate, code: readonly string[], typed: string) {
    this.reporter = reporter;
    this.#gate = gate;
    this.#code = code;
    this.#typed = typed;
  }

  /** Open a page by the start page's link. */
  async start(name: "schrijven" | "lezen"): Promise<void> {
    const { page } = this.reporter;
    await page.goto(`${this.#gate.address}/nl/`);
    await Promise.all([page.waitForNavigation(), page.click(`main a[href$="/${name}/"]`)]);
    await page.waitForSelector("#main [data-step]");
  }

  /** Answer and go on as far as a step, and fill that one in too. */
  async writeTo(step: string): Promise<void> {
    const { page } = this.reporter;
    for (;;) {
      const shown = await page.$eval("#main [data-step]", (element) => element.getAttribute("data-step") ?? "");
      await this.#fillIn(shown);
      if (shown === step) {
        return;
      }
      await page.click("#main button.primary");
      await page.waitForSelector(`#main [data-step]:not([data-step="${shown}"])`);
    }
  }

  /** Send, and wait for the call that gets no answer. */
  async sendInto(path: string): Promise<void> {
    const before = this.#gate.asked.length;
    this.#gate.held.add(path);
    await this.reporter.press("send");
    while (!this.#gate.asked.slice(before).some((asked) => asked.endsWith(` ${path}`))) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Type a code, and stop before it is opened. */
  async typeCode(): Promise<void> {
    const fields = await this.reporter.page.$$("#main [data-field=word]");
    for (const [i, field] of fields.entries()) {
      await field.type(this.#code[i] ?? "");
    }
    this.shown.push(this.#code.join(" "));
  }

  /** Open the mailbox of the code and begin a reply. */
  async readAndReply(): Promise<void> {
    await this.typeCode();
    await this.reporter.press("open");
    await this.reporter.step("conversation");
    await this.reporter.page.type("#main [data-field=reply]", this.#typed);
  }

  async #fillIn(step: string): Promise<void> {
    const { page } = this.reporter;
    if (step === "step-question-danger") {
      // What leads on, and is found nowhere else.
      await page.click("#main input[value=unsure]");
    } else if (step === "step-question-wellbeing") {
      await page.click("#main input");
      this.shown.push(await page.$eval("#main input", (input) => input.closest("label")?.innerText.trim() ?? ""));
    } else if (step === "step-story") {
      await page.type("#main textarea", this.#typed);
      this.shown.push(this.#typed);
    } else if (step === "step-code") {
      this.words = await this.reporter.texts("[data-slot=word]");
    } else if (step === "step-repeat") {
      const places = (await this.reporter.texts("[data-slot=index]")).map(Number);
      for (const [i, field] of (await page.$$("#main [data-field=repeat]")).entries()) {
        await field.type(this.words[(places[i] ?? 1) - 1] ?? "");
      }
    }
  }
}
