/** What a person is told when something does not work: one sentence, the next step, telephone numbers. */

import { FullError, UnreachableError } from "./api.ts";
import { choose, clone, press, show } from "./page.ts";
import { KeysetError, ProtocolError } from "./protocol/errors.ts";

/** Show what went wrong and wait for the next step: `retry` or `back`. A page that must not be used stays closed. */
export async function explain(error: unknown): Promise<string> {
  if (error instanceof ProtocolError) {
    await close(error);
  }
  const sheet = clone("sheet-error");
  choose(sheet, "reason", error instanceof UnreachableError ? "offline" : error instanceof FullError ? "full" : "unknown");
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

/** Do something until it works or the person goes back; null if they do. */
export async function insist<T>(act: () => Promise<T>): Promise<T | null> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if ((await explain(error)) === "back") {
        return null;
      }
    }
  }
}
