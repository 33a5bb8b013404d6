/** What a reporter does in a browser, step by step, through nothing but the page. */

import type { Browser, ElementHandle, Page } from "puppeteer-core";

const STEP_MILLISECONDS = 120_000;
const CHOICES: readonly string[] = ["badly", "threat", "talk"];
// In their order on the page; the first two come before the choice how to begin.
const QUESTIONS = ["for-whom", "wellbeing", "wish", "what-happened", "how", "by-whom", "how-often", "effect", "who-knows"];

/** What a reporter may want otherwise: to say that there is danger now, or that a counsellor (a name) is left out. */
export interface Wishes {
  readonly inDanger?: boolean;
  readonly without?: string | null;
}

/** A reporter at a page of the portal. */
export class Reporter {
  readonly page: Page;
  readonly #site: string;

  private constructor(page: Page, site: string) {
    this.page = page;
    this.#site = site;
  }

  static async open(browser: Browser, portal: string, language = "nl"): Promise<Reporter> {
    const page = await browser.newPage();
    page.setDefaultTimeout(STEP_MILLISECONDS);
    await page.setViewport({ width: 360, height: 740 });
    await page.evaluateOnNewDocument(pressAtOnce);
    return new Reporter(page, `${portal}/${language}`);
  }

  /** Write a report: some answers, a story, and files by their paths; return the code's eight words. */
  async write(story: string, files: readonly string[] = [], choices = CHOICES, wishes: Wishes = {}): Promise<string[]> {
    const words = await this.writeUntilSend(story, files, choices, wishes);
    await this.press("send");
    await this.step("step-sent");
    return words;
  }

  /** Write a report and go as far as *Versturen*; questions are answered only where there is something to choose. */
  async writeUntilSend(
    story: string,
    files: readonly string[] = [],
    choices = CHOICES,
    { inDanger = false, without = null }: Wishes = {},
  ): Promise<string[]> {
    await this.begin("tell", inDanger);
    await this.tell(story);
    await this.press("next");
    await this.step("step-files");
    await this.attach(files);
    await this.press("next");
    await this.#choose(choices);
    await this.step("step-exclude");
    if (without !== null) {
      const names = await this.texts("[data-slot=name]");
      await (await this.page.$$("#main input[data-field=person]"))[names.indexOf(without)]?.click();
    }
    await this.press(without === null ? "skip" : "next");
    await this.step("step-check");
    await this.press("next");
    const words = await this.takeCode();
    await this.step("step-send");
    return words;
  }

  /** Open the page and take every step there is as far as *Kijk het na*; `at` does what there is to do at each. */
  async takeEveryStep(at: (step: string) => Promise<void>): Promise<void> {
    await this.#go("schrijven");
    for (let step = ""; step !== "step-check";) {
      const next = await this.page.waitForSelector(`#main [data-step]:not([data-step="${step}"])`);
      step = (await next?.evaluate((element) => element.getAttribute("data-step"))) ?? "";
      await at(step);
      if (step !== "step-check") {
        await this.press(step === "step-begin" ? "tell" : "next");
      }
    }
  }

  /** Open the page, and begin with telling or with the questions. */
  async begin(how: "tell" | "ask", inDanger = false): Promise<void> {
    await this.#go("schrijven");
    await this.step("step-question-danger");
    if (inDanger) {
      await this.page.click("#main input[value=yes]");
      await this.press("next");
      await this.step("step-danger");
      await this.press("next");
    } else {
      await this.press("skip");
    }
    await this.step("step-question-device");
    await this.press("skip");
    await this.step("step-begin");
    await this.press(how);
  }

  /** Put a story into its field at once: typing ten thousand letters one by one takes minutes. */
  async tell(story: string): Promise<void> {
    await this.step("step-story");
    await this.page.$eval(
      "#main textarea",
      (control, text) => {
        control.value = text;
        control.dispatchEvent(new InputEvent("input", { bubbles: true }));
      },
      story,
    );
  }

  /** What follows when the progress is over: `step-sent`, or `sheet-error` where it was not sent. */
  async stepAfterProgress(): Promise<string> {
    const end = await this.page.waitForSelector("#main [data-step]:not([data-step=sheet-progress])");
    return (await end?.evaluate((element) => element.getAttribute("data-step"))) ?? "";
  }

  /** Go to the page that asks for files, past everything before it. */
  async openFiles(): Promise<void> {
    await this.begin("tell");
    await this.step("step-story");
    await this.press("skip");
    await this.step("step-files");
  }

  /** Choose files, where the page asks for them; wait until each stands in the list. */
  async attach(files: readonly string[]): Promise<void> {
    if (files.length > 0) {
      await this.choose(files);
      await this.page.waitForFunction((n) => document.querySelectorAll("#main [data-slot=remove]").length === n, {}, files.length);
    }
  }

  /** Choose files, whatever the page makes of them, and wait until it has looked at them. */
  async choose(files: readonly string[]): Promise<void> {
    const control = await this.page.$("#main [data-field=files]");
    await (control as ElementHandle<HTMLInputElement> | null)?.uploadFile(...files);
    await this.page.waitForSelector("#main [data-choose=looking] > [data-when=busy][hidden]");
  }

