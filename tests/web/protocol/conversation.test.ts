import { beforeAll, describe, expect, test } from "vitest";

import {
  authenticateMessage,
  authenticateOwn,
  authenticateReply,
  checkSealed,
  chooseSealed,
  composeMessage,
  composeReply,
  firstAllow,
  isRestart,
  listRecipients,
  type Message,
  newestAllow,
  nextAllow,
  order,
  seenBy,
  speakers,
} from "../../../web/protocol/conversation.ts";
import { encodeB64u } from "../../../web/protocol/encoding.ts";
import { open, seal } from "../../../web/protocol/envelope.ts";
import { ForgedError, NoMatchError } from "../../../web/protocol/errors.ts";
import type { Keyset } from "../../../web/protocol/keyset.ts";
import type { Mailbox } from "../../../web/protocol/mailbox.ts";
import { allowId, type AllowList } from "../../../web/protocol/payload.ts";
import {
  type Counsellor,
  makeDraft,
  makeMailbox,
  makeTeam,
  ORGANISATION,
  signAsMailbox,
  type Team,
  verifyServed,
  writeReply,
} from "./world.ts";

let team: Team;
let keyset: Keyset;
let box: Mailbox;
let anna: Counsellor;
let bram: Counsellor;

beforeAll(async () => {
  team = await makeTeam();
  keyset = verifyServed(team);
  box = await makeMailbox();
  [anna, bram] = team.counsellors as [Counsellor, Counsellor];
});

const everybody = (): AllowList => firstAllow(["chris", "anna", "bram"]);

function write(changes: Parameters<typeof makeDraft>[0] = {}, allow: AllowList = everybody()): Message {
  const payload = composeMessage(box, keyset, allow, makeDraft(changes));
  return authenticateMessage(signAsMailbox(payload, box), ORGANISATION, payload.address);
}

function reply(
  counsellor: Counsellor,
  messages: readonly Message[],
  changes: Parameters<typeof makeDraft>[0] = {},
): Message {
  const opened = writeReply(counsellor, keyset, messages, changes);
  const slot = { author: counsellor.workstation.id, number: changes.number ?? 0 };
  return authenticateReply(opened, keyset.roster, box, slot, speakers(messages));
}

test("a report is sealed, opened by a counsellor, answered, and the answer opened by the reporter", async () => {
  const draw = (size: number): Uint8Array => crypto.getRandomValues(new Uint8Array(size));
  const payload = composeMessage(box, keyset, everybody(), makeDraft());
  const signed = signAsMailbox(payload, box);
  const block = await seal(signed.payload, signed.signature, listRecipients(keyset, payload), draw);
  const message = authenticateMessage(await open(block, [anna.identity]), ORGANISATION, payload.address);
  checkSealed(message, anna.workstation.id, keyset.cards.get(encodeB64u(anna.workstation.id))?.hash ?? draw(32));
  const answer = writeReply(anna, keyset, [message], { seen: seenBy([message], anna.workstation.id) });
  const composed = composeReply(anna.workstation, keyset, [message], makeDraft({ kind: "reply" }));
  const recipients = listRecipients(keyset, composed);
  const answerBlock = await seal(answer.payload, answer.signature, recipients, draw);
  const slot = { author: anna.workstation.id, number: 0 };
  const opened = await open(answerBlock, [box.identity]);
  const own = authenticateOwn(await open(block, [box.identity]), ORGANISATION, box, 0);
  const read = authenticateReply(opened, keyset.roster, box, slot, speakers([own]));
  expect(read.payload.body.text).toBe("Goed dat u schrijft.");
  expect(read.payload.seen).toEqual(new Map([[encodeB64u(box.conversation), 0]]));
});

