/** The calls that a browser makes. Same-origin, without credentials, referrer or cache. spec: Server. */

import { solveChallenge, type Challenge } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/web/pbkdf2";

import { concat, encodeB64u } from "./protocol/encoding.ts";
import { assert } from "./protocol/errors.ts";
import { BLOCK_SIZE, KEY_SIZE, PREFIX_SIZE } from "./protocol/labels.ts";
import { FETCH_COUNT } from "./protocol/visit.ts";

const CALL_MILLISECONDS = 120_000;
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

/** Return four blocks for four addresses; random bytes where there is none. Throws UnreachableError. */
export async function fetchBlocks(addresses: readonly Uint8Array[]): Promise<Uint8Array[]> {
  assert(addresses.length === FETCH_COUNT, "a fetch asks for four addresses");
  const body = await readBody(await call("POST", "blocks/fetch", concat(...addresses)), FETCH_COUNT * BLOCK_SIZE);
  if (body.length !== FETCH_COUNT * BLOCK_SIZE) {
    throw new UnreachableError("an answer of another size");
  }
  return addresses.map((_, i) => body.slice(i * BLOCK_SIZE, (i + 1) * BLOCK_SIZE));
}

/** Do the sum that keeps floods away; return what proves it. Throws UnreachableError. */
export async function earnTicket(): Promise<string> {
  const text = new TextDecoder().decode(await readBody(await call("GET", "ticket"), CHALLENGE_SIZE));
  try {
    const challenge = JSON.parse(text) as Challenge;
    const solution = await solveChallenge({ challenge, deriveKey });
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

/**
 * Store one block; false if its address is taken by something else.
 *
 * The same record again is stored once. Throws FullError, UnreachableError.
 */
export async function postBlock(ticket: string, record: BlockRecord): Promise<boolean> {
  assert(record.address.length === KEY_SIZE && record.block.length === BLOCK_SIZE, "a record has one shape");
  const body = concat(record.address, record.deleteHash, Uint8Array.of(record.kind), record.block);
  const response = await call("POST", "blocks", body, { Authorization: `Ticket ${ticket}` }, [204, 409]);
  return response.status === 204;
}

async function call(
  method: string,
  path: string,
  body?: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
  expected: readonly number[] = [200],
): Promise<Response> {
  const response = await fetch(`/api/v1/${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }),
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    referrerPolicy: "no-referrer",
    signal: AbortSignal.timeout(CALL_MILLISECONDS),
  }).catch(() => {
    throw new UnreachableError("no answer");
  });
  if (response.status === 503) {
    throw new FullError("the store takes nothing more");
  }
  if (!expected.includes(response.status)) {
    throw new UnreachableError("an answer that was not expected");
  }
  return response;
}

// A server that sends without end is stopped at the greatest size that makes sense.
async function readBody(response: Response, most: number): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const next = await reader?.read().catch(() => {
      throw new UnreachableError("the answer broke off");
    });
    if (next?.value === undefined) {
      return concat(...parts);
    }
    parts.push(next.value);
    size += next.value.length;
    if (size > most) {
      throw new UnreachableError("an answer without end");
    }
  }
}
