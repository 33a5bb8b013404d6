/** *Versturen*: once, whatever happens on the way. */

import type { Codes } from "../code/codes.ts";
import { Delivery } from "../delivery.ts";
import { makeMailbox } from "../keys.ts";
import { choose, clone, press, show, today } from "../page.ts";
import type { Person } from "../persons.ts";
import { type Report, showProgress } from "../progress.ts";
import { makeBody } from "../protocol/body.ts";
import type { Draft } from "../protocol/conversation.ts";
import { insist } from "../trouble.ts";
import type { Answers } from "./answers.ts";
import { allowAllBut } from "./exclude.ts";

/**
 * The sending of a report. As long as the store has not said that it has it, nobody knows whether it arrived.
 *
 * So whoever goes back and sends the same again sends the same bytes, under the same code; and whoever has changed
 * something is told that both may arrive.
 */
export class Sending {
  readonly #codes: Codes;
  readonly #answers: Answers;
  readonly #persons: readonly Person[];
  #delivery: Delivery | null = null;
  #readers = "";

  constructor(codes: Codes, answers: Answers, persons: readonly Person[]) {
    this.#codes = codes;
    this.#answers = answers;
    this.#persons = persons;
  }

  /** Ask and send until it is stored; false to go back. */
  async ask(): Promise<boolean> {
    for (;;) {
      const step = clone("step-send");
      choose(step, "before", this.#delivery === null || this.#isUnchanged ? null : "changed");
      if ((await press(show(step))).action !== "send") {
        return false;
      }
      if ((await insist(async () => this.#send())) === true) {
        return true;
      }
    }
  }

  async #send(): Promise<boolean> {
    const progress = showProgress(this.#answers.files.length > 0);
    if (this.#delivery === null || !this.#isUnchanged) {
      this.#delivery = await this.#makeDelivery(progress.report);
    }
    await this.#delivery.send(progress);
    return true;
  }

  async #makeDelivery(report: Report): Promise<Delivery> {
    this.#codes.settle();
    this.#readers = this.#sayReaders();
    const mailbox = await makeMailbox(this.#codes.chosen.secret, report);
    const allow = allowAllBut(this.#persons, new Set(this.#answers.excluded), this.#answers.successor);
    return new Delivery(mailbox, draftOf(this.#answers), this.#answers.files, allow);
  }

  get #isUnchanged(): boolean {
    const { files } = this.#answers;
    return this.#delivery?.carries(draftOf(this.#answers), files) === true && this.#readers === this.#sayReaders();
  }

  #sayReaders(): string {
    return [this.#answers.successor ?? "", ...[...this.#answers.excluded].sort()].join();
  }
}

function draftOf({ choices, story }: Answers): Draft {
  const answers = new Map([...choices].filter(([, chosen]) => chosen.length > 0));
  // The version of content/questions/ stands in the page.
  const questions = Number(document.body.dataset["questions"]);
  return {
    kind: "message",
    body: makeBody({ text: story.trim(), answers, questions }),
    day: today(),
    number: 0,
    previous: null,
    seen: new Map(),
  };
}
