/** How long work lets a page live. Python has no twin of this file: it has no page. */

/** Let the page draw and answer before the next piece of work. */
export type Pause = () => Promise<void>;

/** Let one round of the event loop pass. */
export async function nextRound(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}
