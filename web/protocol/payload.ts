/** A message's fields, and their canonical bytes. spec: Payload. */

import { type Body, bodyJson, type Kind, parseBody } from "./body.ts";
import { checkB64u, checkDay, checkInteger, checkKeys, checkList, checkObject, checkOrganisation, checkSlug, digest, encodeB64u, type Json, parseJson, serializeJson } from "./encoding.ts";
import { decodeRecipient, encodeRecipient } from "./recipient.ts";
import { MalformedError } from "./errors.ts";
import { LAST_NUMBER, PERSON_COUNT, PROTOCOL_VERSION } from "./labels.ts";

export const EXCLUDED = "excluded";
export const ABSENT = "absent";

export const KINDS_BY_MAILBOX: readonly Kind[] = ["message", "allow", "withdraw", "share", "consent"];
export const KINDS_BY_WORKSTATION: readonly Kind[] = ["reply", "destroyed", "copy", "shared", "proposal"];
/** A card's hash (32 bytes), or why there is none. */
export type Sealed = Uint8Array | typeof EXCLUDED | typeof ABSENT;
/** An id of 32 bytes as b64u: the key of a Map, because two equal Uint8Arrays are two different keys. */
export type Id = string;

/** The persons who may read a conversation; valid only inside a payload signed by its mailbox. */
export interface AllowList {
  readonly version: number;
  readonly persons: readonly string[];
  readonly previous: Uint8Array | null;
  readonly successor: string | null;
}

/** Which version of a signed thing was meant, and its hash (32 bytes). */
export interface Reference {
  readonly version: number;
  readonly hash: Uint8Array;
}

/** What a counsellor needs in order to answer, besides the recipient; 32 bytes each. */
export interface Contact {
  readonly verifyingKey: Uint8Array;
  readonly replyAddressKey: Uint8Array;
  readonly replyDeleteKey: Uint8Array;
}

/** One message's fields. A mailbox gives its allow-list and contact; a workstation names the list it followed. */
export interface Payload {
  readonly kind: Kind;
  readonly organisation: string;
  readonly conversation: Uint8Array;
  readonly author: Uint8Array;
  readonly number: number;
  readonly address: Uint8Array;
  readonly previous: Uint8Array | null;
  readonly seen: ReadonlyMap<Id, number>;
  readonly day: string;
  readonly roster: Reference;
  readonly mailbox: Uint8Array;
  readonly sealed: ReadonlyMap<Id, Sealed>;
  readonly body: Body;
  readonly allow: AllowList | Reference;
  readonly contact: Contact | null;
}

const KEYS = [
  "address",
  "allow",
  "author",
  "body",
  "conversation",
  "day",
  "mailbox",
  "number",
  "organisation",
  "previous",
  "roster",
  "sealed",
  "seen",
  "type",
  "version",
] as const;
const CONTACT_KEYS = ["reply_address_key", "reply_delete_key", "verifying_key"] as const;

/** Return a message's id (32 bytes): the hash of its payload, whatever number it came under. */
export function messageId(payload: Uint8Array): Uint8Array {
  return digest(payload);
}

/** Return an allow-list's id (32 bytes). */
export function allowId(allow: AllowList): Uint8Array {
  return digest(serializeJson(allowJson(allow)));
}

/** Say whether this is the list itself, as a mailbox writes it, and not a workstation's reference to it. */
export function isAllowList(allow: AllowList | Reference): allow is AllowList {
  return "persons" in allow;
}

/** Return the canonical bytes that are signed and sealed. */
export function serialize(payload: Payload): Uint8Array {
  const fields: Json = {
    version: PROTOCOL_VERSION,
    type: payload.kind,
    organisation: payload.organisation,
    conversation: encodeB64u(payload.conversation),
    author: encodeB64u(payload.author),
    number: payload.number,
    address: encodeB64u(payload.address),
    previous: optional(payload.previous),
    seen: Object.fromEntries(payload.seen),
    day: payload.day,
    roster: referenceJson(payload.roster),
    mailbox: encodeRecipient(payload.mailbox),
    sealed: Object.fromEntries(
      Array.from(payload.sealed, ([id, sealed]) => [id, typeof sealed === "string" ? sealed : encodeB64u(sealed)]),
    ),
    body: bodyJson(payload.kind, payload.body),
    allow: isAllowList(payload.allow) ? allowJson(payload.allow) : referenceJson(payload.allow),
  };
  if (payload.contact === null) {
    return serializeJson(fields);
  }
  const contact = {
    reply_address_key: encodeB64u(payload.contact.replyAddressKey),
    reply_delete_key: encodeB64u(payload.contact.replyDeleteKey),
    verifying_key: encodeB64u(payload.contact.verifyingKey),
  };
  return serializeJson({ ...fields, contact });
}

