/** The way of a message from the page to the store: compose, sign, seal, earn a ticket, post. spec: Steps, Write. */

import { earnTicket, postBlock, type BlockRecord, UnreachableError } from "./api.ts";
import { nextFrame, type Report } from "./progress.ts";
import { deleteHash, deriveDeleteToken } from "./protocol/address.ts";
import { composeMessage, type Draft, listRecipients } from "./protocol/conversation.ts";
import { seal } from "./protocol/envelope.ts";
import type { Keyset } from "./protocol/keyset.ts";
import { KIND_HEAD, LAST_NUMBER, SIGN_MAILBOX, SKIP_COUNT } from "./protocol/labels.ts";
import type { Mailbox } from "./protocol/mailbox.ts";
import { type AllowList, type Body, serialize } from "./protocol/payload.ts";
import { sign } from "./protocol/signing.ts";
import { loadKeyset } from "./team.ts";

/** Return random bytes of the browser's own source. */
export function random(size: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(size));
}

/** A message on its way. Once sealed it keeps its bytes, so that sending it twice stores it once. */
export class Delivery {
  readonly #mailbox: Mailbox;
  readonly #chooseAllow: (keyset: Keyset) => AllowList;
  #draft: Draft;
  #record: BlockRecord | null = null;

  constructor(mailbox: Mailbox, draft: Draft, chooseAllow: (keyset: Keyset) => AllowList) {
    this.#mailbox = mailbox;
    this.#draft = draft;
    this.#chooseAllow = chooseAllow;
  }

  /** Say whether this is what the person wants to send; after a change of mind it is not, and a new one begins. */
  carries({ body }: Draft): boolean {
    const said = ({ text, answers }: Body): string => JSON.stringify([text, [...answers]]);
    return said(body) === said(this.#draft.body);
  }

  /** Send, or send again. An address that is taken is skipped, at most eight times. Throws as its parts do. */
  async send(report: Report): Promise<void> {
    for (let skipped = 0; skipped <= SKIP_COUNT && this.#draft.number <= LAST_NUMBER; skipped += 1) {
      report("check");
      this.#record ??= await this.#seal(await loadKeyset(), report);
      report("work");
      const ticket = await earnTicket();
      report("send");
      if (await postBlock(ticket, this.#record)) {
        report("send", 1);
        return;
      }
      this.#record = null;
      this.#draft = { ...this.#draft, number: this.#draft.number + 1 };
    }
    throw new UnreachableError("no address is free");
  }

  async #seal(keyset: Keyset, report: Report): Promise<BlockRecord> {
    const composed = composeMessage(this.#mailbox, keyset, this.#chooseAllow(keyset), this.#draft);
    const payload = serialize(composed);
    const signature = sign(SIGN_MAILBOX, payload, this.#mailbox.signing);
    let pauses = 0;
    const pause = async (): Promise<void> => {
      pauses += 1;
      report("seal", Math.min(1, pauses / 24));
      await nextFrame();
    };
    const block = await seal(payload, signature, listRecipients(keyset, composed), random, pause);
    const token = deriveDeleteToken(this.#mailbox.deleteKey, composed.address);
    return { address: composed.address, deleteHash: deleteHash(token), kind: KIND_HEAD, block };
  }
}
