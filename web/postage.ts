/** Posting with tickets: one serves 32 POSTs, so that a message with files is not a sum for each. spec: Server. */

import { type BlockRecord, earnTicket, postBlocks, UnreachableError } from "./api.ts";

const POSTS_PER_TICKET = 32;
const TRIES = 3;

/** What is told before the sum, and before the request. */
export interface Posting {
  readonly onWork?: () => void;
  readonly onPost?: () => void;
}

/** A ticket, and how many POSTs it still serves. */
export class Postage {
  #ticket = "";
  #left = 0;

  /** Store records; false if an address is taken by something else. Throws FullError, UnreachableError. */
  async post(records: readonly BlockRecord[], { onWork, onPost }: Posting = {}): Promise<boolean> {
    // A ticket may have ended meanwhile: then another is earned.
    for (let tries = 0; tries < TRIES; tries += 1) {
      if (this.#left === 0) {
        onWork?.();
        this.#ticket = await earnTicket();
        this.#left = POSTS_PER_TICKET;
      }
      onPost?.();
      this.#left -= 1;
      const posted = await postBlocks(this.#ticket, records);
      if (posted !== "ticket") {
        return posted === "stored";
      }
      this.#left = 0;
    }
    throw new UnreachableError("no ticket is taken");
  }
}
