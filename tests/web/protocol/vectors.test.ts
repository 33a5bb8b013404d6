import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, test } from "vitest";

import * as address from "../../../web/protocol/address.ts";
import * as attachment from "../../../web/protocol/attachment.ts";
import * as code from "../../../web/protocol/code.ts";
import { SCOPES } from "../../../web/protocol/body.ts";
import * as consent from "../../../web/protocol/consent.ts";
import * as conversation from "../../../web/protocol/conversation.ts";
import * as encoding from "../../../web/protocol/encoding.ts";
import { ForgedError } from "../../../web/protocol/errors.ts";
import * as envelope from "../../../web/protocol/envelope.ts";
import * as keyset from "../../../web/protocol/keyset.ts";
import * as letter from "../../../web/protocol/letter.ts";
import * as mailbox from "../../../web/protocol/mailbox.ts";
import * as recipient from "../../../web/protocol/recipient.ts";
import * as payload from "../../../web/protocol/payload.ts";
import * as sharing from "../../../web/protocol/sharing.ts";
import * as verifying from "../../../web/protocol/verifying.ts";
import * as visit from "../../../web/protocol/visit.ts";
import * as week from "../../../web/protocol/week.ts";
import { listSubjects, outcome, readSubject, type Vector } from "./vectors.ts";

const WORDS = Array.from({ length: code.LIST_SIZE }, (_, i) => String(i).padStart(4, "0"));
const utf8 = new TextEncoder();

const hexOf = bytesToHex;
const wordsOf = (digits: readonly number[]): string[] => digits.map((digit) => WORDS[digit] ?? "");
const openedOf = (vector: Vector): envelope.Opened => ({
  payload: vector.b64("payload"),
  signature: vector.b64("signature"),
});

function keysetOf(vector: Vector): keyset.Keyset {
  const pins = {
    organisation: vector.text("organisation"),
    rootKey: encoding.decodeB64u(vector.text("root_key")),
    minimumRosterVersion: vector.has("minimum_roster_version") ? vector.number("minimum_roster_version") : 1,
  };
  return keyset.verify(utf8.encode(vector.text("keyset")), pins, vector.number("now"));
}

const readMessage = (data: Uint8Array): conversation.Message => ({
  id: payload.messageId(data),
  payload: payload.parse(data),
  data,
  signature: new Uint8Array(64),
});

const slotsOf = (slots: readonly address.Slot[]): unknown => slots.map((slot) => [hexOf(slot.author), slot.number]);
const hexId = (id: payload.Id): string => hexOf(encoding.decodeB64u(id));

