/** One recipient of one workstation for one week. spec: Keyset. */

import { checkB64u, checkKeys, checkOrganisation, digest, encodeB64u, parseJson, serializeJson } from "./encoding.ts";
import { decodeRecipient, encodeRecipient } from "./recipient.ts";
import { KeysetError } from "./errors.ts";
import * as labels from "./labels.ts";
import { active, type Roster, signedBy } from "./roster.ts";
import type { Document } from "./verifying.ts";
import { decodeWeek, encodeWeek } from "./week.ts";

/** One workstation's recipient (1,216 bytes) for one week; `hash` is that of its payload. */
export interface Card {
  readonly organisation: string;
  readonly workstation: Uint8Array;
  readonly week: number;
  readonly recipient: Uint8Array;
  readonly hash: Uint8Array;
}

/** Verify a card against the roster. Throws KeysetError, MalformedError. */
export function openCard(document: Document, roster: Roster): Card {
  const card = parseCard(document.payload);
  const workstation = active(roster).get(encodeB64u(card.workstation));
  if (workstation === undefined || !signedBy(document, labels.TYPE_CARD, workstation)) {
    throw new KeysetError("signature");
  }
  if (card.organisation !== roster.organisation) {
    throw new KeysetError("organisation");
  }
  return card;
}

/** Return a card's payload. */
export function serializeCard(
  organisation: string,
  workstation: Uint8Array,
  week: number,
  recipient: Uint8Array,
): Uint8Array {
  return serializeJson({
    organisation,
    recipient: encodeRecipient(recipient),
    week: encodeWeek(week),
    workstation: encodeB64u(workstation),
  });
}

/** Read a card's payload. Throws MalformedError. */
export function parseCard(data: Uint8Array): Card {
  const fields = checkKeys(parseJson(data), ["organisation", "recipient", "week", "workstation"]);
  return {
    organisation: checkOrganisation(fields.organisation),
    workstation: checkB64u(fields.workstation),
    week: decodeWeek(fields.week),
    recipient: decodeRecipient(fields.recipient),
    hash: digest(data),
  };
}
