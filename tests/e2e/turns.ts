/**
 * Which kind of browser a story runs in.
 *
 * Every story runs each time, in one kind: the stories of a file take its kinds in turns, in the order in which they
 * stand there. In every kind each time run those that ask for no turn, because it is known that browsers differ there:
 * what they keep, what they send, and how they are left. `EVERY_BROWSER=1` lets every story run in every kind.
 */

import type { Kind } from "./browsers.ts";

/** Whether everything runs that takes turns otherwise. */
export const IS_EVERYWHERE = process.env["EVERY_BROWSER"] === "1";

/** The turns of one kind of browser; all kinds of a file are asked for the same stories in the same order. */
export class Turns {
  readonly #kind: Kind;
  readonly #kinds: readonly Kind[];
  #stories = 0;

  constructor(kind: Kind, kinds: readonly Kind[]) {
    this.#kind = kind;
    this.#kinds = kinds;
  }

  /** Whether the next story runs in this kind. */
  next(): boolean {
    const kind = this.#kinds[this.#stories % this.#kinds.length];
    this.#stories += 1;
    return IS_EVERYWHERE || kind === this.#kind;
  }

  /** Of the next stories, one for each row, those that run in this kind. */
  among<const Row>(rows: readonly Row[]): readonly Row[] {
    return rows.filter(() => this.next());
  }
}
