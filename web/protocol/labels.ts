/** Every tag, label and size of the protocol. spec: Labels, Encodings, Envelope. */

import { hexToBytes } from "@noble/hashes/utils.js";

export const PROTOCOL_VERSION = 1;

/** Return the label's bytes; the closing zero keeps any label from being the beginning of another. */
export function label(name: string): Uint8Array {
  return new TextEncoder().encode(`vertrouwenspost/v1/${name}\0`);
}

export const CODE = label("code");
export const MAILBOX_IDENTITY = label("mailbox/identity");
export const MAILBOX_SIGNING = label("mailbox/signing");
export const MAILBOX_ADDRESS = label("mailbox/address");
export const MAILBOX_DELETE = label("mailbox/delete");
export const MAILBOX_REPLY_ADDRESS = label("mailbox/reply-address");
export const MAILBOX_REPLY_DELETE = label("mailbox/reply-delete");
export const MAILBOX_FAMILY = label("mailbox/family");
export const ID_CONVERSATION = label("id/conversation");
export const ID_WORKSTATION = label("id/workstation");
export const SIGN_MAILBOX = label("sign/mailbox");
export const SIGN_WORKSTATION = label("sign/workstation");
export const SIGN_CONSENT = label("sign/consent");
export const ATTACHMENT_CONTENT = label("attachment/content");
export const ATTACHMENT_ADDRESS = label("attachment/address");
export const FINGERPRINT = label("fingerprint");

export const TYPE_ROSTER = "application/vnd.vertrouwenspost.roster.v1+json";
export const TYPE_CARD = "application/vnd.vertrouwenspost.card.v1+json";
export const TYPE_FRESHNESS = "application/vnd.vertrouwenspost.freshness.v1+json";
export const TYPE_ENROLMENT = "application/vnd.vertrouwenspost.enrolment.v1+json";

export const BLOCK_SIZE = 65_536;
export const STANZA_COUNT = 12;
export const WORKSTATION_COUNT = STANZA_COUNT - 1;
export const LISTED_COUNT = 64;
export const PERSON_COUNT = 64;
export const KEY_SIZE = 32;
export const SIGNATURE_SIZE = 64;
export const PREFIX_SIZE = 4;
export const LAST_NUMBER = 255;
export const SKIP_COUNT = 8;
export const KIND_CHUNK = 0;
export const KIND_HEAD = 1;
export const KIND_REPLY = 2;

/** The verifying key of the demo's root, whose secret half stands in workstation/demo.py for everybody to read. */
export const DEMO_ROOT_KEY = hexToBytes("5abc4dbcd848fcfd11f6609179b9d8c409271ac5a393de1a3b7ed9a639fea1dc");
