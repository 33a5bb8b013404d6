/** The calls that a browser makes. Same-origin, without credentials, referrer or cache. spec: Server. */

import { solveChallenge, type Challenge } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/web/pbkdf2";

import { concat, encodeB64u } from "./protocol/encoding.ts";
import { assert } from "./protocol/errors.ts";
import { BLOCK_SIZE, KEY_SIZE, PREFIX_SIZE } from "./protocol/labels.ts";
import { goOn, leaving, wait } from "./protocol/pause.ts";
import { FETCH_COUNT } from "./protocol/visit.ts";

/** How many blocks one request deletes. */
export const DELETE_COUNT = 16;

const CALL_MILLISECONDS = 120_000;
// A nightly rewrite takes a minute at most; somebody who waits longer is told.
const BUSY_CALLS = 7;
const BUSY_SECONDS = 10;
const KEYSET_SIZE = 1 << 20;
const INDEX_SIZE = 1 << 20;
const CHALLENGE_SIZE = 1 << 14;

/** No answer came, or not the one that the protocol promises: the connection is to blame until proven otherwise. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

/** The store takes nothing more for now. */
export class FullError extends Error {
  override readonly name = "FullError";
}

/** Return the keyset's bytes; nothing in them is true yet. Throws UnreachableError. */
export async function getKeyset(): Promise<Uint8Array> {
  return readBody(await call("GET", "keyset"), KEYSET_SIZE);
}

/** Return the index: prefixes of four bytes. Throws UnreachableError. */
export async function getIndex(): Promise<Uint8Array> {
  const index = await readBody(await call("GET", "index"), INDEX_SIZE);
  if (index.length % PREFIX_SIZE !== 0) {
    throw new UnreachableError("an index of another shape");
  }
  return index;
}

/** Return random bytes of the browser's own source. */
export function random(size: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(size));
}

/** Return four blocks for four addresses; random bytes where there is none. Throws UnreachableError. */
export async function fetchBlocks(addresses: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const blocks: Uint8Array[] = [];
  await fetchEach(addresses, (block) => {
    blocks.push(block.slice());
  });
  return blocks;
}

/**
 * Fetch four blocks for four addresses and take them one by one; random bytes where there is none.
 *
 * A block's memory is used again for the next. Throws UnreachableError, and as `take` does.
 */
export async function fetchEach(
  addresses: readonly Uint8Array[],
  take: (block: Uint8Array, i: number) => Promise<void> | void,
): Promise<void> {
  assert(addresses.length === FETCH_COUNT, "a fetch asks for four addresses");
  const response = await call("POST", "blocks/fetch", concat(...addresses));
  const block = new Uint8Array(BLOCK_SIZE);
  let size = 0;
  for await (const part of readParts(response, FETCH_COUNT * BLOCK_SIZE)) {
    for (let from = 0; from < part.length; ) {
      const place = size % BLOCK_SIZE;
      const some = part.subarray(from, from + BLOCK_SIZE - place);
      block.set(some, place);
      from += some.length;
      size += some.length;
      if (size % BLOCK_SIZE === 0) {
        await take(block, size / BLOCK_SIZE - 1);
      }
    }
  }
  if (size !== FETCH_COUNT * BLOCK_SIZE) {
    throw new UnreachableError("an answer of another size");
  }
}

/** Do the sum that keeps floods away; return what proves it. Throws UnreachableError. */
export async function earnTicket(): Promise<string> {
  const text = new TextDecoder().decode(await readBody(await call("GET", "ticket"), CHALLENGE_SIZE));
  try {
    const challenge = JSON.parse(text) as Challenge;
    const solution = await solveChallenge({ challenge, controller: cutOnLeave(), deriveKey });
    const payload = JSON.stringify({ challenge, solution });
    return encodeB64u(new TextEncoder().encode(payload));
  } catch {
    throw new UnreachableError("a sum that cannot be done");
  }
}

