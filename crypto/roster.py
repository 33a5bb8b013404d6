"""The list of workstations, signed by the root. spec: Keyset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crypto import labels
from crypto.encoding import (
    Json,
    check_b64u,
    check_day,
    check_integer,
    check_keys,
    check_name,
    check_organisation,
    check_slug,
    digest,
    encode_b64u,
    parse_json,
    serialize_json,
)
from crypto.errors import ForgedError, KeysetError, MalformedError
from crypto.verifying import Document, author_id, verify_document

AFFILIATION_COUNT: Final = 16


@dataclass(frozen=True, slots=True)
class Workstation:
    """A counsellor's device; retired ones stay listed so that their old replies can be verified."""

    id: bytes
    person: str
    name: str
    affiliations: tuple[str, ...]
    verifying_key: bytes
    retired_on: str | None


@dataclass(frozen=True, slots=True)
class Roster:
    """The list of workstations; `hash` is that of its payload."""

    organisation: str
    version: int
    previous: bytes | None
    expires_on: str
    threshold: int
    credential: bytes
    workstations: tuple[Workstation, ...]
    hash: bytes

    @property
    def active(self) -> dict[bytes, Workstation]:
        """The workstations that may be sealed to and that vouch for freshness, by id."""
        return {w.id: w for w in self.workstations if w.retired_on is None}

    @property
    def listed(self) -> dict[bytes, Workstation]:
        """All workstations, retired ones included, by id."""
        return {w.id: w for w in self.workstations}


@dataclass(frozen=True, slots=True)
class Pins:
    """What a release knows beforehand."""

    organisation: str
    root_key: bytes
    minimum_roster_version: int


def open_roster(document: Document, pins: Pins) -> Roster:
    """Verify a roster's signature and organisation, not its age or freshness. Raises KeysetError, MalformedError."""
    try:
        verify_document(document, labels.TYPE_ROSTER, pins.root_key)
    except ForgedError:
        raise KeysetError("signature") from None
    roster = parse_roster(document.payload)
    if roster.organisation != pins.organisation:
        raise KeysetError("organisation")
    return roster


def signed_by(document: Document, payload_type: str, workstation: Workstation) -> bool:
    """Say whether this document is of that type and signed by that workstation."""
    try:
        verify_document(document, payload_type, workstation.verifying_key)
    except ForgedError:
        return False
    return True


def serialize_roster(roster: Roster) -> bytes:
    """Return a roster's payload; its `hash` field is not part of it."""
    return serialize_json(
        {
            "credential": encode_b64u(roster.credential),
            "expires_on": roster.expires_on,
            "organisation": roster.organisation,
            "previous": None if roster.previous is None else encode_b64u(roster.previous),
            "threshold": roster.threshold,
            "version": roster.version,
            "workstations": [
                {
                    "affiliations": list(w.affiliations),
                    "id": encode_b64u(w.id),
                    "name": w.name,
                    "person": w.person,
                    "retired_on": w.retired_on,
                    "verifying_key": encode_b64u(w.verifying_key),
                }
                for w in roster.workstations
            ],
        }
    )


_ROSTER_KEYS: Final = frozenset(
    ["credential", "expires_on", "organisation", "previous", "threshold", "version", "workstations"]
)
_WORKSTATION_KEYS: Final = frozenset(["affiliations", "id", "name", "person", "retired_on", "verifying_key"])


def parse_roster(data: bytes) -> Roster:
    """Read a roster's payload. Raises MalformedError."""
    fields = check_keys(parse_json(data), _ROSTER_KEYS)
    if not isinstance(fields["workstations"], list):
        raise MalformedError("a roster lists workstations")
    workstations = tuple(_parse_workstation(w) for w in fields["workstations"])
    ids = [w.id for w in workstations]
    active = sum(w.retired_on is None for w in workstations)
    if ids != sorted(set(ids)) or len(ids) > labels.LISTED_COUNT or not 1 <= active <= labels.WORKSTATION_COUNT:
        raise MalformedError("a roster lists 1 to 11 active workstations, sorted, none twice")
    return Roster(
        organisation=check_organisation(fields["organisation"]),
        version=check_integer(fields["version"], 1),
        previous=None if fields["previous"] is None else check_b64u(fields["previous"]),
        expires_on=check_day(fields["expires_on"]),
        threshold=check_integer(fields["threshold"], 1, labels.WORKSTATION_COUNT),
        credential=check_b64u(fields["credential"]),
        workstations=workstations,
        hash=digest(data),
    )


def _parse_workstation(value: Json) -> Workstation:
    fields = check_keys(value, _WORKSTATION_KEYS)
    affiliations = fields["affiliations"]
    if not isinstance(affiliations, list) or len(affiliations) > AFFILIATION_COUNT:
        raise MalformedError("affiliations are a short list")
    workstation = Workstation(
        id=check_b64u(fields["id"]),
        person=check_slug(fields["person"]),
        name=check_name(fields["name"]),
        affiliations=tuple(check_name(a) for a in affiliations),
        verifying_key=check_b64u(fields["verifying_key"]),
        retired_on=None if fields["retired_on"] is None else check_day(fields["retired_on"]),
    )
    if workstation.id != author_id(labels.ID_WORKSTATION, workstation.verifying_key):
        raise MalformedError("a workstation's id is the hash of its key")
    return workstation
