/** What a person is told when something does not work: one sentence, the next step, telephone numbers. */

import { FullError, UnreachableError } from "./api.ts";
import { UnreadableError } from "./attachments/upload.ts";
import { choose, clone, press, show } from "./page.ts";
import { StoppedError } from "./progress.ts";
import { KeysetError, ProtocolError } from "./protocol/errors.ts";
import { goOn } from "./protocol/pause.ts";

/**
 * Show what went wrong and wait for the next step: `retry` or `back`. A page that must not be used stays closed.
 *
 * `kept` says whether what was typed is still there.
 */
export async function explain(error: unknown, kept = true): Promise<string> {
  if (error instanceof ProtocolError) {
    await close(error);
  }
  const sheet = clone("sheet-error");
  choose(sheet, "reason", nameReason(error));
  choose(sheet, "kept", kept ? "yes" : "no");
  return (await press(show(sheet))).action;
}

/** Fail closed: nothing is sent, and the only ways on are the telephone and loading the page again. */
async function close(error: ProtocolError): Promise<never> {
  const sheet = clone("sheet-closed");
  const byClock = error instanceof KeysetError && (error.reason === "expired" || error.reason === "frozen");
  choose(sheet, "reason", byClock ? "clock" : "other");
  await press(show(sheet));
  location.reload();
  return new Promise(() => undefined);
}

function nameReason(error: unknown): string {
  if (error instanceof UnreachableError) {
    return "offline";
  }
  if (error instanceof FullError) {
    return "full";
  }
  return error instanceof UnreadableError ? "file" : "unknown";
}

/** Do something until it works, or the person stops it or goes back; null if they do. */
export async function insist<T>(act: () => Promise<T>): Promise<T | null> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      await goOn();
      if (error instanceof StoppedError || (await explain(error)) === "back") {
        return null;
      }
    }
  }
}

/** Run a page. What no step of it expected is told, and then the page begins anew. */
export async function endure(page: () => Promise<void>): Promise<void> {
  try {
    await page();
  } catch (error) {
    await goOn();
    await explain(error, false);
    location.reload();
  }
}
