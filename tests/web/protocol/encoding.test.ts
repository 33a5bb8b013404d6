import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { checkDay, checkName, compareBytes, concat, decodeB64, decodeB64u, encodeB64, encodeB64u, equal, type Json, MAX_INTEGER, parseJson, serializeJson } from "../../../web/protocol/encoding.ts";
import { decodeIdentity, decodeRecipient, encodeIdentity, encodeRecipient, RECIPIENT_SIZE } from "../../../web/protocol/recipient.ts";
import { shapeRecipient } from "./world.ts";
import { MalformedError } from "../../../web/protocol/errors.ts";

const text = fc.string({ unit: "binary" });
const oddKeys = fc.constantFrom("__proto__", "toString", "10", "9", "\u{10000}", "\uffff");
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.integer({ min: 0, max: MAX_INTEGER }),
    text,
    fc.array(tie("json")),
    fc.dictionary(fc.oneof(text, oddKeys), tie("json")),
  ),
}));
const bytes = (size: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: size, maxLength: size });
const utf8 = (value: string): Uint8Array => new TextEncoder().encode(value);

/** What a decoder takes, its encoder would have written. */
function isCanonical<Value>(read: (text: string) => Value, write: (value: Value) => string, spelling: string): boolean {
  try {
    return write(read(spelling)) === spelling;
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedError);
    return true;
  }
}

describe("canonical JSON", () => {
  test("is read as it was written", () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(serializeJson(parseJson(serializeJson(value)))).toEqual(serializeJson(value));
      }),
    );
  });

  test("is refused by nothing but a MalformedError, whatever bytes come", () => {
    const likely = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.json().map(utf8));
    fc.assert(
      fc.property(likely, (data) => {
        try {
          expect(serializeJson(parseJson(data))).toEqual(data);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("never survives a space put anywhere into its structure", () => {
    const whole = '{"a":[1,{}]}';
    for (const place of [0, 1, 4, 5, 6, 7, 8, 9, 10, 11, 12]) {
      const altered = `${whole.slice(0, place)} ${whole.slice(place)}`;
      expect(() => parseJson(utf8(altered))).toThrow(MalformedError);
    }
  });

  test("sorts keys by code point as Python does, not by UTF-16 unit", () => {
    expect(serializeJson({ "\u{10000}": 1, "\uffff": 2 })).toEqual(utf8('{"\uffff":2,"\u{10000}":1}'));
  });

  test("keeps a key named __proto__ a key", () => {
    const data = utf8('{"__proto__":{"a":1}}');
    expect(serializeJson(parseJson(data))).toEqual(data);
  });

  test("cannot be written with what no parser of ours would take", () => {
    for (const value of [-1, 1.5, MAX_INTEGER + 1, Number.NaN, "\ud800", { "\udc00": 1 }]) {
      expect(() => serializeJson(value)).toThrow();
    }
  });
});

describe("base64", () => {
  test("is read as it was written, with and without padding", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (data) => {
        expect(decodeB64(encodeB64(data))).toEqual(data);
        expect(decodeB64u(encodeB64u(data), null)).toEqual(data);
      }),
    );
  });

  test("has one spelling for each value", () => {
    const spelling = fc.string({ unit: fc.constantFrom(...Array.from("ABCwxyz019+/-_= \n\u00e9")), maxLength: 12 });
    fc.assert(
      fc.property(spelling, (value) => {
        expect(isCanonical(decodeB64, encodeB64, value)).toBe(true);
        expect(isCanonical((given) => decodeB64u(given, null), encodeB64u, value)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});

describe("bech32", () => {
  test("identities and recipients are read as they were written", () => {
    fc.assert(
      fc.property(bytes(32), bytes(RECIPIENT_SIZE).map(shapeRecipient), (seed, recipient) => {
        expect(decodeIdentity(encodeIdentity(seed))).toEqual(seed);
        expect(decodeRecipient(encodeRecipient(recipient))).toEqual(recipient);
      }),
      { numRuns: 20 },
    );
  });

  test("no single altered character is accepted", () => {
    const spelling = encodeIdentity(new Uint8Array(32).fill(7));
    fc.assert(
      fc.property(fc.nat(spelling.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (place, character) => {
        fc.pre(spelling[place] !== character);
        const altered = spelling.slice(0, place) + character + spelling.slice(place + 1);
        expect(() => decodeIdentity(altered)).toThrow(MalformedError);
      }),
      { numRuns: 1000 },
    );
  });

  test("a letter that only looks like K in lower case is not K", () => {
    const spelling = encodeIdentity(new Uint8Array(32));
    expect(() => decodeIdentity(spelling.replace("KEY", "\u212aEY"))).toThrow(MalformedError);
  });
});

test("days are real days", () => {
  expect(checkDay("2028-02-29")).toBe("2028-02-29");
  const impossible = ["2026-02-29", "2026-02-30", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00", "0000-01-01"];
  for (const day of [...impossible, "2026-1-1", "2026-01-01\n", 20260101]) {
    expect(() => checkDay(day)).toThrow(MalformedError);
  }
});

test("bytes are joined, compared and sorted as Python does", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (a, b) => {
      const [left, right] = [Array.from(a), Array.from(b)];
      expect(Array.from(concat(a, b))).toEqual([...left, ...right]);
      expect(equal(a, b)).toBe(left.join() === right.join());
      const [one, other] = [a, b].map((data) => Array.from(data, (byte) => String.fromCharCode(byte)).join(""));
      expect(Math.sign(compareBytes(a, b))).toBe(one === other ? 0 : (one ?? "") < (other ?? "") ? -1 : 1);
    }),
  );
});

test("a name is counted in characters, not in UTF-16 units", () => {
  expect(checkName("👍".repeat(80))).toBe("👍".repeat(80));
  for (const name of ["👍".repeat(81), "", "a\nb", "a\tb"]) {
    expect(() => checkName(name)).toThrow(MalformedError);
  }
});
