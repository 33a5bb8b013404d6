"""The document with which a root names the root that follows it. spec: Succession.

The rules, which `follow` applies:

1. a succession is signed by the root that it names as predecessor, for this organisation;
2. a root has one successor: two different ones are a conflict, whoever is named in them;
3. from the pinned root the way goes on as far as there is a successor, and never back to a root that has handed over;
4. what begins at a root before the pinned one has been followed already, and changes nothing.

Who holds an old root's key can sign a second succession. Whoever has followed the first one refuses it; whoever has
not cannot know. What browsers pin changes with the release only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from crypto import labels
from crypto.encoding import (
    check_b64u,
    check_integer,
    check_keys,
    check_organisation,
    encode_b64u,
    parse_json,
    serialize_json,
)
from crypto.errors import ForgedError, KeysetError
from crypto.verifying import Document, verify_document

_KEYS: Final = frozenset({"organisation", "predecessor", "roster", "successor"})


@dataclass(frozen=True, slots=True)
class Succession:
    """One root names the next by its verifying key, and the last roster that it signed itself."""

    organisation: str
    predecessor: bytes
    successor: bytes
    roster_version: int
    roster_hash: bytes


def open_succession(document: Document, organisation: str) -> Succession:
    """Verify a succession under the key of the predecessor that it names.

    Whether that is a root that anybody trusts is the caller's to know. Raises KeysetError, MalformedError.
    """
    succession = parse_succession(document.payload)
    try:
        verify_document(document, labels.TYPE_SUCCESSION, succession.predecessor)
    except ForgedError:
        raise KeysetError("signature") from None
    if succession.organisation != organisation:
        raise KeysetError("organisation")
    return succession


def follow(root_key: bytes, known: Sequence[Succession], offered: Sequence[Succession]) -> list[Succession]:
    """Return the steps that lead on from a pinned root, in their order; none where nothing is new.

    `known` are those that led to it. Raises KeysetError ("conflict") for a root with two successors, or that returns.
    """
    steps: dict[bytes, Succession] = {}
    for each in (*known, *offered):
        if steps.setdefault(each.predecessor, each).successor != each.successor:
            raise KeysetError("conflict")
    passed = {root_key, *(each.predecessor for each in known)}
    path = []
    while (step := steps.get(root_key)) is not None:
        if step.successor in passed:
            raise KeysetError("conflict")
        path.append(step)
        root_key = step.successor
        passed.add(root_key)
    return path


def serialize_succession(succession: Succession) -> bytes:
    """Return a succession's payload."""
    return serialize_json(
        {
            "organisation": succession.organisation,
            "predecessor": encode_b64u(succession.predecessor),
            "roster": {"hash": encode_b64u(succession.roster_hash), "version": succession.roster_version},
            "successor": encode_b64u(succession.successor),
        }
    )


def parse_succession(data: bytes) -> Succession:
    """Read a succession's payload. Raises MalformedError."""
    fields = check_keys(parse_json(data), _KEYS)
    roster = check_keys(fields["roster"], frozenset({"hash", "version"}))
    return Succession(
        organisation=check_organisation(fields["organisation"]),
        predecessor=check_b64u(fields["predecessor"]),
        successor=check_b64u(fields["successor"]),
        roster_version=check_integer(roster["version"], 1),
        roster_hash=check_b64u(roster["hash"]),
    )
