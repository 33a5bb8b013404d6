"""The keyring's content as canonical JSON."""

from __future__ import annotations

from typing import Final

from crypto.encoding import (
    Json,
    check_b64u,
    check_boolean,
    check_day,
    check_integer,
    check_keys,
    check_name,
    check_object,
    check_organisation,
    check_slug,
    decode_b64,
    encode_b64,
    encode_b64u,
)
from crypto.errors import MalformedError
from crypto.labels import LAST_NUMBER
from crypto.verifying import document_json, read_document
from crypto.week import decode_week, encode_week
from workstation.keyring.state import Ended, Numbering, OwnCard, Person, State, Withdrawn

_KEYS: Final = frozenset(
    [
        "archives",
        "cards",
        "credential",
        "destroyed",
        "ended",
        "known",
        "local_key",
        "me",
        "numbers",
        "roster",
        "roster_version",
        "signing",
        "successions",
        "withdrawn",
    ]
)
_WITHDRAWN: Final = frozenset({"day", "unanswered", "with_reporter"})
_PERSON_KEYS: Final = frozenset({"affiliations", "name", "organisation", "person", "root_key"})


def serialize(state: State) -> Json:
    """Return the state as JSON; all of it is secret."""
    return {
        "archives": {encode_b64u(c): encode_b64u(identity) for c, identity in state.archives.items()},
        "cards": {
            encode_week(week): {"hash": encode_b64u(card.hash), "identity": encode_b64u(card.identity)}
            for week, card in state.cards.items()
        },
        "credential": _optional(state.credential),
        "destroyed": {encode_week(week): encode_b64u(h) for week, h in state.destroyed.items()},
        "ended": {encode_b64u(c): _ended_json(ended) for c, ended in state.ended.items()},
        "known": {
            encode_week(week): {encode_b64u(w): encode_b64u(h) for w, h in cards.items()}
            for week, cards in state.known.items()
        },
        "local_key": encode_b64u(state.local_key),
        "me": _person_json(state.me),
        "numbers": {
            encode_b64u(c): {"next": n.next, "previous": _optional(n.previous)} for c, n in state.numbers.items()
        },
        "roster": None if state.roster is None else document_json(state.roster),
        "roster_version": state.roster_version,
        "signing": encode_b64u(state.signing),
        "successions": [document_json(document) for document in state.successions],
        "withdrawn": {encode_b64u(c): _withdrawn_json(withdrawn) for c, withdrawn in state.withdrawn.items()},
    }


def parse(value: Json) -> State:
    """Read a state. Raises MalformedError: another version of this program has written it."""
    # Keyrings from before anything could be withdrawn, destroyed, ended or handed over do not name it.
    earlier: Json = {"destroyed": {}, "ended": {}, "successions": [], "withdrawn": {}}
    fields = check_keys({**earlier, **check_object(value)}, _KEYS)
    if not isinstance(fields["successions"], list):
        raise MalformedError("successions are a list")
    return State(
        me=parse_person(fields["me"]),
        signing=check_b64u(fields["signing"]),
        local_key=check_b64u(fields["local_key"]),
        cards={decode_week(week): _parse_card(card) for week, card in check_object(fields["cards"]).items()},
        destroyed={decode_week(week): check_b64u(h) for week, h in check_object(fields["destroyed"]).items()},
        known={
            decode_week(week): {check_b64u(w): check_b64u(h) for w, h in check_object(cards).items()}
            for week, cards in check_object(fields["known"]).items()
        },
        archives={check_b64u(c): check_b64u(identity) for c, identity in check_object(fields["archives"]).items()},
        numbers={check_b64u(c): _parse_numbering(n) for c, n in check_object(fields["numbers"]).items()},
        withdrawn={check_b64u(c): _parse_withdrawn(w) for c, w in check_object(fields["withdrawn"]).items()},
        ended={check_b64u(c): _parse_ended(each) for c, each in check_object(fields["ended"]).items()},
        credential=_parse_optional(fields["credential"]),
        roster=None if fields["roster"] is None else read_document(fields["roster"]),
        roster_version=check_integer(fields["roster_version"], 1),
        successions=tuple(read_document(document) for document in fields["successions"]),
    )


def _person_json(me: Person) -> Json:
    return {
        "affiliations": list(me.affiliations),
        "name": me.name,
        "organisation": me.organisation,
        "person": me.person,
        "root_key": encode_b64u(me.root_key),
    }


def parse_person(value: Json) -> Person:
    """Read whose workstation it is. Raises MalformedError."""
    fields = check_keys(value, _PERSON_KEYS)
    if not isinstance(fields["affiliations"], list):
        raise MalformedError("affiliations are a list")
    return Person(
        organisation=check_organisation(fields["organisation"]),
        root_key=check_b64u(fields["root_key"]),
        person=check_slug(fields["person"]),
        name=check_name(fields["name"]),
        affiliations=tuple(check_name(affiliation) for affiliation in fields["affiliations"]),
    )


def _parse_card(value: Json) -> OwnCard:
    fields = check_keys(value, frozenset({"hash", "identity"}))
    return OwnCard(check_b64u(fields["identity"]), check_b64u(fields["hash"]))


def _parse_numbering(value: Json) -> Numbering:
    fields = check_keys(value, frozenset({"next", "previous"}))
    return Numbering(check_integer(fields["next"], 0, LAST_NUMBER + 1), _parse_optional(fields["previous"]))


def _withdrawn_json(withdrawn: Withdrawn) -> Json:
    unanswered = None if withdrawn.unanswered is None else [encode_b64(part) for part in withdrawn.unanswered]
    fields: dict[str, Json] = {"day": withdrawn.day, "unanswered": unanswered}
    return {**fields, "with_reporter": True} if withdrawn.with_reporter else fields


def _parse_withdrawn(value: Json) -> Withdrawn:
    # Where it is not with a reporter's, as in keyrings from before there was sharing, it is not said.
    fields = check_keys({"with_reporter": False, **check_object(value)}, _WITHDRAWN)
    day, with_reporter = check_day(fields["day"]), check_boolean(fields["with_reporter"])
    if fields["unanswered"] is None:
        return Withdrawn(day, None, with_reporter)
    data, signature = fields["unanswered"]
    return Withdrawn(day, (decode_b64(data), decode_b64(signature)), with_reporter)


def _ended_json(ended: Ended) -> Json:
    numbers = {encode_b64u(author): number for author, number in ended.numbers.items()}
    return {"day": ended.day, "done": ended.done, "numbers": numbers, "time": ended.time}


def _parse_ended(value: Json) -> Ended:
    fields = check_keys(value, frozenset({"day", "done", "numbers", "time"}))
    numbers = {check_b64u(a): check_integer(n, 0, LAST_NUMBER) for a, n in check_object(fields["numbers"]).items()}
    return Ended(check_day(fields["day"]), numbers, check_integer(fields["time"], 0), check_boolean(fields["done"]))


def _optional(value: bytes | None) -> str | None:
    return None if value is None else encode_b64u(value)


def _parse_optional(value: Json) -> bytes | None:
    return None if value is None else check_b64u(value)
