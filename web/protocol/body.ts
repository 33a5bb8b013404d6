/** What a message says, besides who wrote it to whom. spec: Payload, Bodies. */

import { type Attachment, ATTACHMENT_COUNT, FILE_SIZE } from "./attachment.ts";
import { checkAction, type Consent, type Proposal, readSignature, readStatement, statementJson } from "./consent.ts";
import { checkB64u, checkBoolean, checkDay, checkInteger, checkKeys, checkList, checkName, checkObject, checkSlug, checkText, encodeB64u, type Json } from "./encoding.ts";
import { MalformedError } from "./errors.ts";

export const GIST_SIZE = 1_024;
export const SUMMARY_SIZE = 8_192;
export const LAST_FAMILY = 255;
/** Of a text that is handed over, and so of one that is proposed. */
export const PROPOSED_SIZE = 16_384;

export type Kind = "message" | "allow" | "withdraw" | "share" | "consent" | "reply" | "destroyed" | "copy" | "shared" | "proposal";
/** Each includes the ones before. */
export const SCOPES = ["none", "replies", "conversation", "questions"] as const;
export type Scope = (typeof SCOPES)[number];
export const WRITERS = ["mailbox", "team"] as const;
export type Writer = (typeof WRITERS)[number];
export const TRACKS = ["question", "series", "aftercare"] as const;
export type Track = (typeof TRACKS)[number];

/** What a family conversation is given; `index` says which family code it is, and a workstation does not say it. */
export interface Share {
  readonly conversation: Uint8Array;
  readonly scope: Scope;
  readonly index: number;
}

/** Of which message (its id) something is a copy, who of the two sides wrote it, and on which day. */
export interface Original {
  readonly id: Uint8Array;
  readonly by: Writer;
  readonly writtenOn: string;
}

/**
 * What a person says: the text and the files beside it; answers in a message; what holds from now on in a reply.
 *
 * `continues` says that the text goes on in the author's next message. `summary` null leaves the last one as it is;
 * `track` and `next` (a day) null say that none is agreed. The last four are there in their kinds and null in others.
 */
export interface Body {
  readonly text: string;
  readonly answers: ReadonlyMap<string, readonly string[]>;
  readonly questions: number;
  readonly attachments: readonly Attachment[];
  readonly continues: boolean;
  readonly gist: string;
  readonly summary: string | null;
  readonly track: Track | null;
  readonly next: string | null;
  readonly share: Share | null;
  readonly original: Original | null;
  readonly proposal: Proposal | null;
  readonly consent: Consent | null;
}

const KEYS = {
  message: ["answers", "attachments", "continues", "questions", "text"],
  allow: [],
  withdraw: [],
  share: ["conversation", "index", "scope"],
  consent: ["proposal", "signature", "statement", "text"],
  reply: ["attachments", "continues", "gist", "next", "summary", "text", "track"],
  destroyed: [],
  copy: ["attachments", "by", "continues", "gist", "next", "original", "text", "written_on"],
  shared: ["conversation", "scope"],
  proposal: ["action", "recipient", "text", "until"],
} as const satisfies Readonly<Record<Kind, readonly string[]>>;

/** Return a body that says only this; Python's defaults. */
export function makeBody(fields: Partial<Body> = {}): Body {
  return {
    text: "",
    answers: new Map(),
    questions: 0,
    attachments: [],
    continues: false,
    gist: "",
    summary: null,
    track: null,
    next: null,
    share: null,
    original: null,
    proposal: null,
    consent: null,
    ...fields,
  };
}

/** Return a body as JSON, with the keys of its kind. */
export function bodyJson(kind: Kind, body: Body): Json {
  const { text, continues, gist, summary, track, next, questions, share, original, proposal, consent } = body;
  const said = {
    text,
    continues,
    gist,
    summary,
    track,
    next,
    questions,
    answers: Object.fromEntries(body.answers),
    attachments: body.attachments.map(attachmentJson),
  };
  const fields: Readonly<Record<string, Json>> = {
    ...said,
    ...(share === null ? {} : { ...share, conversation: encodeB64u(share.conversation) }),
    ...(original === null ? {} : { by: original.by, original: encodeB64u(original.id), written_on: original.writtenOn }),
    ...(proposal === null ? {} : { ...proposal }),
    ...(consent === null ? {} : consentJson(consent)),
  };
  return Object.fromEntries(KEYS[kind].map((key) => [key, fields[key] ?? null]));
}

