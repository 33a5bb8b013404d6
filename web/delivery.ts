/** The way of a message from the page to the store: compose, sign, seal, earn a ticket, post. spec: Steps, Write. */

import { type BlockRecord, random, UnreachableError } from "./api.ts";
import type { Upload } from "./attachments/upload.ts";
import { wipeOnLeave } from "./leave.ts";
import { Postage } from "./postage.ts";
import { nextFrame, type Progress, type Report } from "./progress.ts";
import { deleteHash, deriveDeleteToken } from "./protocol/address.ts";
import { composeMessage, type Draft, listRecipients } from "./protocol/conversation.ts";
import { seal } from "./protocol/envelope.ts";
import type { Keyset } from "./protocol/keyset.ts";
import { KIND_HEAD, LAST_NUMBER, SIGN_MAILBOX, SKIP_COUNT } from "./protocol/labels.ts";
import type { Mailbox } from "./protocol/mailbox.ts";
import { type AllowList, type Body, serialize } from "./protocol/payload.ts";
import { sign } from "./protocol/signing.ts";
import { loadKeyset } from "./team.ts";

/** A message on its way. Once sealed it keeps its bytes, so that sending it twice stores it once. */
export class Delivery {
  readonly #mailbox: Mailbox;
  readonly #chooseAllow: (keyset: Keyset) => AllowList;
  readonly #uploads: readonly Upload[];
  readonly #postage = new Postage();
  #draft: Draft;
  #record: BlockRecord | null = null;

  constructor(mailbox: Mailbox, draft: Draft, uploads: readonly Upload[], chooseAllow: (keyset: Keyset) => AllowList) {
    this.#mailbox = mailbox;
    this.#draft = draft;
    this.#uploads = [...uploads];
    this.#chooseAllow = chooseAllow;
  }

  /** Say whether this is what the person wants to send; after a change of mind it is not, and a new one begins. */
  carries({ body }: Draft, uploads: readonly Upload[]): boolean {
    const said = ({ text, answers }: Body): string => JSON.stringify([text, [...answers]]);
    const sameFiles = uploads.length === this.#uploads.length && uploads.every((upload, i) => upload === this.#uploads[i]);
    return sameFiles && said(body) === said(this.#draft.body);
  }

  /**
   * Send, or send again: first the files, then the message that names them.
   *
   * An address that is taken is skipped, at most eight times. Throws as its parts do.
   */
  async send({ report, stopped }: Progress): Promise<void> {
    for (let skipped = 0; skipped <= SKIP_COUNT && this.#draft.number <= LAST_NUMBER; skipped += 1) {
      report("check");
      this.#record ??= await this.#seal(await this.#prepare(report, stopped), report);
      const posting = { onWork: () => { report("work"); }, onPost: () => { report("send"); } };
      if (await this.#postage.post([this.#record], posting)) {
        report("send", 1);
        return;
      }
      this.#record = null;
      this.#draft = { ...this.#draft, number: this.#draft.number + 1 };
    }
    throw new UnreachableError("no address is free");
  }

  // A keyset that does not hold stops the files as well. What is stored already is not sent again.
  async #prepare(report: Report, stopped: AbortSignal): Promise<Keyset> {
    const keyset = await loadKeyset();
    for (const [i, upload] of this.#uploads.entries()) {
      await upload.send(async (records) => this.#postage.post(records), this.#mailbox.deleteKey, stopped, (part) => {
        report("upload", (i + part) / this.#uploads.length);
      });
    }
    return keyset;
  }

  async #seal(keyset: Keyset, report: Report): Promise<BlockRecord> {
    const body = { ...this.#draft.body, attachments: this.#uploads.map(({ attachment }) => attachment) };
    const composed = composeMessage(this.#mailbox, keyset, this.#chooseAllow(keyset), { ...this.#draft, body });
    const payload = wipeOnLeave(serialize(composed));
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
