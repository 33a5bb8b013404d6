/** The list of workstations, signed by the root. spec: Keyset. */

import {
  checkB64u,
  checkDay,
  checkInteger,
  checkKeys,
  checkList,
  checkName,
  checkOrganisation,
  checkSlug,
  compareBytes,
  digest,
  encodeB64u,
  equal,
  type Json,
  parseJson,
  serializeJson,
} from "./encoding.ts";
import { ForgedError, KeysetError, MalformedError } from "./errors.ts";
import * as labels from "./labels.ts";
import type { Id } from "./payload.ts";
import { authorId, type Document, verifyDocument } from "./verifying.ts";

export const AFFILIATION_COUNT = 16;

/** A counsellor's device; retired ones stay listed so that their old replies can be verified. */
export interface Workstation {
  readonly id: Uint8Array;
  readonly person: string;
  readonly name: string;
  readonly affiliations: readonly string[];
  readonly verifyingKey: Uint8Array;
  readonly retiredOn: string | null;
}

/** The list of workstations; `hash` is that of its payload. */
export interface Roster {
  readonly organisation: string;
  readonly version: number;
  readonly previous: Uint8Array | null;
  readonly expiresOn: string;
  readonly threshold: number;
  readonly credential: Uint8Array;
  readonly workstations: readonly Workstation[];
  readonly hash: Uint8Array;
}

/** Return the workstations that may be sealed to and that vouch for freshness, by id. */
export function active(roster: Roster): ReadonlyMap<Id, Workstation> {
  return byId(roster.workstations.filter((workstation) => workstation.retiredOn === null));
}

/** Return all workstations, retired ones included, by id. */
export function listed(roster: Roster): ReadonlyMap<Id, Workstation> {
  return byId(roster.workstations);
}

function byId(workstations: readonly Workstation[]): ReadonlyMap<Id, Workstation> {
  return new Map(workstations.map((workstation) => [encodeB64u(workstation.id), workstation]));
}

/** What a release knows beforehand. */
export interface Pins {
  readonly organisation: string;
  readonly rootKey: Uint8Array;
  readonly minimumRosterVersion: number;
}

/**
 * Verify a roster's signature and organisation; neither its age nor its freshness.
 *
 * Throws KeysetError, MalformedError.
 */
export function openRoster(document: Document, pins: Pins): Roster {
  if (!signedWith(document, labels.TYPE_ROSTER, pins.rootKey)) {
    throw new KeysetError("signature");
  }
  const roster = parseRoster(document.payload);
  if (roster.organisation !== pins.organisation) {
    throw new KeysetError("organisation");
  }
  return roster;
}

/** Say whether this document is of that type and signed by that workstation. */
export function signedBy(document: Document, payloadType: string, workstation: Workstation): boolean {
  return signedWith(document, payloadType, workstation.verifyingKey);
}

function signedWith(document: Document, payloadType: string, verifying: Uint8Array): boolean {
  try {
    verifyDocument(document, payloadType, verifying);
  } catch (error) {
    if (error instanceof ForgedError) {
      return false;
    }
    throw error;
  }
  return true;
}

/** Return a roster's payload; its `hash` field is not part of it. */
export function serializeRoster(roster: Roster): Uint8Array {
  return serializeJson({
    credential: encodeB64u(roster.credential),
    expires_on: roster.expiresOn,
    organisation: roster.organisation,
    previous: roster.previous === null ? null : encodeB64u(roster.previous),
    threshold: roster.threshold,
    version: roster.version,
    workstations: roster.workstations.map((workstation) => ({
      affiliations: workstation.affiliations,
      id: encodeB64u(workstation.id),
      name: workstation.name,
      person: workstation.person,
      retired_on: workstation.retiredOn,
      verifying_key: encodeB64u(workstation.verifyingKey),
    })),
  });
}

const ROSTER_KEYS = [
  "credential",
  "expires_on",
  "organisation",
  "previous",
  "threshold",
  "version",
  "workstations",
] as const;
const WORKSTATION_KEYS = ["affiliations", "id", "name", "person", "retired_on", "verifying_key"] as const;

/** Read a roster's payload. Throws MalformedError. */
export function parseRoster(data: Uint8Array): Roster {
  const fields = checkKeys(parseJson(data), ROSTER_KEYS);
  const workstations = checkList(fields.workstations).map(parseWorkstation);
  const ids = workstations.map((workstation) => workstation.id);
  const sorted = ids.every((id, i) => i === 0 || compareBytes(ids[i - 1] ?? id, id) < 0);
  const activeCount = workstations.filter((workstation) => workstation.retiredOn === null).length;
  const few = activeCount >= 1 && activeCount <= labels.WORKSTATION_COUNT && ids.length <= labels.LISTED_COUNT;
  if (!sorted || !few) {
    throw new MalformedError("a roster lists 1 to 11 active workstations, sorted, none twice");
  }
  return {
    organisation: checkOrganisation(fields.organisation),
    version: checkInteger(fields.version, 1),
    previous: fields.previous === null ? null : checkB64u(fields.previous),
    expiresOn: checkDay(fields.expires_on),
    threshold: checkInteger(fields.threshold, 1, labels.WORKSTATION_COUNT),
    credential: checkB64u(fields.credential),
    workstations,
    hash: digest(data),
  };
}

function parseWorkstation(value: Json): Workstation {
  const fields = checkKeys(value, WORKSTATION_KEYS);
  const affiliations = checkList(fields.affiliations);
  if (affiliations.length > AFFILIATION_COUNT) {
    throw new MalformedError("affiliations are a short list");
  }
  const workstation: Workstation = {
    id: checkB64u(fields.id),
    person: checkSlug(fields.person),
    name: checkName(fields.name),
    affiliations: affiliations.map(checkName),
    verifyingKey: checkB64u(fields.verifying_key),
    retiredOn: fields.retired_on === null ? null : checkDay(fields.retired_on),
  };
  if (!equal(workstation.id, authorId(labels.ID_WORKSTATION, workstation.verifyingKey))) {
    throw new MalformedError("a workstation's id is the hash of its key");
  }
  return workstation;
}
