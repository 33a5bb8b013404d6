/** A small organisation for tests: everything in it follows from a seed, and differs from Python's tests/world.py. */

import { shake256 } from "@noble/hashes/sha3.js";

import { recipientOf } from "../../../web/protocol/age.ts";
import { makeBody } from "../../../web/protocol/body.ts";
import { parseCard, serializeCard } from "../../../web/protocol/card.ts";
import { composeReply, type Draft, type Message } from "../../../web/protocol/conversation.ts";
import { compareBytes, digest, encodeB64u } from "../../../web/protocol/encoding.ts";
import type { Opened, Random } from "../../../web/protocol/envelope.ts";
import { serializeFreshness } from "../../../web/protocol/freshness.ts";
import { type Keyset, serializeKeyset, verify } from "../../../web/protocol/keyset.ts";
import * as labels from "../../../web/protocol/labels.ts";
import { derive, type Mailbox } from "../../../web/protocol/mailbox.ts";
import { makeSecret } from "../../../web/protocol/code.ts";
import { type Id, type Payload, serialize } from "../../../web/protocol/payload.ts";
import { type Pins, type Roster, serializeRoster, type Workstation } from "../../../web/protocol/roster.ts";
import { sign, signDocument, verifyingKey } from "../../../web/protocol/signing.ts";
import { authorId, type Document } from "../../../web/protocol/verifying.ts";
import { weekNumber } from "../../../web/protocol/week.ts";

export const ORGANISATION = "proef";
/** Wednesday 2026-11-18 12:00 UTC, week 2026-W47. */
export const NOW = 1_795_003_200;
export const WEEK = weekNumber(NOW);
export const DAY = "2026-11-18";

/** Return a source of bytes that is the same for the same seed. */
export function makeRandom(seed: string): Random {
  let count = 0;
  return (size) => {
    count += 1;
    return shake256(new TextEncoder().encode(`${seed}/${count}`), { dkLen: size });
  };
}

/** A workstation with its secrets; one identity serves all weeks here. */
export interface Counsellor {
  readonly signing: Uint8Array;
  readonly identity: Uint8Array;
  readonly recipient: Uint8Array;
  readonly workstation: Workstation;
}

/** Return a counsellor with keys of their own. */
export async function makeCounsellor(person: string, random: Random): Promise<Counsellor> {
  const [signing, identity] = [random(32), random(32)];
  const key = verifyingKey(signing);
  const workstation: Workstation = {
    id: authorId(labels.ID_WORKSTATION, key),
    person,
    name: person.toUpperCase(),
    affiliations: [`Stichting ${person}`],
    verifyingKey: key,
    retiredOn: null,
  };
  return { signing, identity, recipient: await recipientOf(identity), workstation };
}

export function makeCard(counsellor: Counsellor, week: number = WEEK): Document {
  const body = serializeCard(ORGANISATION, counsellor.workstation.id, week, counsellor.recipient);
  return signDocument(labels.TYPE_CARD, body, counsellor.signing);
}

export function makeFreshness(counsellor: Counsellor, roster: Roster, cards: readonly Document[]): Document {
  const read = cards.map((card) => parseCard(card.payload));
  const ofWeek = (week: number): Map<Id, Uint8Array> =>
    new Map(read.filter((card) => card.week === week).map((card) => [encodeB64u(card.workstation), card.hash]));
  const body = serializeFreshness({
    organisation: ORGANISATION,
    workstation: counsellor.workstation.id,
    week: WEEK,
    rosterVersion: roster.version,
    rosterHash: roster.hash,
    cards: new Map([
      [WEEK, ofWeek(WEEK)],
      [WEEK + 1, ofWeek(WEEK + 1)],
    ]),
  });
  return signDocument(labels.TYPE_FRESHNESS, body, counsellor.signing);
}

/** A root, its counsellors and the roster it signed. */
export interface Team {
  readonly pins: Pins;
  readonly counsellors: readonly Counsellor[];
  readonly roster: Roster;
  readonly rosterDocument: Document;
}

export async function makeTeam(persons: readonly string[] = ["anna", "bram", "chris"]): Promise<Team> {
  const random = makeRandom("team");
  const [root, credential] = [random(32), random(32)];
  const counsellors = await Promise.all(persons.map((person) => makeCounsellor(person, random)));
  const workstations = counsellors.map((counsellor) => counsellor.workstation);
  const unsigned: Roster = {
    organisation: ORGANISATION,
    version: 1,
    previous: null,
    expiresOn: "2027-02-12",
    threshold: Math.min(2, persons.length),
    credential: digest(credential),
    workstations: workstations.sort((a, b) => compareBytes(a.id, b.id)),
    hash: new Uint8Array(32),
  };
  const body = serializeRoster(unsigned);
  return {
    pins: { organisation: ORGANISATION, rootKey: verifyingKey(root), minimumRosterVersion: 1 },
    counsellors,
    roster: { ...unsigned, hash: digest(body) },
    rosterDocument: signDocument(labels.TYPE_ROSTER, body, root),
  };
}

/** Return a keyset as a server would answer it, in which the absent have no card. */
export function serve(team: Team, absent: ReadonlySet<string> = new Set()): Uint8Array {
  const present = team.counsellors.filter((counsellor) => !absent.has(counsellor.workstation.person));
  const cards = present.map((counsellor) => makeCard(counsellor));
  const statements = team.counsellors.map((counsellor) => makeFreshness(counsellor, team.roster, cards));
  return serializeKeyset(team.rosterDocument, cards, statements);
}

export function verifyServed(team: Team, absent: ReadonlySet<string> = new Set()): Keyset {
  return verify(serve(team, absent), team.pins, NOW);
}

export async function makeMailbox(seed = "reporter"): Promise<Mailbox> {
  return derive(makeSecret(makeRandom(seed)(11)), ORGANISATION);
}

export function makeDraft(changes: Partial<Draft> = {}): Draft {
  return { kind: "message", body: makeBody({ text: "Hallo" }), day: DAY, number: 0, previous: null, seen: new Map(), ...changes };
}

export function signAsMailbox(payload: Payload, mailbox: Mailbox): Opened {
  const data = serialize(payload);
  return { payload: data, signature: sign(labels.SIGN_MAILBOX, data, mailbox.signing) };
}

export function signAsWorkstation(payload: Payload, counsellor: Counsellor): Opened {
  const data = serialize(payload);
  return { payload: data, signature: sign(labels.SIGN_WORKSTATION, data, counsellor.signing) };
}

export function writeReply(
  counsellor: Counsellor,
  keyset: Keyset,
  messages: readonly Message[],
  changes: Partial<Draft> = {},
): Opened {
  const draft = makeDraft({ kind: "reply", body: makeBody({ text: "Goed dat u schrijft." }), ...changes });
  return signAsWorkstation(composeReply(counsellor.workstation, keyset, messages, draft), counsellor);
}

/**
 * Make of any 1,216 bytes something of the shape of a recipient: coefficients below the modulus, a share of full order.
 *
 * Nobody has its identity.
 */
export function shapeRecipient(bytes: Uint8Array): Uint8Array {
  // The greatest coefficients that these masks leave are 0xbff and 0xbff; the modulus is 0xd01.
  const masks = [0xff, 0xfb, 0xbf];
  const shaped = bytes.map((byte, i) => (i < 1_152 ? byte & (masks[i % 3] ?? 0) : byte));
  shaped[1_200] = (shaped[1_200] ?? 0) | 2;
  return shaped;
}