/** One block to be stored, with the hash of the token that deletes it. */
export interface BlockRecord {
  readonly address: Uint8Array;
  readonly deleteHash: Uint8Array;
  readonly kind: number;
  readonly block: Uint8Array;
}

/** What the store made of records: it has them, something else stands at an address, or the ticket is used up. */
export type Posted = "stored" | "taken" | "ticket";

/** Store 1–16 records, all or none. The same ones again are stored once. Throws FullError, UnreachableError. */
export async function postBlocks(ticket: string, records: readonly BlockRecord[]): Promise<Posted> {
  const body = concat(...records.flatMap(({ address, deleteHash, kind, block }) => {
    assert(address.length === KEY_SIZE && block.length === BLOCK_SIZE, "a record has one shape");
    return [address, deleteHash, Uint8Array.of(kind), block];
  }));
  const response = await call("POST", "blocks", body, { Authorization: `Ticket ${ticket}` }, [204, 401, 409]);
  return response.status === 204 ? "stored" : response.status === 409 ? "taken" : "ticket";
}

/** One block to be deleted: its address, and the token that says who may; 32 bytes each. */
export interface Deletion {
  readonly address: Uint8Array;
  readonly token: Uint8Array;
}

/** Delete up to 16 blocks; random pairs fill up. What is not there is deleted too, as far as anybody is told. Throws UnreachableError. */
export async function deleteBlocks(deletions: readonly Deletion[]): Promise<void> {
  assert(deletions.length <= DELETE_COUNT, "a request deletes sixteen blocks at most");
  const pairs = deletions.map(({ address, token }) => concat(address, token));
  const decoys = Array.from({ length: DELETE_COUNT - pairs.length }, () => random(2 * KEY_SIZE));
  await call("POST", "blocks/delete", concat(...pairs, ...decoys), {}, [204]);
}

// A store that is busy says after how many seconds to ask again. To ask twice does nothing twice.
async function call(
  method: string,
  path: string,
  body?: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
  expected: readonly number[] = [200],
): Promise<Response> {
  for (let calls = 1; ; calls += 1) {
    const response = await ask(method, path, body, headers);
    if (expected.includes(response.status)) {
      return response;
    }
    if (response.status !== 503) {
      throw new UnreachableError("an answer that was not expected");
    }
    const seconds = Number(response.headers.get("Retry-After"));
    if (!(seconds > 0) || calls === BUSY_CALLS) {
      throw new FullError("the store takes nothing more");
    }
    await wait(Math.min(seconds, BUSY_SECONDS) * 1000);
  }
}

async function ask(method: string, path: string, body: Uint8Array | undefined, headers: Readonly<Record<string, string>>): Promise<Response> {
  await goOn();
  return fetch(`/api/v1/${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }),
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    referrerPolicy: "no-referrer",
    signal: cutOnLeave(CALL_MILLISECONDS).signal,
  }).catch(async () => {
    await goOn();
    throw new UnreachableError("no answer");
  });
}

// AbortSignal.any would be shorter, and would shut out Safari before 17.4.
function cutOnLeave(milliseconds?: number): AbortController {
  const cut = new AbortController();
  const end = (): void => {
    cut.abort();
  };
  leaving.addEventListener("abort", end, { once: true });
  if (milliseconds !== undefined) {
    setTimeout(end, milliseconds);
  }
  return cut;
}

async function readBody(response: Response, most: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of readParts(response, most)) {
    parts.push(part);
  }
  return concat(...parts);
}

// A server that sends without end is stopped at the greatest size that makes sense.
async function* readParts(response: Response, most: number): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  let size = 0;
  try {
    for (;;) {
      const next = await reader?.read().catch(async () => {
        await goOn();
        throw new UnreachableError("the answer broke off");
      });
      if (next?.value === undefined) {
        return;
      }
      size += next.value.length;
      if (size > most) {
        throw new UnreachableError("an answer without end");
      }
      yield next.value;
    }
  } finally {
    // Whoever takes no more lets the connection go.
    await reader?.cancel().catch(() => undefined);
  }
}