describe("who may read", () => {
  test("the newest list counts, and a withheld one cannot be made up", () => {
    const second = nextAllow(everybody(), ["anna"]);
    expect(second).toEqual({ version: 2, persons: ["anna"], previous: allowId(everybody()), successor: null });
    expect(newestAllow([write(), write({ kind: "allow", number: 1 }, second)])).toEqual(second);
    expect(() => newestAllow([])).toThrow(NoMatchError);
    expect(() => newestAllow([reply(anna, [write()])])).toThrow(NoMatchError);
  });

  test("a person nobody knows leaves nobody to write to, unless a successor is named", () => {
    expect(() => chooseSealed(keyset, firstAllow(["dora"]))).toThrow(NoMatchError);
    const sealed = chooseSealed(keyset, firstAllow(["dora"], "bram"));
    expect(Array.from(sealed.values()).filter((state) => state === "excluded").length).toBe(2);
  });

  test("only those who are promised it are recipients, after the mailbox", () => {
    const payload = composeMessage(box, keyset, firstAllow(["bram"]), makeDraft());
    expect(listRecipients(keyset, payload)).toEqual([box.recipient, bram.recipient]);
  });

  test("a desk that is excluded, or opened with another card, does not take a message", () => {
    const message = write({}, firstAllow(["bram"]));
    const card = keyset.cards.get(encodeB64u(bram.workstation.id));
    checkSealed(message, bram.workstation.id, card?.hash ?? new Uint8Array(32));
    expect(() => {
      checkSealed(message, bram.workstation.id, new Uint8Array(32));
    }).toThrow(ForgedError);
    expect(() => {
      checkSealed(message, anna.workstation.id, card?.hash ?? new Uint8Array(32));
    }).toThrow(ForgedError);
  });
});

describe("who wrote", () => {
  test("keys that were seen first are trusted from then on", () => {
    const { payload } = write();
    const opened = signAsMailbox(payload, box);
    const other = { ...payload, mailbox: anna.recipient };
    expect(authenticateMessage(opened, ORGANISATION, payload.address, payload).payload).toEqual(payload);
    expect(() => authenticateMessage(opened, ORGANISATION, payload.address, other)).toThrow(ForgedError);
  });

  test("an own message is looked for under its number and with one's own keys", () => {
    const { payload } = write();
    expect(authenticateOwn(signAsMailbox(payload, box), ORGANISATION, box, 0).payload).toEqual(payload);
    expect(() => authenticateOwn(signAsMailbox(payload, box), ORGANISATION, box, 1)).toThrow(ForgedError);
    for (const changed of [
      { ...payload, number: 1 },
      { ...payload, mailbox: anna.recipient },
      { ...payload, contact: payload.contact && { ...payload.contact, replyDeleteKey: new Uint8Array(32) } },
    ]) {
      expect(() => authenticateOwn(signAsMailbox(changed, box), ORGANISATION, box, 0)).toThrow(ForgedError);
    }
  });
});

describe("a thread", () => {
  test("stands in an order that every reader sees, whatever order it came in", () => {
    const first = write();
    const answer = reply(anna, [first], { seen: new Map([[encodeB64u(box.conversation), 0]]), day: "2026-11-19" });
    const seen = new Map([[encodeB64u(anna.workstation.id), 0]]);
    const second = write({ number: 1, previous: first.id, seen, day: "2026-11-17" });
    const side = reply(bram, [first], { day: "2026-11-16" });
    const shown = [side, first, answer, second];
    for (const given of [[second, answer, first, side], [first, side, second, answer, first], shown]) {
      expect(order(given)).toEqual(shown);
    }
  });

  test("is shown even where two authors contradict themselves", () => {
    const first = write();
    const mine = write({ number: 1, seen: new Map([[encodeB64u(anna.workstation.id), 0]]) });
    const answer = reply(anna, [first], { seen: new Map([[encodeB64u(box.conversation), 1]]), day: "2026-11-17" });
    expect(order([mine, answer, first])).toEqual([first, answer, mine]);
  });

  test("a restart is a message without a previous one where another is known", () => {
    const [first, again] = [write(), write({ number: 1 })];
    expect(isRestart(first, [])).toBe(false);
    expect(isRestart(again, [first])).toBe(true);
    expect(isRestart(write({ number: 1, previous: first.id }), [first])).toBe(false);
    expect(isRestart(reply(anna, [first]), [first])).toBe(false);
  });

  test("others are seen up to their highest number", () => {
    const first = write();
    const messages = [first, reply(anna, [first], { number: 3 }), reply(anna, [first], { number: 2 })];
    expect(seenBy(messages, box.conversation)).toEqual(new Map([[encodeB64u(anna.workstation.id), 3]]));
    expect(speakers([write({}, firstAllow(["bram"], "dora")), ...messages])).toEqual(
      new Set(["anna", "bram", "chris", "dora"]),
    );
  });
});
