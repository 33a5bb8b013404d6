/** An attachment on its way from the store; it goes on where a broken connection left it. spec: Steps, Read. */

import { fetchEach, random } from "../api.ts";
import { onLeave } from "../leave.ts";
import { StoppedError } from "../progress.ts";
import {
  type Attachment,
  chunkAddress,
  combineDigests,
  countChunks,
  decryptChunk,
  deriveKeys,
  digestChunk,
  pieceSize,
} from "../protocol/attachment.ts";
import { equal } from "../protocol/encoding.ts";
import { ForgedError } from "../protocol/errors.ts";
import { KEY_SIZE } from "../protocol/labels.ts";
import { FETCH_COUNT } from "../protocol/visit.ts";

/** A file, and how much of it is here. Its pieces stay in this page's memory until the person keeps the file. */
export class Download {
  readonly attachment: Attachment;
  readonly #pieces: Uint8Array[] = [];
  readonly #digests: Uint8Array[] = [];

  constructor(attachment: Attachment) {
    this.attachment = attachment;
    onLeave(() => {
      for (const piece of this.#pieces.splice(0)) {
        piece.fill(0);
      }
    });
  }

  /**
   * Fetch what is not here yet; return the pieces of the file. `onProgress` is told how much is here, from 0 to 1.
   *
   * Throws ForgedError or MalformedError (chunks that are gone, or not the author's), StoppedError, UnreachableError.
   */
  async fetch(stopped: AbortSignal, onProgress: (part: number) => void): Promise<readonly Uint8Array[]> {
    const { key, digest, size } = this.attachment;
    const keys = await deriveKeys(key);
    const count = countChunks(size);
    while (this.#digests.length < count) {
      if (stopped.aborted) {
        throw new StoppedError("stopped by the person");
      }
      const first = this.#digests.length;
      const places = Array.from({ length: FETCH_COUNT }, (_, i) => first + i);
      const addresses = places.map((index) => (index < count ? chunkAddress(keys, index) : random(KEY_SIZE)));
      await fetchEach(addresses, async (block, i) => {
        const index = first + i;
        if (index < count) {
          const piece = await decryptChunk(keys, index, block, pieceSize(size, index), index === count - 1);
          this.#digests.push(await digestChunk(block));
          this.#pieces.push(piece);
        }
      });
      onProgress(this.#digests.length / count);
    }
    if (!equal(combineDigests(this.#digests), digest)) {
      throw new ForgedError("an attachment that is not the one the message names");
    }
    return this.#pieces;
  }
}