/** Read a body of this kind. Throws MalformedError. */
export function parseBody(kind: Kind, value: Json): Body {
  switch (kind) {
    case "message": {
      const fields = checkKeys(value, KEYS[kind]);
      const answers = Object.entries(checkObject(fields.answers));
      return makeBody({
        ...parseCommon(fields),
        answers: new Map(answers.map(([question, choices]) => [checkSlug(question), checkList(choices).map(checkSlug)])),
        questions: checkInteger(fields.questions, 0),
      });
    }
    case "reply": {
      const fields = checkKeys(value, KEYS[kind]);
      return makeBody({
        ...parseSaid(fields),
        summary: fields.summary === null ? null : checkSized(fields.summary, 1, SUMMARY_SIZE),
        track: fields.track === null ? null : parseOne(fields.track, TRACKS),
      });
    }
    case "copy": {
      const fields = checkKeys(value, KEYS[kind]);
      const by = parseOne(fields.by, WRITERS);
      const original = { id: checkB64u(fields.original), by, writtenOn: checkDay(fields.written_on) };
      return makeBody({ ...parseSaid(fields), original });
    }
    case "share": {
      const fields = checkKeys(value, KEYS[kind]);
      return makeBody({ share: { ...parseShared(fields), index: checkInteger(fields.index, 0, LAST_FAMILY) } });
    }
    case "shared":
      return makeBody({ share: { ...parseShared(checkKeys(value, KEYS[kind])), index: 0 } });
    case "proposal":
      return makeBody({ proposal: parseProposal(checkKeys(value, KEYS[kind])) });
    case "consent":
      return makeBody({ consent: parseConsent(checkKeys(value, KEYS[kind])) });
    case "allow":
    case "withdraw":
    case "destroyed":
      checkKeys(value, KEYS[kind]);
      return makeBody();
  }
}

/** Return the value if it is text of least to most bytes of UTF-8. Throws MalformedError. */
export function checkSized(value: Json, least: number, most: number): string {
  const text = checkText(value);
  const size = new TextEncoder().encode(text).length;
  if (size < least || size > most) {
    throw new MalformedError("a text is too long or empty");
  }
  return text;
}

function parseCommon(fields: Readonly<Record<"text" | "continues" | "attachments", Json>>): Pick<Body, "text" | "continues" | "attachments"> {
  return {
    text: checkText(fields.text),
    continues: checkBoolean(fields.continues),
    attachments: parseAttachments(fields.attachments),
  };
}

function parseSaid(
  fields: Readonly<Record<"text" | "continues" | "attachments" | "gist" | "next", Json>>,
): Pick<Body, "text" | "continues" | "attachments" | "gist" | "next"> {
  return {
    ...parseCommon(fields),
    gist: checkSized(fields.gist, 0, GIST_SIZE),
    next: fields.next === null ? null : checkDay(fields.next),
  };
}

function parseShared(fields: Readonly<Record<"conversation" | "scope", Json>>): Pick<Share, "conversation" | "scope"> {
  const scope = parseOne(fields.scope, SCOPES);
  return { conversation: checkB64u(fields.conversation), scope };
}

function parseProposal(fields: Readonly<Record<"action" | "recipient" | "text" | "until", Json>>): Proposal {
  return {
    action: checkAction(fields.action),
    recipient: checkName(fields.recipient),
    text: checkSized(fields.text, 1, PROPOSED_SIZE),
    until: checkDay(fields.until),
  };
}

function parseConsent(fields: Readonly<Record<"proposal" | "signature" | "statement" | "text", Json>>): Consent {
  const text = fields.text === null ? null : checkSized(fields.text, 1, PROPOSED_SIZE);
  const proposal = checkB64u(fields.proposal);
  if (fields.statement === null && fields.signature === null && text === null) {
    return { proposal, text: null, statement: null, signature: null };
  }
  return { proposal, text, statement: readStatement(fields.statement), signature: readSignature(fields.signature) };
}

function consentJson({ proposal, text, statement, signature }: Consent): Readonly<Record<string, Json>> {
  return {
    proposal: encodeB64u(proposal),
    signature: signature === null ? null : encodeB64u(signature),
    statement: statement === null ? null : statementJson(statement),
    text,
  };
}

function parseOne<const Choice extends string>(value: Json, choices: readonly Choice[]): Choice {
  const choice = choices.find((each) => each === value);
  if (choice === undefined) {
    throw new MalformedError("none of the words that can stand here");
  }
  return choice;
}

function attachmentJson({ digest, key, name, size }: Attachment): Json {
  return { digest: encodeB64u(digest), key: encodeB64u(key), name, size };
}

function parseAttachments(value: Json): readonly Attachment[] {
  const list = checkList(value);
  if (list.length > ATTACHMENT_COUNT) {
    throw new MalformedError("attachments are a list of ten at most");
  }
  const attachments = list.map(parseAttachment);
  if (new Set(attachments.map(({ key }) => encodeB64u(key))).size < attachments.length) {
    throw new MalformedError("every attachment has a key of its own");
  }
  return attachments;
}

function parseAttachment(value: Json): Attachment {
  const fields = checkKeys(value, ["digest", "key", "name", "size"]);
  return {
    key: checkB64u(fields.key),
    digest: checkB64u(fields.digest),
    name: checkName(fields.name),
    size: checkInteger(fields.size, 0, FILE_SIZE),
  };
}
