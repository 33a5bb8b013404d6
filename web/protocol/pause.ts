/** How long work lets a page live, and when it ends. Python has no twin of this file: it has no page. */

/** Let the page draw and answer before the next piece of work. */
export type Pause = () => Promise<void>;

const ended = new AbortController();

/** Given when the page is left: what waits for the network ends with it. */
export const leaving: AbortSignal = ended.signal;

/** End all work of this page at its next pause, for good. */
export function endWork(): void {
  ended.abort();
}

/**
 * Go on, unless the page was left: then this never answers.
 *
 * Nothing refers to work that waits for ever, so all that it held can be collected; an error would carry some of it to
 * whoever catches it.
 */
export async function goOn(): Promise<void> {
  if (leaving.aborted) {
    await new Promise(() => undefined);
  }
}

/** Let one round of the event loop pass. */
export async function nextRound(): Promise<void> {
  await wait(0);
}

/** Wait, or never answer again if the page is left meanwhile. */
export async function wait(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  await goOn();
}
