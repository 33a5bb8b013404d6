// @ts-check
/** What is being typed, kept as a sealed draft while it is written. */

import { find, post, readToken, say } from "./page.js";

/** @typedef {import("./page.js").Said} Said */

// Of the answer, the note beside it and a text to hand over; each form keeps those that it has.
const FIELDS = ["slip", "text", "gist", "summary", "track", "next", "note", "label", "recipient", "until", "passage"];
// Long enough for a thought to end, short enough for a power cut.
const QUIET_MILLISECONDS = 2_000;
// What a browser sends for a page that is gone, all of it together.
const BEACON_SIZE = 60_000;
const TOO_LONG = 413;

/** One form of this page whose words are kept. */
class Draft {
  #form;
  #saved = "";
  #timer = 0;
  #isReady = false;
  #isSubmitted = false;
  /** @type {Promise<number>} */
  #sending = Promise.resolve(0);

  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.#form = form;
    this.#saved = this.#typed();
    form.addEventListener("input", () => {
      window.clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => {
        void this.save();
      }, QUIET_MILLISECONDS);
    });
    form.addEventListener("submit", (event) => {
      void this.#submit(event);
    });
  }

  /**
   * The fields, if any says something that is not kept yet.
   *
   * @returns {[string, string][]}
   */
  get unsaved() {
    return this.#isSubmitted || this.#typed() === this.#saved ? [] : this.#fields();
  }

  /**
   * Keep what was typed, and say whether that went well; return the status, or 0 where no desk answers.
   *
   * @returns {Promise<number>}
   */
  async save() {
    window.clearTimeout(this.#timer);
    // One at a time: the last one that arrives must be the last one that was typed.
    this.#sending = this.#sending.then(async () => this.#send());
    return this.#sending;
  }

  /** Keep what was typed though this page is going; nothing waits for it. */
  saveAtLast() {
    const fields = this.unsaved;
    if (fields.length === 0) {
      return;
    }
    const body = new URLSearchParams([["csrf_token", readToken()], ...fields]);
    const path = this.#form.dataset["draft"] ?? "";
    if (body.toString().length > BEACON_SIZE || !navigator.sendBeacon(path, body)) {
      void fetch(path, { method: "POST", body, redirect: "manual" });
    }
  }

  async #send() {
    const typed = this.#typed();
    if (typed === this.#saved || this.#isSubmitted) {
      return 204;
    }
    const status = await post(this.#form.dataset["draft"] ?? "", this.#fields());
    if (status === 204) {
      this.#saved = typed;
    }
    /** @type {Said} */
    const said = status === 204 ? "saved" : status === 0 ? "gone" : "unsaved";
    say(said);
    return status;
  }

  /**
   * Before a form goes, the desk is asked whether it is there: if not, the page stays, and so does every word. A request
   * that no desk answers would be kept in the browser's session file.
   *
   * @param {SubmitEvent} event
   */
  async #submit(event) {
    const form = this.#form;
    if (this.#isSubmitted) {
      event.preventDefault();
      return;
    }
    if (this.#isReady) {
      this.#isSubmitted = true;
      return;
    }
    event.preventDefault();
    const submitter = event.submitter;
    const kept = await this.save();
    if (submitter?.getAttribute("formaction") === form.dataset["draft"]) {
      return;
    }
    const status = kept === 204 ? await post(find("state")) : kept;
    if (status === 0 || status === TOO_LONG) {
      say(status === 0 ? "gone" : "unsaved");
      return;
    }
    this.#isReady = true;
    form.requestSubmit(submitter);
  }

  #fields() {
    const data = new FormData(this.#form);
    return FIELDS.filter((name) => data.has(name)).map((name) => {
      const value = data.get(name);
      return /** @type {[string, string]} */ ([name, typeof value === "string" ? value : ""]);
    });
  }

  #typed() {
    return JSON.stringify(this.#fields());
  }
}

/** All forms of this page whose words are kept: the answer, the note beside it, a text to hand over. */
export class Drafts {
  /** @type {readonly Draft[]} */
  #all;

  /** @param {readonly Draft[]} all */
  constructor(all) {
    this.#all = all;
  }

  /**
   * The fields of every form that says something that is not kept yet.
   *
   * @returns {[string, string][]}
   */
  get unsaved() {
    return this.#all.flatMap((draft) => draft.unsaved);
  }

  /**
   * Keep what was typed; return 204 if all of it is kept, or else what was answered where it was not.
   *
   * @returns {Promise<number>}
   */
  async save() {
    const statuses = await Promise.all(this.#all.map(async (draft) => draft.save()));
    return statuses.find((status) => status !== 204) ?? 204;
  }

  /** Keep what was typed though this page is going; nothing waits for it. */
  saveAtLast() {
    for (const draft of this.#all) {
      draft.saveAtLast();
    }
  }
}

/** Return the drafts of this page. */
export function prepareDrafts() {
  /** @type {NodeListOf<HTMLFormElement>} */
  const forms = document.querySelectorAll("form[data-draft]");
  return new Drafts([...forms].map((form) => new Draft(form)));
}
