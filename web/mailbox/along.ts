/** Reading along with a family code: what of a conversation is its own, and what whoever reads along is told. spec: Sharing. */

import { choose, clone } from "../page.ts";
import type { Scope } from "../protocol/body.ts";
import { order } from "../protocol/conversation.ts";
import { encodeB64u } from "../protocol/encoding.ts";
import type { Letter } from "../protocol/letter.ts";
import { mayAsk } from "../protocol/sharing.ts";
import type { Visit } from "./visit.ts";

/** Say whether a mailbox is a family code's: whoever made it began it with the list of who may read. */
export function isFamily({ own }: Visit): boolean {
  const [first] = own;
  return first?.payload.number === 0 && first.payload.kind === "allow";
}

/** Say whether somebody may write here: everybody in a mailbox of their own, with a family code only where that was given. */
export function mayWrite(visit: Visit): boolean {
  return !isFamily(visit) || mayAsk(findScope(visit) ?? "none");
}

/** Return what stands above the letters of a family code; nothing in another mailbox. */
export function makeAlong(visit: Visit): HTMLElement[] {
  if (!isFamily(visit)) {
    return [];
  }
  const card = clone("family-reading");
  choose(card, "scope", findScope(visit) ?? (visit.unloaded > 0 ? "unloaded" : "waiting"));
  return [card];
}

/** Return letters without the second copy of what was copied before: two desks may have done it at once. */
export function dropRepeated(letters: readonly Letter[]): Letter[] {
  const known = new Set<string>();
  return letters.filter(({ messages: [{ payload }] }) => {
    const { original } = payload.body;
    const id = original === null ? null : encodeB64u(original.id);
    const isRepeated = id !== null && known.has(id);
    known.add(id ?? "");
    return !isRepeated;
  });
}

// Null before any desk has said what it follows.
function findScope({ own, replies }: Visit): Scope | null {
  const told = order([...own, ...replies]).filter(({ payload }) => payload.kind === "shared");
  return told.at(-1)?.payload.body.share?.scope ?? null;
}
