/** A chosen file on its way to the store, chunk by chunk; it goes on where a broken connection left it. spec: Attachment. */

import { type BlockRecord, random } from "../api.ts";
import { onLeave } from "../leave.ts";
import { StoppedError } from "../progress.ts";
import { deleteHash, deriveDeleteToken } from "../protocol/address.ts";
import {
  type Attachment,
  chunkAddress,
  type ChunkKeys,
  combineDigests,
  countChunks,
  CHUNK_SIZE,
  deriveKeys,
  digestChunk,
  encryptChunk,
} from "../protocol/attachment.ts";
import { equal } from "../protocol/encoding.ts";
import { assert } from "../protocol/errors.ts";
import { KEY_SIZE, KIND_CHUNK } from "../protocol/labels.ts";

// With both in the request's body too, four chunks are in memory: little for an old phone, and quick over a slow link.
const CHUNKS_PER_POST = 2;

/** The file was changed, moved or taken away since it was chosen. */
export class UnreadableError extends Error {
  override readonly name = "UnreadableError";
}

/** Store records; false if an address is taken by something else. */
export type Post = (records: readonly BlockRecord[]) => Promise<boolean>;

/** A file, or the bytes that were made of one, and how much of it is stored. */
export class Upload {
  /** What it is called from now on. */
  name: string;
  readonly size: number;
  #file: Blob | Uint8Array | null;
  #key = random(KEY_SIZE);
  #digests: Uint8Array[] = [];
  #stored = 0;

  constructor(file: Blob | Uint8Array, name: string) {
    this.#file = file;
    this.name = name;
    this.size = file instanceof Uint8Array ? file.length : file.size;
    onLeave(() => {
      this.forget();
    });
  }

  /** Let go of the file: it is not wanted any more, or the page is left. */
  forget(): void {
    if (this.#file instanceof Uint8Array) {
      this.#file.fill(0);
    }
    this.#file = null;
    this.#key.fill(0);
  }

  /** What the message says of the file, once all of it is stored. */
  get attachment(): Attachment {
    assert(this.#stored === countChunks(this.size), "a file is stored before the message that names it");
    return { key: this.#key, digest: combineDigests(this.#digests), name: this.name, size: this.size };
  }

  /**
   * Store what is not stored yet; `onProgress` is told how much is, from 0 to 1.
   *
   * Throws UnreadableError, StoppedError, and as `post` does.
   */
  async send(post: Post, deleteKey: Uint8Array, stopped: AbortSignal, onProgress: (part: number) => void): Promise<void> {
    const keys = await deriveKeys(this.#key);
    const count = countChunks(this.size);
    while (this.#stored < count) {
      if (stopped.aborted) {
        throw new StoppedError("stopped by the person");
      }
      const records: BlockRecord[] = [];
      for (let i = this.#stored; i < Math.min(this.#stored + CHUNKS_PER_POST, count); i += 1) {
        records.push(await this.#makeRecord(keys, i, i === count - 1, deleteKey));
      }
      if (!(await post(records))) {
        this.#beginAnew();
        throw new UnreadableError("an address of this file is taken");
      }
      this.#stored += records.length;
      onProgress(this.#stored / count);
    }
  }

  async #makeRecord(keys: ChunkKeys, index: number, last: boolean, deleteKey: Uint8Array): Promise<BlockRecord> {
    const block = await encryptChunk(keys, index, await this.#read(index), last);
    const digest = await digestChunk(block);
    const before = this.#digests[index];
    // A second content under one key and place would give both away, so other bytes than the first time never leave.
    if (before !== undefined && !equal(before, digest)) {
      this.#beginAnew();
      throw new UnreadableError("the file has changed");
    }
    this.#digests[index] = digest;
    const address = chunkAddress(keys, index);
    return { address, deleteHash: deleteHash(deriveDeleteToken(deleteKey, address)), kind: KIND_CHUNK, block };
  }

  async #read(index: number): Promise<Uint8Array> {
    const piece = this.#file?.slice(index * CHUNK_SIZE, (index + 1) * CHUNK_SIZE);
    if (piece instanceof Uint8Array) {
      return piece;
    }
    try {
      return new Uint8Array((await piece?.arrayBuffer()) ?? []);
    } catch {
      throw new UnreadableError("the file cannot be read");
    }
  }

  #beginAnew(): void {
    this.#key = random(KEY_SIZE);
    this.#digests = [];
    this.#stored = 0;
  }
}
