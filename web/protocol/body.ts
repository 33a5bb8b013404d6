/** What a message says, besides who wrote it to whom. spec: Payload, Bodies. */

import { type Attachment, ATTACHMENT_COUNT, FILE_SIZE } from "./attachment.ts";
import { checkB64u, checkBoolean, checkDay, checkInteger, checkKeys, checkList, checkName, checkObject, checkSlug, checkText, encodeB64u, type Json } from "./encoding.ts";
import { MalformedError } from "./errors.ts";

export const GIST_SIZE = 1_024;
export const SUMMARY_SIZE = 8_192;

export type Kind = "message" | "allow" | "withdraw" | "reply" | "destroyed";
export const TRACKS = ["question", "series", "aftercare"] as const;
export type Track = (typeof TRACKS)[number];

/**
 * What a person says: the text and the files beside it; answers in a message; what holds from now on in a reply.
 *
 * `continues` says that the text goes on in the author's next message. `summary` null leaves the last one as it is;
 * `track` and `next` (a day) null say that none is agreed.
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
}

const KEYS = {
  message: ["answers", "attachments", "continues", "questions", "text"],
  allow: [],
  withdraw: [],
  reply: ["attachments", "continues", "gist", "next", "summary", "text", "track"],
  destroyed: [],
} as const satisfies Readonly<Record<Kind, readonly (keyof Body)[]>>;

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
    ...fields,
  };
}

/** Return a body as JSON, with the keys of its kind. */
export function bodyJson(kind: Kind, body: Body): Json {
  const fields = {
    ...body,
    answers: Object.fromEntries(body.answers),
    attachments: body.attachments.map(attachmentJson),
  };
  return Object.fromEntries(KEYS[kind].map((key) => [key, fields[key]]));
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
        ...parseCommon(fields),
        gist: checkSized(fields.gist, 0, GIST_SIZE),
        summary: fields.summary === null ? null : checkSized(fields.summary, 1, SUMMARY_SIZE),
        track: fields.track === null ? null : parseTrack(fields.track),
        next: fields.next === null ? null : checkDay(fields.next),
      });
    }
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

function parseTrack(value: Json): Track {
  const track = TRACKS.find((each) => each === value);
  if (track === undefined) {
    throw new MalformedError("no such track");
  }
  return track;
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
