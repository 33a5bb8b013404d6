/** Consent to a hand-over: what a mailbox signs so that others can check it without us. spec: Consent. */

import { checkB64u, checkDay, checkKeys, checkName, checkOrganisation, decodeB64u, digest, encodeB64u, equal, type Json, parseJson, serializeJson } from "./encoding.ts";
import { ForgedError, MalformedError } from "./errors.ts";
import { SIGN_CONSENT, SIGNATURE_SIZE } from "./labels.ts";
import { verify } from "./verifying.ts";

export const HANDOVER = "handover";
export type Action = typeof HANDOVER;

/** Who may be given which text until when: `hash` is of its UTF-8, `until` a day, the last one. */
export interface Statement {
  readonly organisation: string;
  readonly action: Action;
  readonly recipient: string;
  readonly until: string;
  readonly hash: Uint8Array;
  readonly verifyingKey: Uint8Array;
}

/** What a counsellor asks for: to give this text to a recipient, up to and including a day. */
export interface Proposal {
  readonly action: Action;
  readonly recipient: string;
  readonly text: string;
  readonly until: string;
}

/**
 * A mailbox's answer to a proposal (its message's id).
 *
 * `text` is the text where the reporter changed it, else null. Without statement and signature it is a no.
 */
export interface Consent {
  readonly proposal: Uint8Array;
  readonly text: string | null;
  readonly statement: Statement | null;
  readonly signature: Uint8Array | null;
}

const KEYS = ["action", "hash", "organisation", "recipient", "until", "verifying_key"] as const;

/** Return what is to be signed for a proposal, with its own text or a changed one. */
export function state(proposal: Proposal, text: string | null, organisation: string, verifyingKey: Uint8Array): Statement {
  const hash = digest(new TextEncoder().encode(text ?? proposal.text));
  return { organisation, action: proposal.action, recipient: proposal.recipient, until: proposal.until, hash, verifyingKey };
}

/** Return the canonical bytes that are signed. */
export function serializeStatement(statement: Statement): Uint8Array {
  return serializeJson(statementJson(statement));
}

/** Return a statement as JSON. */
export function statementJson(statement: Statement): Json {
  return {
    action: statement.action,
    hash: encodeB64u(statement.hash),
    organisation: statement.organisation,
    recipient: statement.recipient,
    until: statement.until,
    verifying_key: encodeB64u(statement.verifyingKey),
  };
}

/** Read a statement's bytes. Throws MalformedError. */
export function parseStatement(data: Uint8Array): Statement {
  return readStatement(parseJson(data));
}

/** Read a statement from its JSON. Throws MalformedError. */
export function readStatement(value: Json): Statement {
  const fields = checkKeys(value, KEYS);
  return {
    organisation: checkOrganisation(fields.organisation),
    action: checkAction(fields.action),
    recipient: checkName(fields.recipient),
    until: checkDay(fields.until),
    hash: checkB64u(fields.hash),
    verifyingKey: checkB64u(fields.verifying_key),
  };
}

/** Return the value if it is an action that can be agreed to. Throws MalformedError. */
export function checkAction(value: Json): Action {
  if (value !== HANDOVER) {
    throw new MalformedError("no such action");
  }
  return HANDOVER;
}

/** Read a signature, 64 bytes. Throws MalformedError. */
export function readSignature(value: Json): Uint8Array {
  if (typeof value !== "string") {
    throw new MalformedError("not text");
  }
  return decodeB64u(value, SIGNATURE_SIZE);
}

/**
 * Return the text that may be handed over on this day.
 *
 * `verifyingKey` is the conversation's, `day` today. Throws ForgedError: then nothing may leave.
 */
export function checkConsent(consent: Consent, proposal: Proposal, organisation: string, verifyingKey: Uint8Array, day: string): string {
  const { statement, signature } = consent;
  if (statement === null || signature === null) {
    throw new ForgedError("no consent was given");
  }
  const expected = serializeStatement(state(proposal, consent.text, organisation, verifyingKey));
  if (!equal(serializeStatement(statement), expected)) {
    throw new ForgedError("consent to something else");
  }
  if (day > statement.until) {
    throw new ForgedError("a consent that has expired");
  }
  verify(SIGN_CONSENT, expected, signature, verifyingKey);
  return consent.text ?? proposal.text;
}
