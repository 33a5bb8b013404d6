/** What a counsellor does at the desk, through nothing but its pages. */

import { request } from "node:http";

import type { Browser, Cookie, ElementHandle, Page } from "puppeteer-core";

import { PASSPHRASE } from "./organisation.ts";

const OPENING_MILLISECONDS = 120_000;

/** A counsellor at an unlocked desk. */
export class Desk {
  readonly page: Page;
  readonly #address: string;

  private constructor(page: Page, address: string) {
    this.page = page;
    this.#address = address;
  }

  /** The address of the open desk, with the path that lasts as long as this unlocking. */
  get address(): string {
    return this.#address;
  }

  static async unlock(browser: Browser, address: string): Promise<Desk> {
    const page = await browser.newPage();
    page.setDefaultTimeout(OPENING_MILLISECONDS);
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(address);
    await page.type("#passphrase", PASSPHRASE);
    await Promise.all([page.waitForNavigation(), page.click("button.primary")]);
    // Where it takes long, a page says how far it is, and goes on by itself.
    await page.waitForSelector(".list");
    // An open desk has an address of its own.
    return new Desk(page, page.url());
  }

  /** The inbox: what each entry says, newest first. */
  async inbox(): Promise<string[]> {
    await this.page.goto(this.#address);
    return this.page.$$eval(".list li", (entries) => entries.map((entry) => (entry as HTMLElement).innerText));
  }

  /** Open the conversation whose entry holds this text; return its letters. */
  async read(text: string): Promise<string[]> {
    await this.page.goto(this.#address);
    const links = await this.page.$$(".list li a");
    for (const link of links) {
      if ((await link.evaluate((element) => (element as HTMLElement).innerText)).includes(text)) {
        await Promise.all([this.page.waitForNavigation(), link.click()]);
        return this.letters();
      }
    }
    throw new Error("no such conversation in the inbox");
  }

  /** The letters of the open conversation. */
  async letters(): Promise<string[]> {
    return this.page.$$eval(".letter", (letters) => letters.map((letter) => (letter as HTMLElement).innerText));
  }

  /** Choose files for the answer to the open conversation; they go with it. */
  async attach(...paths: readonly string[]): Promise<void> {
    const input = await this.page.$("#files");
    if (input === null) {
      throw new Error("no conversation is open, or it cannot be answered");
    }
    // Puppeteer's type knows inputs only where the selector names one.
    await (input as ElementHandle<HTMLInputElement>).uploadFile(...paths);
  }

  /**
   * Take a readable copy of an attachment of the open conversation, both counted from 0; the conversation stays open.
   *
   * The form of the last page is sent by hand, since a browser's own downloads land in a folder.
   */
  async download(letter: number, attachment: number): Promise<Uint8Array> {
    const conversation = this.page.url();
    const links = await this.page.$$eval(
      ".letter",
      (letters, place) => [...(letters[place]?.querySelectorAll("a[href*='/bijlage/']") ?? [])].map((a) => (a as HTMLAnchorElement).href),
      letter,
    );
    const link = links[attachment];
    if (link === undefined) {
      throw new Error("no such attachment, or it is not here yet");
    }
    await this.page.goto(link);
    const token = await this.page.$eval("main input[name=csrf_token]", (input) => input.value);
    const cookies = await this.page.browserContext().cookies();
    const bytes = await post(link, new URLSearchParams({ csrf_token: token }), cookies);
    await this.page.goto(conversation);
    return bytes;
  }

  /** Look at an attachment of the open conversation, as pictures of it. */
  async view(): Promise<void> {
    await Promise.all([this.page.waitForNavigation(), this.page.click(".letter a[href*='/bijlage/']")]);
    await Promise.all([this.page.waitForNavigation(), this.page.click("main form button.primary")]);
  }

  /** Answer the open conversation. What is agreed is said in fields that are folded away. */
  async answer(text: string, agreed: Agreed = {}): Promise<void> {
    await this.#fillIn("text", text);
    for (const [field, value] of Object.entries(agreed)) {
      await this.#fillIn(field, value as string);
    }
    await Promise.all([this.page.waitForNavigation(), this.page.click("#antwoord button.primary")]);
  }

  /** Ask the reporter of the open conversation whether a text may be handed over. */
  async ask(asked: Readonly<Record<"recipient" | "until" | "passage", string>>): Promise<void> {
    await this.page.$eval("#overdracht details", (details) => { details.setAttribute("open", ""); });
    for (const [name, value] of Object.entries(asked)) {
      await this.page.$eval(`#overdracht [name=${name}]`, (control, text) => { (control as HTMLInputElement).value = text; }, value);
    }
    await this.#submit("#overdracht form[action$='/overdracht']");
  }

  /** Take the file of the first hand-over that may leave. */
  async takeHandover(): Promise<Uint8Array> {
    const [action, token] = await this.page.$eval("form[action*='/overdracht/']", (form) => {
      const { action: to, elements } = form;
      return [to, (elements.namedItem("csrf_token") as HTMLInputElement).value] as const;
    });
    return post(action, new URLSearchParams({ csrf_token: token }), await this.page.browserContext().cookies());
  }

  /** Change what the team notes about the open conversation. */
  async change({ label = "", ...fields }: Noted): Promise<void> {
    for (const [field, value] of Object.entries({ ...fields, ...(label === "" ? {} : { label }) })) {
      await this.#fillIn(FIELDS[field] ?? field, value);
    }
    await this.#submit("form[action$='/zaak']");
  }

  /** Close the open conversation. */
  async close(): Promise<void> {
    await this.page.$eval("form[action$='/sluiten']", (form) => form.closest("details")?.setAttribute("open", ""));
    await this.#submit("form[action$='/sluiten']");
  }

  /** Pass on what colleagues' workstations miss; return how many there were. */
  async passOn(): Promise<number> {
    for (let passed = 0; ; passed += 1) {
      await this.page.goto(this.#address);
      if ((await this.page.$("form[action$='/doorgeven']")) === null) {
        return passed;
      }
      await this.#submit("form[action$='/doorgeven']");
    }
  }

  /** What this desk shows of the open conversation: its letters, and the case. */
  async show(): Promise<Record<string, unknown>> {
    return {
      letters: await this.page.$$eval(".letter .sheet", (all) => all.map((each) => (each as HTMLElement).innerText)),
      facts: await this.page.$eval(".case dl", (list) => list.innerText),
      team: await this.page.$$eval(".case select, .case #due", (all) => all.map((each) => (each as HTMLInputElement).value)),
      labels: await this.page.$$eval(".case [name=labels]:checked", (all) => all.map((each) => (each as HTMLInputElement).value)),
      notes: await this.page.$$eval(".case .notes .card", (all) => all.map((each) => (each as HTMLElement).innerText)),
    };
  }

  /** What it shows of every conversation, in the list's order, with its entry there. */
  async showAll(): Promise<Record<string, unknown>[]> {
    await this.page.goto(this.#address);
    const links = await this.page.$$eval(".list li a", (all) => all.map((a) => [a.getAttribute("href") ?? "", (a as HTMLElement).innerText] as const));
    const shown = [];
    for (const [link, entry] of links) {
      await this.page.goto(new URL(link, this.#address).href);
      shown.push({ entry, ...(await this.show()) });
    }
    return shown;
  }

  async #submit(form: string): Promise<void> {
    await Promise.all([this.page.waitForNavigation(), this.page.click(`${form} button:not([hidden])`)]);
  }

  // A long text takes minutes to type; what is pasted arrives as well.
  async #fillIn(field: string, value: string): Promise<void> {
    await this.page.$eval(
      `#${field}`,
      (control, text) => {
        (control as HTMLInputElement).value = text;
      },
      value,
    );
  }
}

// Where a field's id is not its name.
const FIELDS: Readonly<Record<string, string>> = { status: "status-of-case" };

/** What the team may note: persons by their short name, days as YYYY-MM-DD. */
export interface Noted {
  readonly status?: "active" | "paused";
  readonly assigned?: string;
  readonly due?: string;
  readonly label?: string;
  readonly note?: string;
}

/** What a counsellor may add to an answer: days as YYYY-MM-DD, a track by its id. */
export interface Agreed {
  readonly gist?: string;
  readonly summary?: string;
  readonly track?: "question" | "series" | "aftercare";
  readonly next?: string;
}

/** Send a form as a browser at the desk does. */
async function post(url: string, form: URLSearchParams, cookies: readonly Cookie[]): Promise<Uint8Array> {
  const headers = {
    "Content-Type": "application/x-www-form-urlencoded",
    Cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; "),
    Origin: "null",
    "Sec-Fetch-Site": "same-origin",
  };
  return new Promise((resolve, reject) => {
    request(url, { method: "POST", headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode === 200) {
          resolve(Buffer.concat(parts));
        } else {
          reject(new Error(`the desk answers ${response.statusCode ?? 0}`));
        }
      });
    })
      .on("error", reject)
      .end(form.toString());
  });
}
