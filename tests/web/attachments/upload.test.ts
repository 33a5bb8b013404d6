import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { expect, test } from "vitest";

import type { BlockRecord } from "../../../web/api.ts";
import { cleanName } from "../../../web/attachments/choose.ts";
import { UnreadableError, Upload } from "../../../web/attachments/upload.ts";
import { chunkAddress, CHUNK_SIZE, combineDigests, countChunks, decryptChunk, deriveKeys, pieceSize } from "../../../web/protocol/attachment.ts";
import { concat, digest, encodeB64u, equal } from "../../../web/protocol/encoding.ts";
import { assert } from "../../../web/protocol/errors.ts";
import { BLOCK_SIZE, KIND_CHUNK } from "../../../web/protocol/labels.ts";

const DELETE_KEY = new Uint8Array(32).fill(7);
const GOES_ON = new AbortController().signal;
const silent = (): void => undefined;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes of array buffers that are in use. The engine frees them some time after it has found that they are not. */
async function measure(): Promise<number> {
  for (let i = 0; i < 3; i += 1) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return process.memoryUsage().arrayBuffers;
}

function makeContent(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 255);
}

/** A store that keeps what is posted, and can fail. */
class Store {
  readonly posts: (readonly BlockRecord[])[] = [];
  fails: (post: number) => boolean = () => false;

  readonly post = async (records: readonly BlockRecord[]): Promise<boolean> => {
    this.posts.push(records);
    await Promise.resolve();
    if (this.fails(this.posts.length)) {
      throw new TypeError("no connection");
    }
    return true;
  };

  get records(): BlockRecord[] {
    return this.posts.flat();
  }
}

test("what is stored is the file, chunk by chunk, and the message fixes every byte", async () => {
  const content = makeContent(2 * CHUNK_SIZE + 5);
  const upload = new Upload(new File([content], "foto.jpg"), "foto.jpg");
  const store = new Store();
  await upload.send(store.post, DELETE_KEY, GOES_ON, silent);
  const { attachment } = upload;
  const keys = await deriveKeys(attachment.key);
  const count = countChunks(attachment.size);
  expect(store.records).toHaveLength(count);
  const pieces = store.records.map(async ({ address, block, kind }, i) => {
    expect([kind, address]).toEqual([KIND_CHUNK, chunkAddress(keys, i)]);
    return decryptChunk(keys, i, block, pieceSize(attachment.size, i), i === count - 1);
  });
  expect(equal(concat(...(await Promise.all(pieces))), content)).toBe(true);
  expect(attachment.digest).toEqual(combineDigests(store.records.map(({ block }) => digest(block))));
});

test("bytes that were made of a file go as the file would, and are wiped when they are not wanted any more", async () => {
  const content = makeContent(CHUNK_SIZE + 5);
  const upload = new Upload(content.slice(), "foto-1.jpg");
  const store = new Store();
  await upload.send(store.post, DELETE_KEY, GOES_ON, silent);
  const { attachment } = upload;
  const keys = await deriveKeys(attachment.key);
  const [first, second] = store.records.map(({ block }) => block);
  assert(first !== undefined && second !== undefined, "both chunks were posted");
  expect(await decryptChunk(keys, 0, first, CHUNK_SIZE, false)).toEqual(content.subarray(0, CHUNK_SIZE));
  expect(await decryptChunk(keys, 1, second, 5, true)).toEqual(content.subarray(CHUNK_SIZE));

  const bytes = makeContent(10);
  new Upload(bytes, "foto-2.jpg").forget();
  expect(bytes).toEqual(new Uint8Array(10));
});

test("an empty file is one chunk", async () => {
  const upload = new Upload(new File([], "leeg"), "leeg");
  const store = new Store();
  await upload.send(store.post, DELETE_KEY, GOES_ON, silent);
  expect(store.records).toHaveLength(1);
  expect(upload.attachment.size).toBe(0);
});

test("before all of it is stored nobody can name it", async () => {
  const upload = new Upload(new File([makeContent(10 * CHUNK_SIZE)], "x"), "x");
  const store = new Store();
  store.fails = (post) => post === 2;
  await expect(upload.send(store.post, DELETE_KEY, GOES_ON, silent)).rejects.toThrow(TypeError);
  expect(() => upload.attachment).toThrow("before the message");
});

test("another content under the same key never leaves: the file begins anew under a fresh key", async () => {
  let content = makeContent(4 * CHUNK_SIZE);
  const file = new File([content], "x");
  // What a browser does that does not notice that a file has changed on the disk.
  file.slice = (from = 0, to = content.length) => new Blob([content.slice(from, to)]);
  const upload = new Upload(file, "x");
  const store = new Store();
  store.fails = (post) => post === 2;
  await expect(upload.send(store.post, DELETE_KEY, GOES_ON, silent)).rejects.toThrow(TypeError);
  content = content.map((byte) => byte ^ 1);
  await expect(upload.send(store.post, DELETE_KEY, GOES_ON, silent)).rejects.toThrow(UnreadableError);
  expect(store.posts).toHaveLength(2);
  await upload.send(store.post, DELETE_KEY, GOES_ON, silent);
  const addresses = store.records.map(({ address }) => encodeB64u(address));
  expect(new Set(addresses).size).toBe(4 + 4);
});

test("beyond the file no more than four chunks are in memory", async () => {
  const file = new File([makeContent(40 * CHUNK_SIZE)], "groot");
  const upload = new Upload(file, "groot");
  const before = await measure();
  let most = 0;
  let posts = 0;
  const post = async (records: readonly BlockRecord[]): Promise<boolean> => {
    // What the call does: the request's body is made of the records.
    const body = concat(...records.map(({ block }) => block));
    most = Math.max(most, (await measure()) - before);
    posts += 1;
    return body.length > 0;
  };
  await upload.send(post, DELETE_KEY, GOES_ON, silent);
  expect(posts).toBeGreaterThan(10);
  expect(most).toBeGreaterThan(2 * BLOCK_SIZE);
  // Digests, addresses and keys are small beside the chunks.
  expect(most).toBeLessThan(4 * BLOCK_SIZE + 16_384);
});

test.each([
  ["foto.jpg", "foto.jpg"],
  ["a\u0000b\nc.txt", "abc.txt"],
  ["\ud800x", "x"],
  ["", "–"],
  ["  ", "–"],
  ["👍".repeat(100), `${"👍".repeat(59)}…${"👍".repeat(20)}`],
  [`${"x".repeat(200)}.jpeg`, `${"x".repeat(59)}…${"x".repeat(15)}.jpeg`],
])("the name %j goes as %j", (name, clean) => {
  expect(cleanName(name)).toBe(clean);
});
