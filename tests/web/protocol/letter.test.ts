import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";

import { makeBody } from "../../../web/protocol/body.ts";
import { authenticateMessage, composeMessage, type Draft, firstAllow, type Message, order } from "../../../web/protocol/conversation.ts";
import { serializeJson } from "../../../web/protocol/encoding.ts";
import { MalformedError } from "../../../web/protocol/errors.ts";
import type { Keyset } from "../../../web/protocol/keyset.ts";
import { joinLetters, PIECE_SIZE, splitBody, splitText } from "../../../web/protocol/letter.ts";
import type { Mailbox } from "../../../web/protocol/mailbox.ts";
import { makeDraft, makeMailbox, makeTeam, ORGANISATION, signAsMailbox, verifyServed } from "./world.ts";

const parts = fc.array(fc.tuple(fc.constantFrom("a", "é", "\n", '"', "👍", "👩‍🚒", "\u2028"), fc.nat(9_000)), { maxLength: 12 });
const texts = parts.map((list) => list.map(([part, times]) => part.repeat(times)).join(""));

describe("a long text", () => {
  test("is cut into pieces that are as long as can be, and are the text again", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const pieces = splitText(text);
        expect(pieces.join("") === text).toBe(true);
        const sizes = pieces.map((piece) => serializeJson(piece).length - 2);
        // Nothing is written longer than six bytes.
        expect(sizes.every((size, i) => size <= PIECE_SIZE && (i === sizes.length - 1 || size > PIECE_SIZE - 6))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test("with half a surrogate pair, or for more than sixteen envelopes, is refused", () => {
    expect(() => splitText("a\ud83dz")).toThrow(MalformedError);
    expect(() => splitText("a".repeat(16 * PIECE_SIZE + 1))).toThrow(MalformedError);
  });

  test("keeps answers and files with its first piece", () => {
    const body = makeBody({ text: "a".repeat(PIECE_SIZE + 1), questions: 2, answers: new Map([["wish", ["talk"]]]), track: "series", next: "2026-12-01" });
    expect(splitBody(body)).toEqual([
      { ...body, text: "a".repeat(PIECE_SIZE), continues: true },
      makeBody({ text: "a", track: "series", next: "2026-12-01" }),
    ]);
  });
});

describe("letters", () => {
  let keyset: Keyset;
  let box: Mailbox;

  beforeAll(async () => {
    keyset = verifyServed(await makeTeam());
    box = await makeMailbox();
  });

  function write(changes: Partial<Draft>): Message {
    const payload = composeMessage(box, keyset, firstAllow(["anna"]), makeDraft(changes));
    return authenticateMessage(signAsMailbox(payload, box), ORGANISATION, payload.address);
  }

  test("a withdrawal is no part of a text that broke off", () => {
    const first = write({ body: makeBody({ text: "Het begon", continues: true }) });
    const second = write({ number: 1, previous: first.id, body: makeBody({ text: " in de raad.", continues: true }) });
    const withdrawal = write({ number: 2, previous: second.id, kind: "withdraw", body: makeBody() });
    const letters = joinLetters(order([withdrawal, second, first]));
    expect(letters.map(({ text, whole }) => [text, whole])).toEqual([["Het begon in de raad.", false], ["", true]]);
    expect(letters[0]?.messages).toEqual([first, second]);
  });
});
