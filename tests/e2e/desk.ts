/** What a counsellor does at the desk, through nothing but its pages. */

import type { Browser, Page } from "puppeteer-core";

import { PASSPHRASE } from "./organisation.ts";

/** A counsellor at an unlocked desk. */
export class Desk {
  readonly page: Page;
  readonly #address: string;

  private constructor(page: Page, address: string) {
    this.page = page;
    this.#address = address;
  }

  static async unlock(browser: Browser, address: string): Promise<Desk> {
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(address);
    await page.type("#passphrase", PASSPHRASE);
    await Promise.all([page.waitForNavigation(), page.click("button.primary")]);
    return new Desk(page, address);
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

  /** Answer the open conversation. */
  async answer(text: string): Promise<void> {
    await this.page.type("#text", text);
    await Promise.all([this.page.waitForNavigation(), this.page.click("#antwoord button.primary")]);
  }
}
