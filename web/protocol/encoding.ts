/**
 * Base64 and canonical JSON: a decoder refuses what its encoder cannot have produced. spec: Encodings.
 */

import { sha256 } from "@noble/hashes/sha2.js";

import { assert, MalformedError } from "./errors.ts";
import { KEY_SIZE } from "./labels.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export const MAX_INTEGER = Number.MAX_SAFE_INTEGER;
export const MAX_DEPTH = 16;
export const NAME_LENGTH = 80;

const ORGANISATION = /^[a-z0-9-]{1,64}$/;
const SLUG = /^[a-z0-9-]{1,32}$/;
const DAY = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/;
const LONE_SURROGATE = /\p{Cs}/u;

/** Return H(data), SHA-256, 32 bytes. */
export function digest(data: Uint8Array): Uint8Array {
  return sha256(data);
}

/** Return `‖`, the parts one after the other; Python's `+`. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Say whether two byte strings are the same; Python's `==`. Not in constant time: for public values only. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Compare as Python sorts bytes, for Array.sort; b64u sorts otherwise than what it encodes. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const place = a.findIndex((byte, i) => byte !== b[i]);
  return place < 0 ? a.length - b.length : (a[place] ?? 0) - (b[place] ?? -1);
}

/** Return base64 with padding, as DSSE uses it. */
export function encodeB64(data: Uint8Array): string {
  let binary = "";
  for (const byte of data) {
    binary += String.fromCharCode(byte);
  }
  return btoa(binary);
}

/** Read base64 with padding. Throws MalformedError for anything that encodeB64 cannot have written. */
export function decodeB64(text: string): Uint8Array {
  const data = decodeLoosely(text);
  // Writing it again catches white space, missing padding and non-zero trailing bits alike.
  if (encodeB64(data) !== text) {
    throw new MalformedError("base64 is not canonical");
  }
  return data;
}

/** Return base64url without padding. */
export function encodeB64u(data: Uint8Array): string {
  return encodeB64(data).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Read base64url without padding, of exactly `size` bytes unless that is null. Throws MalformedError. */
export function decodeB64u(text: string, size: number | null = KEY_SIZE): Uint8Array {
  const data = decodeLoosely(text.replaceAll("-", "+").replaceAll("_", "/"));
  if (encodeB64u(data) !== text || (size !== null && data.length !== size)) {
    throw new MalformedError("base64url is not canonical, or of the wrong size");
  }
  return data;
}

function decodeLoosely(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw new MalformedError("not base64");
  }
}

/** Return canonical JSON in UTF-8; the value must be of the kinds SPEC names. */
export function serializeJson(value: Json): Uint8Array {
  return new TextEncoder().encode(writeJson(value));
}

/** Read canonical JSON. Throws MalformedError for every other spelling, for floats and for large integers. */
export function parseJson(data: Uint8Array): Json {
  let value: Json;
  let canonical: boolean;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
    value = JSON.parse(text) as Json;
    // Writing it again catches duplicate keys, white space, order and escapes alike.
    canonical = writeJson(value) === text;
  } catch {
    throw new MalformedError("not JSON of the kind we write");
  }
  if (!canonical || !isShallow(value, MAX_DEPTH)) {
    throw new MalformedError("JSON is not canonical, or too deep");
  }
  return value;
}

function isShallow(value: Json, levels: number): boolean {
  if (typeof value !== "object" || value === null) {
    return true;
  }
  return levels > 0 && Object.values(value).every((each: Json) => isShallow(each, levels - 1));
}

function writeJson(value: Json): string {
  if (typeof value === "number") {
    assert(Number.isSafeInteger(value) && value >= 0, "a number is an integer from 0 to 2⁵³ − 1");
    return String(value);
  }
  if (typeof value === "string") {
    assert(!LONE_SURROGATE.test(value), "text can be written as UTF-8");
    return JSON.stringify(value);
  }
  if (isList(value)) {
    return `[${value.map(writeJson).join(",")}]`;
  }
  if (isObject(value)) {
    const keys = Object.keys(value).sort(compareText);
    return `{${keys.map((key) => `${writeJson(key)}:${writeJson(value[key] as Json)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null && !isList(value);
}

// By code point, as Python sorts; the plain `<` of strings goes by UTF-16 units.
function compareText(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  const place = left.findIndex((character, i) => character !== right[i]);
  if (place < 0) {
    return left.length - right.length;
  }
  return (left[place]?.codePointAt(0) ?? -1) - (right[place]?.codePointAt(0) ?? -1);
}

/** Return the value if it is an organisation's id. Throws MalformedError. */
export function checkOrganisation(value: Json): string {
  return check(ORGANISATION, value);
}

/** Return the value if it is a person, a question id or a choice. Throws MalformedError. */
export function checkSlug(value: Json): string {
  return check(SLUG, value);
}

/** Return the value if it is a real calendar day, YYYY-MM-DD. Throws MalformedError. */
export function checkDay(value: Json): string {
  const day = check(DAY, value);
  const time = Date.parse(`${day}T00:00:00Z`);
  // Date.parse lets 30 February run on into March; writing it again shows it. There is no year 0.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== day || day.startsWith("0000")) {
    throw new MalformedError("no such day");
  }
  return day;
}

/** Return the value if it is an integer from least to most. Throws MalformedError. */
export function checkInteger(value: Json, least: number, most: number = MAX_INTEGER): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
    throw new MalformedError("not an integer of the allowed range");
  }
  return value;
}

/** Return the value if it is an object of exactly these keys. Throws MalformedError. */
export function checkKeys<Key extends string>(value: Json, keys: readonly Key[]): Readonly<Record<Key, Json>> {
  const fields = checkObject(value);
  if (Object.keys(fields).length !== keys.length || !keys.every((key) => Object.hasOwn(fields, key))) {
    throw new MalformedError("an object has other keys than it must have");
  }
  return fields;
}

/** Return the value if it is an object. Throws MalformedError. */
export function checkObject(value: Json): Readonly<Record<string, Json>> {
  if (!isObject(value)) {
    throw new MalformedError("not an object");
  }
  return value;
}

/** Return the value if it is true or false. Throws MalformedError. */
export function checkBoolean(value: Json): boolean {
  if (typeof value !== "boolean") {
    throw new MalformedError("neither true nor false");
  }
  return value;
}

/** Return the value if it is a list. Throws MalformedError. */
export function checkList(value: Json): readonly Json[] {
  if (!isList(value)) {
    throw new MalformedError("not a list");
  }
  return value;
}

/** Return the value if it is text without control characters except line feeds. Throws MalformedError. */
export function checkText(value: Json): string {
  if (typeof value !== "string" || CONTROL.test(value)) {
    throw new MalformedError("not text, or text with control characters");
  }
  return value;
}

/** Return the value if it is one line of 1–80 characters. Throws MalformedError. */
export function checkName(value: Json): string {
  const name = checkText(value);
  // Characters are code points, as Python counts them, not UTF-16 units.
  const length = Array.from(name).length;
  if (length < 1 || length > NAME_LENGTH || name.includes("\n")) {
    throw new MalformedError("a name is one line of 1 to 80 characters");
  }
  return name;
}

/** Return 32 bytes from b64u. Throws MalformedError. */
export function checkB64u(value: Json): Uint8Array {
  if (typeof value !== "string") {
    throw new MalformedError("not text");
  }
  return decodeB64u(value);
}

function check(pattern: RegExp, value: Json): string {
  if (typeof value !== "string" || !pattern.test(value)) {
    throw new MalformedError("not an identifier of the expected form");
  }
  return value;
}
