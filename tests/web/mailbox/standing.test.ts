import { expect, test } from "vitest";

import { findOverdue } from "../../../web/mailbox/standing.ts";
import { type Body, makeBody } from "../../../web/protocol/body.ts";
import type { Message } from "../../../web/protocol/conversation.ts";

const NONE = new Set<string>();

const own = (day: string, body: Partial<Body> = {}): Message =>
  ({ payload: { kind: "message", day, body: makeBody(body) } }) as Message;
const reply = (day: string, next: string | null = null): Message =>
  ({ payload: { kind: "reply", day, body: makeBody({ next }) } }) as Message;

test("a message of Wednesday may wait all Thursday; on Friday its answer is overdue", () => {
  const thread = [own("2026-11-18")];
  expect(findOverdue(thread, "2026-11-19", NONE)).toBeNull();
  expect(findOverdue(thread, "2026-11-20", NONE)).toBe("answer");
  expect(findOverdue(thread, "2026-11-20", new Set(["2026-11-19"]))).toBeNull();
  expect(findOverdue([...thread, reply("2026-11-19")], "2026-11-30", NONE)).toBeNull();
  expect(findOverdue([...thread, reply("2026-11-19"), own("2026-11-20")], "2026-11-24", NONE)).toBe("answer");
});

test("who wanted no answer is not told that one is late", () => {
  const thread = [own("2026-11-18", { answers: new Map([["wish", ["record", "no-reply"]]]) })];
  expect(findOverdue(thread, "2026-11-30", NONE)).toBeNull();
});

test("an agreed day that passed without a newer reply is overdue from the day after", () => {
  const thread = [own("2026-11-18"), reply("2026-11-19", "2026-11-26")];
  expect(findOverdue(thread, "2026-11-26", NONE)).toBeNull();
  expect(findOverdue(thread, "2026-11-27", NONE)).toBe("moment");
  expect(findOverdue([...thread, reply("2026-11-26", "2026-12-03")], "2026-11-27", NONE)).toBeNull();
  expect(findOverdue([...thread, reply("2026-11-26")], "2026-12-30", NONE)).toBeNull();
});

test("an empty thread promises nothing", () => {
  expect(findOverdue([], "2026-11-30", NONE)).toBeNull();
});
