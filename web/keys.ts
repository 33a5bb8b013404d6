/** The keys of a code, for as long as the page is not left. */

import { wipeOnLeave } from "./leave.ts";
import { readPins } from "./pins.ts";
import type { Report } from "./progress.ts";
import { derive, type Mailbox } from "./protocol/mailbox.ts";
import { goOn, leaving } from "./protocol/pause.ts";

// The derivation pauses by scheduler.yield where there is one, and in Firefox nothing else gets its turn then: no timer, no
// picture, for two seconds at the level "Safer". Without it the derivation pauses by a timer, as in other browsers.
function pauseForEverybody(): void {
  if ("scheduler" in globalThis) {
    Object.defineProperty(scheduler, "yield", { value: undefined });
  }
}

/** Derive the mailbox of a secret, which takes seconds on a slow device; leaving ends it at once and wipes it after. */
export async function makeMailbox(secret: Uint8Array, report: Report): Promise<Mailbox> {
  report("derive");
  pauseForEverybody();
  const mailbox = await derive(secret, readPins().organisation, (part) => {
    // The derivation's own pauses know nothing of leaving; an error is the only way to end it.
    leaving.throwIfAborted();
    report("derive", part);
  }).finally(goOn);
  for (const key of Object.values(mailbox) as Uint8Array[]) {
    wipeOnLeave(key);
  }
  return mailbox;
}
