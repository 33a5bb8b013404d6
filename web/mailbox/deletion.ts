/** Taking a conversation back: the team is asked to destroy it, and all of it is deleted here. spec: Steps, Delete now. */

import { type Deletion as Place, DELETE_COUNT, deleteBlocks, getIndex } from "../api.ts";
import { Delivery } from "../delivery.ts";
import { choose, clone, fill, press, show, today } from "../page.ts";
import { DELETION_STAGES, type Progress, type Report, showProgress } from "../progress.ts";
import { deriveAddress, deriveDeleteToken } from "../protocol/address.ts";
import { chunkAddress, countChunks, deriveKeys } from "../protocol/attachment.ts";
import { makeBody } from "../protocol/body.ts";
import { newestAllow, seenBy } from "../protocol/conversation.ts";
import { equal } from "../protocol/encoding.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { LAST_NUMBER, SKIP_COUNT } from "../protocol/labels.ts";
import { goOn, nextRound } from "../protocol/pause.ts";
import { listSharings } from "../protocol/sharing.ts";
import { explain } from "../trouble.ts";
import { openFamily } from "./family.ts";
import type { Visit } from "./visit.ts";

/** How far it is: nothing was asked, the team may have been, it has, or part of what lies here is gone. */
export type Reach = "nothing" | "maybe" | "asked" | "part";

/** A deletion on its way; what broke off goes on where it was. */
export class Deletion {
  readonly #visited: Visit;
  #delivery: Delivery | null = null;
  #reach: Reach = "nothing";
  #places: readonly Place[] | null = null;
  #done = 0;

  constructor(visited: Visit) {
    this.#visited = visited;
    this.#reach = visited.withdrawal === undefined ? "nothing" : "asked";
  }

  /** What is certain. */
  get reach(): Reach {
    return this.#reach;
  }

  /** How many places there are, and how many of them are certainly empty. */
  get places(): { readonly count: number; readonly done: number } {
    return { count: this.#places?.length ?? 0, done: this.#done };
  }

  /** Do it, or what is left of it. Throws as its parts do. */
  async run({ report, stopped }: Progress): Promise<void> {
    this.#places ??= await this.#prepare(report, stopped);
    while (this.#done < this.#places.length) {
      report("delete", this.#done / this.#places.length);
      await deleteBlocks(this.#places.slice(this.#done, this.#done + DELETE_COUNT));
      this.#reach = "part";
      this.#done = Math.min(this.#done + DELETE_COUNT, this.#places.length);
    }
    report("delete", 1);
  }

  // Only messages name their chunks, so all of them are loaded first.
  async #prepare(report: Report, stopped: AbortSignal): Promise<Place[]> {
    const load = async (): Promise<void> => this.#visited.fetchAll((part) => { report("fetch", part); });
    report("fetch");
    await load();
    if (this.#visited.withdrawal === undefined && this.#reach !== "asked") {
      this.#delivery ??= this.#withdraw();
      await this.#delivery.send({
        report: (stage, part) => {
          // From the moment that it goes away nobody knows whether it arrived, until somebody says so.
          this.#reach = stage === "send" ? "maybe" : this.#reach;
          report("withdraw", stage === "seal" ? part : stage === "send" ? 1 : 0);
        },
        stopped,
      });
      this.#reach = "asked";
    }
    // Another page with the same code may have written meanwhile; this also finds the withdrawal itself.
    await this.#visited.fetchOwn();
    await load();
    return [...(await listPlaces(this.#visited, this.#stays)), ...(await this.#listFamily())];
  }

  #withdraw(): Delivery {
    const { mailbox, nextNumber, own, replies } = this.#visited;
    const draft = {
      kind: "withdraw" as const,
      body: makeBody(),
      day: today(),
      number: nextNumber,
      previous: own.at(-1)?.id ?? null,
      seen: seenBy(replies, mailbox.conversation),
    };
    return new Delivery(mailbox, draft, [], () => newestAllow(this.#visited.own));
  }

  // What lies under family codes; the files of copies are this conversation's.
  async #listFamily(): Promise<Place[]> {
    const sharings = [...listSharings(this.#visited.own).values()];
    const index = sharings.length > 0 ? await getIndex() : null;
    const places: Place[] = [];
    for (const { index: number } of sharings) {
      const family = await openFamily(this.#visited, number, () => undefined, index);
      await family.fetchAll(() => undefined);
      places.push(...(await listPlaces(family)));
    }
    return places;
  }

  // The withdrawal, and what desks have said since.
  readonly #stays = (author: Uint8Array, number: number): boolean => {
    const { mailbox, own, replies } = this.#visited;
    return (equal(author, mailbox.conversation) && number === this.#delivery?.number) || [...own, ...replies].some(({ payload }) =>
      payload.number === number && equal(payload.author, author) && (payload.kind === "withdraw" || payload.kind === "destroyed"));
  };
}

/** Ask once more, delete, and say so; false if the person goes back before it is done. */
export async function deleteConversation(deletion: Deletion): Promise<boolean> {
  let { action } = await press(show(clone("sheet-delete")));
  while (action === "destroy") {
    try {
      await deletion.run(showProgress(false, DELETION_STAGES));
      await press(show(clone("sheet-deleted")));
      return true;
    } catch (error) {
      await goOn();
      // Without anybody who could read it nothing is sent: the page closes, as it does for every message.
      action = error instanceof ProtocolError ? await explain(error) : await sayHowFar(deletion);
    }
  }
  return false;
}

async function sayHowFar({ reach, places }: Deletion): Promise<string> {
  const sheet = clone("sheet-halted");
  choose(sheet, "reach", reach);
  fill(sheet, "done", String(places.done));
  fill(sheet, "count", String(places.count));
  return (await press(show(sheet))).action;
}

// Every place where something of a mailbox may lie, but for those that stay.
async function listPlaces(visit: Visit, stays: (author: Uint8Array, number: number) => boolean = () => false): Promise<Place[]> {
  const { mailbox, keyset, own, replies } = visit;
  const places: Place[] = [];
  for (const author of [mailbox.conversation, ...keyset.roster.workstations.map(({ id }) => id)]) {
    const isOwn = equal(author, mailbox.conversation);
    const [addressKey, deleteKey] = isOwn ? [mailbox.addressKey, mailbox.deleteKey] : [mailbox.replyAddressKey, mailbox.replyDeleteKey];
    // spec: from 0 to the highest listed or known + 8
    const last = Math.min(visit.highestOf(author) + SKIP_COUNT, LAST_NUMBER);
    for (let number = 0; number <= last; number += 1) {
      if (!stays(author, number)) {
        places.push(makePlace(deleteKey, deriveAddress(addressKey, author, number)));
      }
    }
    await nextRound();
  }
  for (const { payload } of [...own, ...replies]) {
    const deleteKey = payload.contact === null ? mailbox.replyDeleteKey : mailbox.deleteKey;
    for (const { key, size } of payload.body.attachments) {
      const keys = await deriveKeys(key);
      places.push(...Array.from({ length: countChunks(size) }, (_, i) => makePlace(deleteKey, chunkAddress(keys, i))));
      await nextRound();
    }
  }
  return places;
}

function makePlace(deleteKey: Uint8Array, address: Uint8Array): Place {
  return { address, token: deriveDeleteToken(deleteKey, address) };
}
