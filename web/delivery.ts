/** The way of a message from the page to the store: compose, sign, seal, earn a ticket, post. spec: Steps, Write. */

import { type BlockRecord, random, UnreachableError } from "./api.ts";
import type { Upload } from "./attachments/upload.ts";
import { wipeOnLeave } from "./leave.ts";
import { Postage } from "./postage.ts";
import { nextFrame, type Progress, type Report } from "./progress.ts";
import { deleteHash, deriveDeleteToken } from "./protocol/address.ts";
import type { Body } from "./protocol/body.ts";
import { composeMessage, type Draft, listRecipients } from "./protocol/conversation.ts";
import { seal } from "./protocol/envelope.ts";
import type { Keyset } from "./protocol/keyset.ts";
import { KIND_HEAD, LAST_NUMBER, SIGN_MAILBOX, SKIP_COUNT } from "./protocol/labels.ts";
import { splitBody } from "./protocol/letter.ts";
import type { Mailbox } from "./protocol/mailbox.ts";
import { type AllowList, messageId, type Payload, serialize } from "./protocol/payload.ts";
import { sign } from "./protocol/signing.ts";
import { loadKeyset } from "./team.ts";

// A text that is pasted may hold what no message may: control characters, and halves of a pair.
const UNSENDABLE = /[\x00-\x09\x0b-\x1f\x7f-\x9f]|\p{Cs}/gu;

/**
 * What a person sends in one go, on its way: one message, or several for a long text.
 *
 * Once sealed they keep their bytes, so that sending them twice stores them once.
 */
export class Delivery {
  readonly #mailbox: Mailbox;
  readonly #chooseAllow: (keyset: Keyset) => AllowList;
  readonly #uploads: readonly Upload[];
  readonly #names: readonly string[];
  readonly #postage = new Postage();
  #draft: Draft;
  #records: readonly BlockRecord[] = [];

  constructor(mailbox: Mailbox, draft: Draft, uploads: readonly Upload[], chooseAllow: (keyset: Keyset) => AllowList) {
    this.#mailbox = mailbox;
    this.#draft = draft;
    this.#uploads = [...uploads];
    this.#names = uploads.map(({ name }) => name);
    this.#chooseAllow = chooseAllow;
  }

  /** The number of the first message, as far as it is decided. */
  get number(): number {
    return this.#draft.number;
  }

  /** Say whether this is what the person wants to send; after a change of mind it is not, and a new one begins. */
  carries({ body }: Draft, uploads: readonly Upload[]): boolean {
    const said = ({ text, answers }: Body): string => JSON.stringify([text, [...answers]]);
    const sameFiles = uploads.length === this.#uploads.length && uploads.every((upload, i) => upload === this.#uploads[i] && upload.name === this.#names[i]);
    return sameFiles && said(body) === said(this.#draft.body);
  }

  /**
   * Send, or send again: first the files, then the messages, the first of which names them, all or none.
   *
   * Where an address is taken all of them move on by one, at most eight times. Throws as its parts do.
   */
  async send({ report, stopped }: Progress): Promise<void> {
    const count = splitBody(this.#cleanBody).length;
    for (let skipped = 0; skipped <= SKIP_COUNT && this.#draft.number + count - 1 <= LAST_NUMBER; skipped += 1) {
      report("check");
      if (this.#records.length === 0) {
        this.#records = await this.#seal(await this.#prepare(report, stopped), report);
      }
      const posting = { onWork: () => { report("work"); }, onPost: () => { report("send"); } };
      if (await this.#postage.post(this.#records, posting)) {
        report("send", 1);
        return;
      }
      this.#records = [];
      this.#draft = { ...this.#draft, number: this.#draft.number + 1 };
    }
    throw new UnreachableError("no address is free");
  }

  get #cleanBody(): Body {
    return { ...this.#draft.body, text: this.#draft.body.text.replace(UNSENDABLE, " ") };
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

  async #seal(keyset: Keyset, report: Report): Promise<BlockRecord[]> {
    const attachments = this.#uploads.map(({ attachment }) => attachment);
    const bodies = splitBody({ ...this.#cleanBody, attachments });
    const allow = this.#chooseAllow(keyset);
    const records: BlockRecord[] = [];
    let { previous } = this.#draft;
    for (const [i, body] of bodies.entries()) {
      const draft = { ...this.#draft, body, number: this.#draft.number + i, previous };
      const composed = composeMessage(this.#mailbox, keyset, allow, draft);
      const payload = wipeOnLeave(serialize(composed));
      previous = messageId(payload);
      records.push(await this.#sealOne(keyset, composed, payload, (part) => { report("seal", (i + part) / bodies.length); }));
    }
    return records;
  }

  async #sealOne(keyset: Keyset, composed: Payload, payload: Uint8Array, onProgress: (part: number) => void): Promise<BlockRecord> {
    const signature = sign(SIGN_MAILBOX, payload, this.#mailbox.signing);
    let pauses = 0;
    const pause = async (): Promise<void> => {
      pauses += 1;
      onProgress(Math.min(1, pauses / 24));
      await nextFrame();
    };
    const block = await seal(payload, signature, listRecipients(keyset, composed), random, pause);
    const token = deriveDeleteToken(this.#mailbox.deleteKey, composed.address);
    return { address: composed.address, deleteHash: deleteHash(token), kind: KIND_HEAD, block };
  }
}
