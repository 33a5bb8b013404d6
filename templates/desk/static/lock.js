// @ts-check
/** Locking: in time when nobody is there, and at once when somebody wants to. The page is emptied before all else. */

import { find, post, readToken, say } from "./page.js";

/** @typedef {import("./draft.js").Drafts} Drafts */

// The desk locks itself at the end of its time; the page goes a little earlier, while what was typed can be kept.
const EARLY_MILLISECONDS = 5_000;
const WARNING_MILLISECONDS = 60_000;
const HEARTBEAT_MILLISECONDS = 30_000;
const LOOK_MILLISECONDS = 5_000;
const TWICE_MILLISECONDS = 1_000;
// A desk that does not answer keeps nobody here.
const PATIENCE_MILLISECONDS = 3_000;
const ACTIVITY = ["keydown", "pointerdown", "pointermove", "wheel"];

/** One page of an open desk. The others of this browser hear what happens here, and this one hears them. */
class Lock {
  #drafts;
  #idle;
  #active = Date.now();
  #beaten = Date.now();
  #escaped = -Infinity;
  #isGone = false;
  #isWarned = false;
  #pointer = "";
  #others = new BroadcastChannel("desk");

  /**
   * @param {Drafts} drafts
   * @param {number} idleSeconds
   */
  constructor(drafts, idleSeconds) {
    this.#drafts = drafts;
    this.#idle = idleSeconds * 1000 - EARLY_MILLISECONDS;
    for (const name of ACTIVITY) {
      addEventListener(name, this.#notice, { capture: true, passive: true });
    }
    addEventListener("keydown", this.#listen, { capture: true });
    document.querySelector("#lock")?.addEventListener("click", (event) => {
      event.preventDefault();
      this.lock();
    });
    this.#others.addEventListener("message", ({ data }) => {
      this.#hear(data);
    });
    setInterval(() => {
      this.#look();
    }, 1_000);
    setInterval(() => {
      void this.#ask();
    }, LOOK_MILLISECONDS);
    document.addEventListener("visibilitychange", () => {
      this.#look();
      void this.#ask();
    });
    addEventListener("pagehide", () => {
      this.#drafts.saveAtLast();
      this.#empty();
    });
    // A browser that kept the page for Back shows an empty one, and asks the desk for it.
    addEventListener("pageshow", ({ persisted }) => {
      if (persisted) {
        location.reload();
      }
    });
  }

  /** Empty the page, lock the desk with what was typed, and go to the locked page. */
  lock() {
    const fields = this.#drafts.unsaved;
    this.#others.postMessage("locked");
    this.#leave(post(find("lock"), fields));
  }

  /** Whatever a person does keeps the desk open; a page cannot do it by itself. */
  #notice = (/** @type {Event} */ event) => {
    const now = Date.now();
    // After a sleep the time is over, whatever wakes it.
    if (!event.isTrusted || this.#isGone || this.#isStill(event) || now - this.#active >= this.#idle) {
      return;
    }
    this.#active = now;
    if (this.#isWarned) {
      this.#isWarned = false;
      say();
    }
  };

  /**
   * A browser reports a pointer that rests, too, when something moves below it: our own warning would.
   *
   * @param {Event} event
   */
  #isStill(event) {
    if (!(event instanceof PointerEvent) || event.type !== "pointermove") {
      return false;
    }
    const place = `${event.screenX},${event.screenY}`;
    const isStill = place === this.#pointer;
    this.#pointer = place;
    return isStill;
  }

  /** Escape twice, or Pause. An Escape that ends a word of an input method or closes a dialog is none. */
  #listen = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Pause") {
      this.lock();
    }
    if (event.key !== "Escape" || event.repeat) {
      return;
    }
    if (event.isComposing || document.querySelector("dialog[open]") !== null) {
      this.#escaped = -Infinity;
      return;
    }
    if (event.timeStamp - this.#escaped <= TWICE_MILLISECONDS) {
      event.preventDefault();
      this.lock();
    }
    this.#escaped = event.timeStamp;
  };

  /** @param {unknown} message */
  #hear(message) {
    if (message === "active") {
      this.#active = Date.now();
    } else if (message === "locked") {
      this.#drafts.saveAtLast();
      this.#leave(Promise.resolve(0));
    }
  }

  #look() {
    const now = Date.now();
    const idle = now - this.#active;
    if (this.#active > this.#beaten && now - this.#beaten >= HEARTBEAT_MILLISECONDS && idle < this.#idle) {
      this.#beaten = now;
      this.#others.postMessage("active");
      void post(find("state"));
    }
    if (idle >= this.#idle) {
      this.lock();
    } else if (idle >= this.#idle - Math.min(WARNING_MILLISECONDS, this.#idle / 2) && !this.#isWarned) {
      this.#isWarned = true;
      say("idle");
    }
  }

  /** Ask whether the desk is still open: it may have been locked from elsewhere. Asking does not keep it so. */
  async #ask() {
    if (this.#isGone || document.visibilityState === "hidden") {
      return;
    }
    const response = await fetch(find("state")).catch(() => null);
    // Where no desk answers, or one that was started again, this page may be the only place where what was typed still is.
    if (response?.status === 409 && (await this.#drafts.save()) === 204) {
      this.#leave(Promise.resolve(0));
    }
  }

  /** @param {Promise<unknown>} locking */
  #leave(locking) {
    if (this.#isGone) {
      return;
    }
    this.#isGone = true;
    this.#empty();
    const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MILLISECONDS));
    void Promise.race([locking, patience]).finally(() => {
      location.replace("/");
    });
  }

  #empty() {
    for (const control of document.querySelectorAll("textarea, input")) {
      /** @type {HTMLInputElement | HTMLTextAreaElement} */ (control).value = "";
    }
    document.body.replaceChildren();
  }
}

/**
 * Lock in time, and when somebody asks.
 *
 * @param {Drafts} drafts
 */
export function prepareLocking(drafts) {
  const seconds = Number(document.body.dataset["idleSeconds"]);
  if (seconds > 0 && readToken() !== "") {
    new Lock(drafts, seconds);
  }
}
