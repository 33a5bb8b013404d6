/** The keys of a code, for as long as the page is not left. */

import { wipeOnLeave } from "./leave.ts";
import { readPins } from "./pins.ts";
import type { Report } from "./progress.ts";
import { derive, type Mailbox } from "./protocol/mailbox.ts";
import { goOn, leaving } from "./protocol/pause.ts";

/** Derive the mailbox of a secret, which takes seconds on a slow device; leaving ends it at once and wipes it after. */
export async function makeMailbox(secret: Uint8Array, report: Report): Promise<Mailbox> {
  report("derive");
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