/** How each subject is examined; what it returns must be `expect`. */
const EXAMINERS: Readonly<Record<string, (vector: Vector) => Promise<string>>> = {
  address: (vector) =>
    outcome(() => {
      const found = address.deriveAddress(vector.hex("address_key"), vector.hex("author"), vector.number("number"));
      const token = address.deriveDeleteToken(vector.hex("delete_key"), found);
      expect(hexOf(found)).toBe(vector.text("address"));
      expect(hexOf(token)).toBe(vector.text("delete_token"));
      expect(hexOf(address.deleteHash(token))).toBe(vector.text("delete_hash"));
      expect(hexOf(address.prefix(found))).toBe(vector.text("prefix"));
    }),

  attachment: (vector) =>
    outcome(async () => {
      const keys = await attachment.deriveKeys(vector.hex("key"));
      const [index, last, block] = [vector.number("index"), vector.truth("last"), vector.b64("block")];
      expect(hexOf(attachment.chunkAddress(keys, index))).toBe(vector.text("address"));
      const piece = await attachment.decryptChunk(keys, index, block, vector.number("size"), last);
      expect(hexOf(encoding.digest(piece))).toBe(vector.text("piece_hash"));
      expect(await attachment.encryptChunk(keys, index, piece, last)).toEqual(block);
      expect(await attachment.digestChunk(block)).toEqual(encoding.digest(block));
    }),

  b64u: (vector) =>
    outcome(() => {
      expect(encoding.encodeB64u(encoding.decodeB64u(vector.text("text")))).toBe(vector.text("text"));
    }),

  chunks: (vector) =>
    outcome(() => {
      const counts = vector.list("counts") as [number, number][];
      expect(counts.map(([size]) => [size, attachment.countChunks(size)])).toEqual(counts);
      const digests = vector.texts("digests").map((text) => hexToBytes(text));
      expect(hexOf(attachment.combineDigests(digests))).toBe(vector.text("digest"));
    }),

  code: (vector) =>
    outcome(() => {
      const words = wordsOf(vector.numbers("digits"));
      const secret = code.decode(words, WORDS);
      expect(code.encode(secret, WORDS)).toEqual(words);
      if (vector.has("secret")) {
        expect(hexOf(secret)).toBe(vector.text("secret"));
      }
      if (vector.has("missing")) {
        const missing = vector.number("missing");
        const proposal = code.recover(words.map((word, i) => (i === missing ? null : word)), WORDS);
        expect(proposal).toBe(words[missing]);
      }
    }),

  consent: (vector) =>
    outcome(() => {
      const statement = consent.parseStatement(utf8.encode(vector.text("statement")));
      expect(consent.serializeStatement(statement)).toEqual(utf8.encode(vector.text("statement")));
      const proposal: consent.Proposal = { action: consent.HANDOVER, ...(vector.raw("proposal") as { recipient: string; text: string; until: string }) };
      const text = vector.raw("text") as string | null;
      const answer = { proposal: new Uint8Array(32), text, statement, signature: vector.hex("signature") };
      const given = [proposal, vector.text("organisation"), vector.hex("verifying_key"), vector.text("day")] as const;
      expect(() => consent.checkConsent({ ...answer, statement: null, signature: null }, ...given)).toThrow(ForgedError);
      expect(consent.checkConsent(answer, ...given)).toBe(text ?? proposal.text);
    }),

  document: (vector) =>
    outcome(() => {
      const data = utf8.encode(vector.text("document"));
      expect(verifying.serializeDocument(verifying.parseDocument(data))).toEqual(data);
    }),

  envelope: async (vector) => {
    const kinds: Readonly<Record<string, string>> = {
      "header failure": "malformed",
      "HMAC failure": "forged",
      "payload failure": "forged",
      "plaintext failure": "malformed",
    };
    const found = await outcome(async () => {
      const opened = await envelope.open(vector.b64("envelope"), [recipient.decodeIdentity(vector.text("identity"))]);
      expect(envelope.pad(opened.payload, opened.signature)).toEqual(vector.b64("plaintext"));
    });
    return found === kinds[vector.expect] ? vector.expect : found;
  },

  fingerprint: (vector) =>
    outcome(() => {
      const rootKey = encoding.decodeB64u(vector.text("root_key"));
      const words = keyset.fingerprint(rootKey, vector.b64("roster"), WORDS);
      expect(words).toEqual(wordsOf(vector.numbers("digits")));
    }),

  identity: (vector) =>
    outcome(() => {
      expect(recipient.encodeIdentity(recipient.decodeIdentity(vector.text("text")))).toBe(vector.text("text"));
    }),

  join: (vector) =>
    outcome(() => {
      const given = vector.texts("payloads").map((text) => readMessage(encoding.decodeB64(text)));
      const letters = letter.joinLetters(given).map(({ messages, text, whole }) => ({
        messages: messages.map(({ id }) => hexOf(id)),
        text,
        whole,
      }));
      expect(letters).toEqual(vector.list("letters"));
    }),

  json: (vector) =>
    outcome(() => {
      expect(encoding.serializeJson(encoding.parseJson(vector.b64("json")))).toEqual(vector.b64("json"));
    }),

  keyset: (vector) =>
    outcome(() => {
      const { cards } = keysetOf(vector);
      const absent = Array.from(cards).filter(([, card]) => card === null);
      expect(absent.map(([id]) => hexId(id)).sort()).toEqual(vector.list("absent"));
    }),

  mailbox: (vector) =>
    outcome(async () => {
      const box = await mailbox.derive(vector.hex("secret"), vector.text("organisation"));
      expect(recipient.encodeIdentity(box.identity)).toBe(vector.text("identity_text"));
      expect(recipient.encodeRecipient(box.recipient)).toBe(vector.text("recipient_text"));
      expect(hexOf(box.conversation)).toBe(vector.text("conversation"));
      expect(hexOf(box.identity)).toBe(vector.text("identity"));
      expect(hexOf(box.signing)).toBe(vector.text("signing"));
      expect(hexOf(box.verifying)).toBe(vector.text("verifying"));
      expect(hexOf(box.addressKey)).toBe(vector.text("address_key"));
      expect(hexOf(box.deleteKey)).toBe(vector.text("delete_key"));
      expect(hexOf(box.replyAddressKey)).toBe(vector.text("reply_address_key"));
      expect(hexOf(box.replyDeleteKey)).toBe(vector.text("reply_delete_key"));
      expect(hexOf(box.familyKey)).toBe(vector.text("family_key"));
      expect([0, 1, 255].map((index) => hexOf(mailbox.deriveFamilySecret(box, index)))).toEqual(vector.texts("families"));
    }),

  message: (vector) =>
    outcome(() => {
      conversation.authenticateMessage(openedOf(vector), vector.text("organisation"), vector.hex("address"));
    }),

  payload: (vector) =>
    outcome(() => {
      const data = vector.b64("payload");
      expect(payload.serialize(payload.parse(data))).toEqual(data);
      expect(hexOf(payload.messageId(data))).toBe(vector.text("message_id"));
    }),

  recipient: (vector) =>
    outcome(() => {
      expect(recipient.encodeRecipient(recipient.decodeRecipient(vector.text("text")))).toBe(vector.text("text"));
    }),

  reply: (vector) =>
    outcome(async () => {
      const { roster } = keysetOf(vector);
      const box = await mailbox.derive(vector.hex("secret"), vector.text("organisation"));
      const slot = { author: vector.hex("author"), number: vector.number("number") };
      conversation.authenticateReply(openedOf(vector), roster, box, slot, vector.texts("persons"));
    }),

  sealed: (vector) =>
    outcome(() => {
      const successor = vector.raw("successor") as string | null;
      const allow = conversation.firstAllow(vector.texts("persons"), successor);
      const states = Array.from(conversation.chooseSealed(keysetOf(vector), allow), ([id, state]) => [
        hexId(id),
        typeof state === "string" ? state : hexOf(state),
      ]);
      expect(Object.fromEntries(states)).toEqual(vector.raw("sealed"));
    }),

  split: (vector) =>
    outcome(() => {
      const text = (vector.list("text") as [string, number][]).map(([part, times]) => part.repeat(times)).join("");
      const pieces = letter.splitText(text).map((piece) => utf8.encode(piece));
      expect(pieces.map((piece) => [piece.length, hexOf(encoding.digest(piece))])).toEqual(vector.list("pieces"));
    }),

  sharing: (vector) =>
    outcome(() => {
      const messages = vector.texts("payloads").map((data) => readMessage(encoding.decodeB64(data)));
      const families = vector.texts("families").map((family) => hexToBytes(family));
      const found = [...sharing.listSharings(messages)].map(([id, { scope, index, since }]) => [hexId(id), [scope, index, since]]);
      expect(Object.fromEntries(found)).toEqual(vector.raw("sharings"));
      const numbers = Array.from({ length: 8 }, (_, number) => number);
      expect(families.map((family) => numbers.map((number) => sharing.scopeAt(messages, family, number)))).toEqual(vector.list("scopes"));
      const covered = SCOPES.map((scope) => [sharing.covers(scope, "team"), sharing.covers(scope, "mailbox"), sharing.mayAsk(scope)]);
      expect(covered).toEqual(vector.list("covered"));
    }),

  thread: (vector) =>
    outcome(() => {
      const given = vector.texts("payloads").map((text) => readMessage(encoding.decodeB64(text)));
      expect(conversation.order(given).map((message) => hexOf(message.id))).toEqual(vector.list("order"));
    }),

  visit: (vector) =>
    outcome(async () => {
      const [index, own, seen] = [vector.b64("index"), vector.hex("own"), vector.number("seen")];
      const authors = vector.texts("authors").map((author) => hexToBytes(author));
      const listed = await visit.matchIndex(index, vector.hex("reply_address_key"), authors);
      const first = visit.planFirst(own, listed);
      const second = visit.planSecond(own, seen, listed, first);
      expect(Object.fromEntries(Array.from(listed, ([id, numbers]) => [hexId(id), numbers]))).toEqual(
        vector.raw("listed"),
      );
      expect(slotsOf(first)).toEqual(vector.raw("first"));
      expect(slotsOf(second)).toEqual(vector.raw("second"));
      expect(slotsOf(visit.planNext(listed, [...first, ...second]))).toEqual(vector.raw("next"));
      expect(slotsOf(visit.planMore(own, seen, listed, [...first, ...second]))).toEqual(vector.raw("more"));
    }),

  week: (vector) =>
    outcome(() => {
      expect(week.encodeWeek(week.decodeWeek(vector.text("week")))).toBe(vector.text("week"));
      const now = vector.number("now");
      expect(week.weekNumber(now)).toBe(vector.number("number"));
      expect(week.encodeWeek(vector.number("number"))).toBe(vector.text("week"));
      expect(week.inGrace(now)).toBe(vector.raw("grace"));
      expect(week.dayOf(now)).toBe(vector.text("day"));
    }),
};

test("every subject of the vectors is examined, and there are no others", () => {
  // flips.slow.test.ts examines the flips.
  expect(listSubjects().sort()).toEqual([...Object.keys(EXAMINERS), "flips"].sort());
});

describe.each(Object.entries(EXAMINERS))("%s agrees with Python", (subject, examine) => {
  test.each(readSubject(subject).map((vector) => [vector.name, vector] as const))("on %s", async (_, vector) => {
    expect(await examine(vector)).toBe(vector.expect);
  });
});
