/**
 * Shift three times, the way off a page for whoever has no hand on the mouse.
 *
 * As GOV.UK's *Exit this page*: it counts when the key comes up, any other key begins anew, and five seconds of rest
 * end it. Shift that was held for something else, a capital or a selection, does not count.
 */

import { choose } from "./page.ts";

const TAPS = 3;
const REST_MILLISECONDS = 5_000;
// Held together with Shift these mean something else: on many keyboards Ctrl or Alt with Shift changes the language.
const OTHERS = ["Control", "Alt", "AltGraph", "Meta"];

/** Call `leave` after three taps; `link` shows how many there were, and a live region says how many are missing. */
export function watchShift(link: HTMLElement, leave: () => void): void {
  let taps = 0;
  let used = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const tell = (count: number, words: string | null): void => {
    taps = count;
    link.dataset["taps"] = String(count);
    choose(document, "leaving", words);
    clearTimeout(timer);
  };
  const reset = (): void => {
    if (taps > 0) {
      tell(0, "expired");
      timer = setTimeout(() => {
        tell(0, null);
      }, REST_MILLISECONDS);
    }
  };
  const onOther = (event: Event): void => {
    // A browser that fills a field in sends key events without a key.
    const { key, shiftKey, repeat } = event as Partial<KeyboardEvent>;
    if (key !== "Shift") {
      used = shiftKey === true;
      reset();
    } else if (repeat === false) {
      used = false;
    }
  };
  const onKeyUp = (event: KeyboardEvent): void => {
    if (event.key !== "Shift") {
      onOther(event);
    } else if (used || OTHERS.some((other) => event.getModifierState(other))) {
      used = false;
      reset();
    } else if (taps + 1 < TAPS) {
      tell(taps + 1, taps === 0 ? "two" : "one");
      timer = setTimeout(reset, REST_MILLISECONDS);
    } else {
      tell(TAPS, null);
      leave();
    }
  };
  document.addEventListener("keydown", onOther, { capture: true });
  document.addEventListener("pointerdown", onOther, { capture: true });
  document.addEventListener("keyup", onKeyUp, { capture: true });
}
