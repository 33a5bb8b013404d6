/** A workstation's statement which roster and cards hold this week. spec: Keyset. */

import {
  checkB64u,
  checkInteger,
  checkKeys,
  checkObject,
  checkOrganisation,
  encodeB64u,
  type Json,
  parseJson,
  serializeJson,
} from "./encoding.ts";
import { KeysetError } from "./errors.ts";
import * as labels from "./labels.ts";
import type { Id } from "./payload.ts";
import { active, type Roster, signedBy } from "./roster.ts";
import type { Document } from "./verifying.ts";
import { decodeWeek, encodeWeek } from "./week.ts";

/** A workstation's word on which roster and which cards hold; cards by week and workstation. */
export interface Freshness {
  readonly organisation: string;
  readonly workstation: Uint8Array;
  readonly week: number;
  readonly rosterVersion: number;
  readonly rosterHash: Uint8Array;
  readonly cards: ReadonlyMap<number, ReadonlyMap<Id, Uint8Array>>;
}

/** Verify a statement of freshness against the roster. Throws KeysetError, MalformedError. */
export function openFreshness(document: Document, roster: Roster): Freshness {
  const statement = parseFreshness(document.payload);
  const workstation = active(roster).get(encodeB64u(statement.workstation));
  if (workstation === undefined || !signedBy(document, labels.TYPE_FRESHNESS, workstation)) {
    throw new KeysetError("signature");
  }
  if (statement.organisation !== roster.organisation) {
    throw new KeysetError("organisation");
  }
  return statement;
}

/** Return a freshness statement's payload. */
export function serializeFreshness(statement: Freshness): Uint8Array {
  return serializeJson({
    cards: Object.fromEntries(
      Array.from(statement.cards, ([week, cards]) => [
        encodeWeek(week),
        Object.fromEntries(Array.from(cards, ([workstation, hash]) => [workstation, encodeB64u(hash)])),
      ]),
    ),
    organisation: statement.organisation,
    roster: { hash: encodeB64u(statement.rosterHash), version: statement.rosterVersion },
    week: encodeWeek(statement.week),
    workstation: encodeB64u(statement.workstation),
  });
}

/** Read a freshness statement's payload. Throws MalformedError. */
export function parseFreshness(data: Uint8Array): Freshness {
  const fields = checkKeys(parseJson(data), ["cards", "organisation", "roster", "week", "workstation"]);
  const roster = checkKeys(fields.roster, ["hash", "version"]);
  const week = decodeWeek(fields.week);
  const cards = checkKeys(fields.cards, [encodeWeek(week), encodeWeek(week + 1)]);
  return {
    organisation: checkOrganisation(fields.organisation),
    workstation: checkB64u(fields.workstation),
    week,
    rosterVersion: checkInteger(roster.version, 1),
    rosterHash: checkB64u(roster.hash),
    cards: new Map(Object.entries(cards).map(([of, hashes]) => [decodeWeek(of), parseHashes(hashes)])),
  };
}

function parseHashes(value: Json): ReadonlyMap<Id, Uint8Array> {
  const entries = Object.entries(checkObject(value));
  return new Map(entries.map(([workstation, hash]) => [encodeB64u(checkB64u(workstation)), checkB64u(hash)]));
}