/** Read a payload; nothing in it is true before its signature is verified. Throws MalformedError. */
export function parse(data: Uint8Array): Payload {
  const value = parseJson(data);
  const kind = parseKind(checkObject(value)["type"] ?? null);
  const byMailbox = KINDS_BY_MAILBOX.includes(kind);
  const fields = checkKeys(value, byMailbox ? [...KEYS, "contact"] : KEYS);
  checkInteger(fields.version, PROTOCOL_VERSION, PROTOCOL_VERSION);
  return {
    kind,
    organisation: checkOrganisation(fields.organisation),
    conversation: checkB64u(fields.conversation),
    author: checkB64u(fields.author),
    number: checkInteger(fields.number, 0, LAST_NUMBER),
    address: checkB64u(fields.address),
    previous: parseOptional(fields.previous),
    seen: parseById(fields.seen, (number) => checkInteger(number, 0, LAST_NUMBER)),
    day: checkDay(fields.day),
    roster: parseReference(fields.roster),
    mailbox: decodeRecipient(fields.mailbox),
    sealed: parseById(fields.sealed, parseSealed),
    body: parseBody(kind, fields.body),
    allow: byMailbox ? parseAllow(fields.allow) : parseReference(fields.allow),
    contact: byMailbox ? parseContact((fields as Readonly<Record<string, Json>>)["contact"] ?? null) : null,
  };
}

function parseKind(value: Json): Kind {
  const kind = [...KINDS_BY_MAILBOX, ...KINDS_BY_WORKSTATION].find((each) => each === value);
  if (kind === undefined) {
    throw new MalformedError("a message of an unknown type");
  }
  return kind;
}

function optional(value: Uint8Array | null): string | null {
  return value === null ? null : encodeB64u(value);
}

function parseOptional(value: Json): Uint8Array | null {
  return value === null ? null : checkB64u(value);
}

function parseById<Value>(value: Json, parseValue: (value: Json) => Value): ReadonlyMap<Id, Value> {
  return new Map(Object.entries(checkObject(value)).map(([id, of]) => [encodeB64u(checkB64u(id)), parseValue(of)]));
}

function referenceJson(reference: Reference): Json {
  return { hash: encodeB64u(reference.hash), version: reference.version };
}

function parseReference(value: Json): Reference {
  const fields = checkKeys(value, ["hash", "version"]);
  return { version: checkInteger(fields.version, 1), hash: checkB64u(fields.hash) };
}

function parseSealed(value: Json): Sealed {
  return value === EXCLUDED || value === ABSENT ? value : checkB64u(value);
}

function parseContact(value: Json): Contact {
  const fields = checkKeys(value, CONTACT_KEYS);
  return {
    verifyingKey: checkB64u(fields.verifying_key),
    replyAddressKey: checkB64u(fields.reply_address_key),
    replyDeleteKey: checkB64u(fields.reply_delete_key),
  };
}

function allowJson(allow: AllowList): Json {
  return {
    persons: allow.persons,
    previous: optional(allow.previous),
    successor: allow.successor,
    version: allow.version,
  };
}

function parseAllow(value: Json): AllowList {
  const fields = checkKeys(value, ["persons", "previous", "successor", "version"]);
  const list = checkList(fields.persons);
  if (list.length < 1 || list.length > PERSON_COUNT) {
    throw new MalformedError("an allow-list names one person at least");
  }
  const persons = list.map(checkSlug);
  if (persons.some((person, i) => i > 0 && person <= (persons[i - 1] ?? ""))) {
    throw new MalformedError("an allow-list is sorted and names nobody twice");
  }
  const version = checkInteger(fields.version, 1);
  const previous = parseOptional(fields.previous);
  if ((version === 1) !== (previous === null)) {
    throw new MalformedError("only the first allow-list has none before it");
  }
  return { version, persons, previous, successor: fields.successor === null ? null : checkSlug(fields.successor) };
}
