/** Leaving the page in one touch: what was typed and derived is wiped before anything else loads. */

import { choose } from "./page.ts";
import { endWork, leaving } from "./protocol/pause.ts";
import { watchShift } from "./shift.ts";

const wipers: (() => void)[] = [];

/** Wipe these bytes on leaving, or now on a page that was left. Nothing reaches copies that the engine made. */
export function wipeOnLeave(bytes: Uint8Array): Uint8Array {
  onLeave(() => bytes.fill(0));
  return bytes;
}

/** Forget something else on leaving, or now on a page that was left. */
export function onLeave(forget: () => void): void {
  wipers.push(forget);
  if (leaving.aborted) {
    wipe();
  }
}

/** Let the button *Weg van deze pagina* and Shift wipe and go. Without the script the button is an ordinary link. */
export function prepareLeaving(): void {
  const link = document.querySelector<HTMLAnchorElement>("a#leave");
  if (link !== null) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      leave(link.href);
    });
    watchShift(link, () => {
      leave(link.href);
    });
  }
  // Every other way off the page: a link, the browser's own Back, another address, a closed tab.
  window.addEventListener("pagehide", empty);
  window.addEventListener("pageshow", (event) => {
    // A browser may have kept the emptied page and show it again; work on it has ended for good.
    if (event.persisted) {
      location.reload();
    }
  });
}

/** Wipe everything, empty the document, and replace this page in the history. */
export function leave(to: string): void {
  try {
    empty();
  } finally {
    location.replace(to);
  }
}

/** Wipe what was registered, and forget it. */
export function wipe(): void {
  for (const control of document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input, textarea")) {
    control.value = "";
  }
  for (const forget of wipers.splice(0)) {
    forget();
  }
  // The engine remembers the last text that it searched for a pattern.
  /(?:)/.test("");
}

// Nothing but the spoken word stays, which says what any page says; nothing of it is seen.
function empty(): void {
  endWork();
  wipe();
  choose(document, "leaving", "gone");
  const spoken = document.querySelectorAll("[data-choose=leaving]");
  document.body.replaceChildren(...spoken);
}
