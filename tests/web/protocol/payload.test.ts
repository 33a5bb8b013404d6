import fc from "fast-check";
import { expect, test } from "vitest";

import { FILE_SIZE } from "../../../web/protocol/attachment.ts";
import { type Body, makeBody, SCOPES, TRACKS, WRITERS } from "../../../web/protocol/body.ts";
import { type Consent, HANDOVER } from "../../../web/protocol/consent.ts";
import { encodeB64u, type Json, parseJson, serializeJson } from "../../../web/protocol/encoding.ts";
import { MalformedError } from "../../../web/protocol/errors.ts";
import { ABSENT, allowId, EXCLUDED, parse, type Payload, serialize } from "../../../web/protocol/payload.ts";
import { shapeRecipient } from "./world.ts";

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const id = key.map((bytes) => encodeB64u(bytes));
const slug = fc.string({ unit: fc.constantFrom(...Array.from("abcxyz019-")), minLength: 1, maxLength: 32 });
const text = fc.string({ unit: "grapheme" }).filter((value) => !/\p{Cc}/u.test(value));
const version = fc.integer({ min: 1, max: 1000 });
const number = fc.nat(255);
const reference = fc.record({ version, hash: key });
const allowList = fc
  .record({
    version,
    persons: fc.uniqueArray(slug, { minLength: 1, maxLength: 8 }).map((persons) => persons.sort()),
    previous: key,
    successor: fc.option(slug),
  })
  .map((allow) => ({ ...allow, previous: allow.version === 1 ? null : allow.previous }));
const common = {
  organisation: slug,
  conversation: key,
  author: key,
  number,
  address: key,
  previous: fc.option(key),
  seen: fc.array(fc.tuple(id, number)).map((entries) => new Map(entries)),
  day: fc.constantFrom("2026-11-18", "2028-02-29"),
  roster: reference,
  mailbox: fc.uint8Array({ minLength: 1216, maxLength: 1216 }).map(shapeRecipient),
  sealed: fc
    .array(fc.tuple(id, fc.oneof(key, fc.constantFrom(EXCLUDED, ABSENT))))
    .map((entries) => new Map(entries)),
};
const contact = fc.record({ verifyingKey: key, replyAddressKey: key, replyDeleteKey: key });
const answers = fc.array(fc.tuple(slug, fc.array(slug, { maxLength: 3 }))).map((entries) => new Map(entries));
const attachment = fc.record({
  key,
  digest: key,
  name: text.filter((value) => value !== "" && Array.from(value).length <= 80),
  size: fc.nat(FILE_SIZE),
});
const attachments = fc.uniqueArray(attachment, { maxLength: 10, selector: (each) => encodeB64u(each.key) });
const answered = fc.record({ text, answers, questions: fc.nat(), attachments, continues: fc.boolean() });
const replied = fc.record({
  text,
  attachments,
  continues: fc.boolean(),
  gist: text,
  summary: fc.option(text.filter((value) => value !== "")),
  track: fc.option(fc.constantFrom(...TRACKS)),
  next: fc.option(fc.constantFrom("2026-12-01", "2028-02-29")),
});
const day = fc.constantFrom("2026-12-01", "2028-02-29");
const name = text.filter((value) => value !== "" && !value.includes("\n") && Array.from(value).length <= 80);
const shared = (index: fc.Arbitrary<number>): fc.Arbitrary<Body> =>
  fc.record({ conversation: key, scope: fc.constantFrom(...SCOPES), index }).map((share) => makeBody({ share }));
const copied = fc.record({
  ...{ text, attachments, continues: fc.boolean(), gist: text, next: fc.option(day) },
  original: fc.record({ id: key, by: fc.constantFrom(...WRITERS), writtenOn: day }),
}).map(makeBody);
const proposal = fc.record({ action: fc.constant(HANDOVER), recipient: name, text: text.filter((value) => value !== ""), until: day });
const statement = fc.record({ organisation: slug, action: fc.constant(HANDOVER), recipient: name, until: day, hash: key, verifyingKey: key });
const answer = fc.record({
  proposal: key,
  text: fc.option(text.filter((value) => value !== "")),
  statement,
  signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
});
const no = key.map((id): Consent => ({ proposal: id, text: null, statement: null, signature: null }));
const consent = fc.oneof(answer, no).map((it: Consent) => makeBody({ consent: it }));
const byMailbox = { ...common, allow: allowList, contact };
const byWorkstation = { ...common, allow: reference, contact: fc.constant(null) };
const payloads: fc.Arbitrary<Payload> = fc.oneof(
  fc.record({ ...byMailbox, kind: fc.constant("message" as const), body: answered.map(makeBody) }),
  fc.record({ ...byMailbox, kind: fc.constantFrom("allow" as const, "withdraw" as const), body: fc.constant(makeBody()) }),
  fc.record({ ...byWorkstation, kind: fc.constant("reply" as const), body: replied.map(makeBody) }),
  fc.record({ ...byWorkstation, kind: fc.constant("destroyed" as const), body: fc.constant(makeBody()) }),
  fc.record({ ...byMailbox, kind: fc.constant("share" as const), body: shared(fc.nat(255)) }),
  fc.record({ ...byWorkstation, kind: fc.constant("shared" as const), body: shared(fc.constant(0)) }),
  fc.record({ ...byWorkstation, kind: fc.constant("copy" as const), body: copied }),
  fc.record({ ...byWorkstation, kind: fc.constant("proposal" as const), body: proposal.map((it) => makeBody({ proposal: it })) }),
  fc.record({ ...byMailbox, kind: fc.constant("consent" as const), body: consent }),
);

/** A Map that was read is sorted; one that was made need not be. */
function sorted(payload: Payload): unknown {
  const sort = <Value>(map: ReadonlyMap<string, Value>): [string, Value][] =>
    Array.from(map).sort(([a], [b]) => (a < b ? -1 : 1));
  const body = { ...payload.body, answers: sort(payload.body.answers) };
  return { ...payload, body, seen: sort(payload.seen), sealed: sort(payload.sealed) };
}

test("a payload is read as it was written", () => {
  fc.assert(
    fc.property(payloads, (payload) => {
      expect(sorted(parse(serialize(payload)))).toEqual(sorted(payload));
    }),
  );
});

test("whatever field is changed to whatever value, what is still read has one spelling", () => {
  const values = fc.oneof(fc.json().map((json) => JSON.parse(json) as Json), fc.constantFrom<Json>(0, 1, "", [], {}));
  fc.assert(
    fc.property(payloads, fc.nat(), values, (payload, place, value) => {
      const fields = parseJson(serialize(payload)) as Readonly<Record<string, Json>>;
      const names = Object.keys(fields);
      let altered: Uint8Array;
      try {
        altered = serializeJson({ ...fields, [names[place % names.length] ?? ""]: value });
      } catch {
        return;
      }
      try {
        expect(serialize(parse(altered))).toEqual(altered);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }),
    { numRuns: 500 },
  );
});

test("an allow-list's id depends on all it says", () => {
  fc.assert(
    fc.property(allowList, allowList, (one, other) => {
      const same = JSON.stringify([one, one.previous?.join()]) === JSON.stringify([other, other.previous?.join()]);
      expect(allowId(one).join() === allowId(other).join()).toBe(same);
    }),
  );
});
