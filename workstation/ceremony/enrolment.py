"""Enrolment: a workstation makes its own keys and asks to be listed. spec: Enrolment request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from crypto import labels
from crypto.card import Card, parse_card
from crypto.encoding import (
    check_b64u,
    check_keys,
    check_name,
    check_organisation,
    check_slug,
    encode_b64u,
    parse_json,
    serialize_json,
)
from crypto.errors import ForgedError, MalformedError
from crypto.keyset import fingerprint
from crypto.roster import AFFILIATION_COUNT, Workstation
from crypto.signing import sign_document
from crypto.verifying import Document, author_id, document_json, parse_document, read_document, verify_document
from workstation.ceremony.card import WEEKS_AHEAD
from workstation.content import load_words
from workstation.errors import WorkstationError
from workstation.keyring.state import Person
from workstation.keyring.workstation import Keyring
from workstation.texts import translate as _

_KEYS: Final = frozenset({"affiliations", "cards", "name", "organisation", "person", "verifying_key"})
_CARD_COUNT: Final = 2 * WEEKS_AHEAD

# Under this name the request lies in a workstation's folder.
REQUEST_NAME: Final = "aanmelding.json"


@dataclass(frozen=True, slots=True)
class Request:
    """A workstation that asks to be listed; its words are compared by telephone before anybody believes it."""

    organisation: str
    workstation: Workstation
    cards: tuple[Document, ...]
    words: tuple[str, ...]


def check_person(me: Person) -> Person:
    """Return who enrols, if it can be listed. Raises WorkstationError."""
    try:
        check_organisation(me.organisation)
        check_slug(me.person)
        check_name(me.name)
        _check_affiliations(list(me.affiliations))
    except MalformedError:
        raise WorkstationError(
            _(
                "Een persoon en een organisatie bestaan uit kleine letters, cijfers en streepjes. "
                "Namen zijn een regel van hoogstens 80 tekens."
            )
        ) from None
    return me


def make_request(keyring: Keyring) -> Document:
    """Return the signed request with all cards of this workstation; the same cards give the same bytes."""
    me = keyring.state.me
    fields = {
        "affiliations": list(me.affiliations),
        "cards": [document_json(keyring.sign_card(week)) for week in sorted(keyring.state.cards)],
        "name": me.name,
        "organisation": me.organisation,
        "person": me.person,
        "verifying_key": encode_b64u(keyring.verifying),
    }
    return sign_document(labels.TYPE_ENROLMENT, serialize_json(fields), keyring.state.signing)


def pin_anew(keyring: Keyring, root_key: bytes) -> None:
    """Belong to another root from here on, with the keys and conversations that are here. Saves.

    For the day on which a root is lost: nothing vouches for the new one but the words that people compared.
    """
    state = keyring.state
    state.me = replace(state.me, root_key=root_key)
    state.roster, state.roster_version, state.successions, state.credential = None, 1, (), None
    keyring.save()


def list_words(verifying_key: bytes, document: Document) -> tuple[str, ...]:
    """Return the eight words to compare by telephone."""
    return tuple(fingerprint(verifying_key, document.payload, load_words()))


def open_request(data: bytes) -> Request:
    """Read a request. It proves nothing but that its sender has the keys it names: compare the words.

    Raises WorkstationError.
    """
    try:
        document = parse_document(data)
        fields = check_keys(parse_json(document.payload), _KEYS)
        key = check_b64u(fields["verifying_key"])
        verify_document(document, labels.TYPE_ENROLMENT, key)
        organisation = check_organisation(fields["organisation"])
        workstation = Workstation(
            id=author_id(labels.ID_WORKSTATION, key),
            person=check_slug(fields["person"]),
            name=check_name(fields["name"]),
            affiliations=_check_affiliations(fields["affiliations"]),
            verifying_key=key,
            retired_on=None,
        )
        cards = _check_cards(fields["cards"], organisation, workstation)
    except (MalformedError, ForgedError):
        raise WorkstationError(_("Dit is geen aanmelding van een werkplek, of het bestand is veranderd.")) from None
    return Request(organisation, workstation, cards, list_words(key, document))


def _check_affiliations(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > AFFILIATION_COUNT:
        raise MalformedError("affiliations are a short list")
    return tuple(check_name(affiliation) for affiliation in value)


def _check_cards(value: object, organisation: str, workstation: Workstation) -> tuple[Document, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= _CARD_COUNT:
        raise MalformedError("a request brings cards")
    documents = tuple(read_document(card) for card in value)
    cards: Sequence[Card] = [parse_card(document.payload) for document in documents]
    for document, card in zip(documents, cards, strict=True):
        verify_document(document, labels.TYPE_CARD, workstation.verifying_key)
        if (card.organisation, card.workstation) != (organisation, workstation.id):
            raise MalformedError("a card of another workstation")
    if len({card.week for card in cards}) != len(cards):
        raise MalformedError("two cards for one week")
    return documents
