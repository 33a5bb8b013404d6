/**
 * Who the counsellors are and which keys hold this week: roster, cards, freshness. spec: Keyset.
 *
 * The rules, which `verify` applies in this order, any failure of which means that nobody may be sealed to:
 *
 * 1. the roster is signed by the pinned root, for this organisation;
 * 2. it is not older than the release's minimum and has not expired;
 * 3. statements of freshness count when an active workstation of this roster made them for this week or the last;
 * 4. none of them names a higher roster version, or another roster of this version;
 * 5. enough persons name exactly this roster;
 * 6. every card is signed by an active workstation, and no two differ for one workstation and week;
 * 7. every card that a statement requires is there, and is that card;
 * 8. somebody is left to seal to.
 */

import { type Card, openCard } from "./card.ts";
import { checkKeys, checkList, concat, digest, encodeB64u, equal, parseJson, serializeJson } from "./encoding.ts";
import { assert, KeysetError } from "./errors.ts";
import { type Freshness, parseFreshness } from "./freshness.ts";
import * as labels from "./labels.ts";
import type { Id } from "./payload.ts";
import { active, openRoster, type Pins, type Roster, signedBy } from "./roster.ts";
import { type Document, documentJson, readDocument } from "./verifying.ts";
import { dayOf, inGrace, weekNumber } from "./week.ts";

/** A verified roster and, for each active workstation, its card of this week or null. */
export interface Keyset {
  readonly roster: Roster;
  readonly cards: ReadonlyMap<Id, Card | null>;
}

/** Return the bytes that `GET /api/v1/keyset` answers. */
export function serializeKeyset(
  roster: Document,
  cards: readonly Document[],
  freshness: readonly Document[],
): Uint8Array {
  return serializeJson({
    cards: cards.map(documentJson),
    freshness: freshness.map(documentJson),
    roster: documentJson(roster),
  });
}

/**
 * Verify a keyset at `now` (seconds since 1970); see the rules above.
 *
 * A server that withholds everything newer than a week, together with as many colluding persons as the threshold,
 * can still present an old roster until it expires. Throws KeysetError, MalformedError.
 */
export function verify(data: Uint8Array, pins: Pins, now: number): Keyset {
  const fields = checkKeys(parseJson(data), ["cards", "freshness", "roster"]);
  const [cardList, freshnessList] = [checkList(fields.cards), checkList(fields.freshness)];
  const roster = openRoster(readDocument(fields.roster), pins);
  if (roster.version < pins.minimumRosterVersion) {
    throw new KeysetError("rollback");
  }
  if (dayOf(now) > roster.expiresOn) {
    throw new KeysetError("expired");
  }
  const week = weekNumber(now);
  const statements = counting(roster, freshnessList.map(readDocument), week);
  checkFreshness(roster, statements);
  const cards = collect(roster, cardList.map(readDocument));
  checkRequired(statements, cards, week);
  return { roster, cards: choose(roster, cards, now) };
}

// Cards by workstation and week.
type Cards = ReadonlyMap<string, Card>;

function cardKey(workstation: Id, week: number): string {
  return `${workstation} ${week}`;
}

function counting(roster: Roster, documents: readonly Document[], week: number): readonly Freshness[] {
  const workstations = active(roster);
  return documents
    .map((document) => ({ document, statement: parseFreshness(document.payload) }))
    .filter(({ document, statement }) => {
      const workstation = workstations.get(encodeB64u(statement.workstation));
      if (workstation === undefined || (statement.week !== week && statement.week !== week - 1)) {
        return false;
      }
      return (
        signedBy(document, labels.TYPE_FRESHNESS, workstation) && statement.organisation === roster.organisation
      );
    })
    .map(({ statement }) => statement);
}

function checkFreshness(roster: Roster, statements: readonly Freshness[]): void {
  const workstations = active(roster);
  const persons = new Set<string | undefined>();
  for (const statement of statements) {
    if (statement.rosterVersion === roster.version && equal(statement.rosterHash, roster.hash)) {
      persons.add(workstations.get(encodeB64u(statement.workstation))?.person);
    } else if (statement.rosterVersion >= roster.version) {
      throw new KeysetError(statement.rosterVersion > roster.version ? "rollback" : "conflict");
    }
  }
  if (persons.size < roster.threshold) {
    throw new KeysetError("frozen");
  }
}

function collect(roster: Roster, documents: readonly Document[]): Cards {
  const cards = new Map<string, Card>();
  for (const document of documents) {
    const card = openCard(document, roster);
    const key = cardKey(encodeB64u(card.workstation), card.week);
    if (!equal(cards.get(key)?.hash ?? card.hash, card.hash)) {
      throw new KeysetError("conflict");
    }
    cards.set(key, card);
  }
  return cards;
}

function checkRequired(statements: readonly Freshness[], cards: Cards, week: number): void {
  for (const statement of statements) {
    for (const [workstation, hash] of statement.cards.get(week) ?? []) {
      const card = cards.get(cardKey(workstation, week));
      if (card === undefined) {
        throw new KeysetError("missing");
      }
      if (!equal(card.hash, hash)) {
        throw new KeysetError("conflict");
      }
    }
  }
}

function choose(roster: Roster, cards: Cards, now: number): ReadonlyMap<Id, Card | null> {
  const week = weekNumber(now);
  const chosen = new Map<Id, Card | null>();
  for (const workstation of active(roster).keys()) {
    const last = inGrace(now) ? cards.get(cardKey(workstation, week - 1)) : undefined;
    chosen.set(workstation, cards.get(cardKey(workstation, week)) ?? last ?? null);
  }
  if (Array.from(chosen.values()).every((card) => card === null)) {
    throw new KeysetError("nobody");
  }
  return chosen;
}

/** Return eight words to compare by telephone: 96 bits over a key and what it signed. */
export function fingerprint(verifyingKey: Uint8Array, payload: Uint8Array, words: readonly string[]): string[] {
  // spec: the first 96 bits of H(label ‖ verifying key ‖ payload)
  const bits = digest(concat(labels.FINGERPRINT, verifyingKey, payload)).slice(0, 12);
  const number = bits.reduce((total, byte) => (total << 8n) | BigInt(byte), 0n);
  return [0, 1, 2, 3, 4, 5, 6, 7].map((i) => {
    const word = words[Number((number >> BigInt(12 * (7 - i))) & 0xfffn)];
    assert(word !== undefined, "a word list has 4,096 words");
    return word;
  });
}