  /** Keep the file that was fetched; return the SHA-256 of what the browser would save, in hexadecimal. */
  async keep(): Promise<string> {
    return this.page.evaluate(async () => {
      const made: Blob[] = [];
      URL.createObjectURL = (blob) => `#${made.push(blob as Blob)}`;
      const link = document.querySelector<HTMLAnchorElement>("#main [data-slot=keep]");
      // Nothing is to land in a folder of this machine.
      link?.addEventListener("click", (event) => { event.preventDefault(); });
      link?.click();
      const bytes = (await made[0]?.arrayBuffer()) ?? new ArrayBuffer(0);
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    });
  }

  /** Go as far as *Versturen* with one answer and nothing else; return the code. */
  async prepare(): Promise<string[]> {
    await this.begin("ask");
    await this.step("step-question-for-whom");
    await this.page.click("#main input[value=self]");
    await this.press("end");
    await this.step("step-check");
    await this.press("next");
    const words = await this.takeCode();
    await this.step("step-send");
    return words;
  }

  /** Read the code from the page, the first or the one after so many others, and type two of its words back. */
  async takeCode(look: () => Promise<void> = async () => Promise.resolve(), others = 0): Promise<string[]> {
    await this.step("step-code");
    for (let i = 0; i < others; i += 1) {
      await this.press("other");
    }
    const words = await this.texts("[data-slot=word]");
    await this.press("next");
    await this.step("step-repeat");
    await look();
    const places = (await this.texts("[data-slot=index]")).map(Number);
    const fields = await this.page.$$("#main [data-field=repeat]");
    for (const [i, field] of fields.entries()) {
      await field.type(words[(places[i] ?? 1) - 1] ?? "");
    }
    await this.press("next");
    return words;
  }

  /** Type a code, or what there is of it, and ask for it to be opened. */
  async typeCode(words: readonly string[]): Promise<void> {
    await this.#go("lezen");
    await this.step("step-enter");
    const fields = await this.page.$$("#main [data-field=word]");
    for (const [i, field] of fields.entries()) {
      await field.type(words[i] ?? "");
    }
    await this.press("open");
  }

  /** Enter a code; return the step that follows: `conversation` or `sheet-nothing`. */
  async enter(words: readonly string[]): Promise<string> {
    await this.typeCode(words);
    await this.page.waitForSelector("#main [data-step=conversation], #main [data-step=sheet-nothing]");
    return this.page.$eval("#main [data-step]", (element) => element.getAttribute("data-step") ?? "");
  }

  /** The letters that are shown, in order: who and which day, then what they say. */
  async letters(): Promise<string[]> {
    return this.page.$$eval("#main .letter", (letters) =>
      letters.map((letter) => (letter as HTMLElement).innerText.replace(/\s+/g, " ").trim()),
    );
  }

  /** Write again in an open conversation. */
  async reply(text: string, files: readonly string[] = []): Promise<void> {
    await this.page.type("#main [data-field=reply]", text);
    await this.attach(files);
    await this.press("send");
    await this.page.waitForSelector("#main .notice[role=status]");
  }

  /** In an open conversation: make a family code that may see so much; return its eight words. */
  async giveFamilyCode(scope: string, look: () => Promise<void> = async () => Promise.resolve()): Promise<string[]> {
    await this.press("family");
    await this.step("step-family");
    await this.press("new");
    await this.#chooseScope(scope);
    await this.step("step-family-words");
    const words = await this.texts("[data-slot=word]");
    await look();
    await this.press("back");
    await this.#leaveFamily();
    return words;
  }

  /** In an open conversation: change what the only family code may see. */
  async changeFamilyCode(scope: string): Promise<void> {
    await this.press("family");
    await this.step("step-family");
    await this.press("scope");
    await this.#chooseScope(scope);
    await this.#leaveFamily();
  }

  /** Wait until a step is shown. */
  async step(name: string): Promise<void> {
    await this.page.waitForSelector(`#main [data-step="${name}"]`);
  }

  /** Press a button by what it asks for. */
  async press(action: string): Promise<void> {
    const button = await this.page.waitForSelector(`#main [data-action=${action}]`);
    await button?.click();
  }

  /** The answers that *Kijk het na* shows. */
  async shown(): Promise<string[]> {
    return this.texts("[data-slot=answer]");
  }

  /** The texts of all elements inside the main part that fit a selector. */
  async texts(selector: string): Promise<string[]> {
    return this.page.$$eval(`#main ${selector}`, (elements) => elements.map((element) => element.textContent));
  }

  async #chooseScope(scope: string): Promise<void> {
    await this.step("step-scope");
    await this.page.click(`#main input[value=${scope}]`);
    await this.press("send");
  }

  async #leaveFamily(): Promise<void> {
    await this.step("step-family");
    await this.press("back");
    await this.step("conversation");
  }

  // Past the questions as soon as nothing is left to choose.
  async #choose(choices: readonly string[]): Promise<void> {
    const left = new Set(choices);
    for (const question of QUESTIONS) {
      await this.step(`step-question-${question}`);
      for (const choice of left) {
        const box = await this.page.$(`#main input[value="${choice}"]`);
        await box?.click();
        left.delete(box === null ? "" : choice);
      }
      await this.press(left.size === 0 ? "past" : "next");
      if (left.size === 0) {
        return;
      }
    }
  }

  async #go(page: string): Promise<void> {
    await this.page.goto(`${this.#site}/${page}/`);
  }
}

/** In the page: let a new step take a press at once, as a person does who presses half a second later. */
function pressAtOnce(): void {
  const sheet = new CSSStyleSheet();
  void sheet.replace("[data-step] { animation: none !important }");
  document.adoptedStyleSheets.push(sheet);
}
