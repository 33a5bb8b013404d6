"""Succession: what is signed, and how far a pinned root leads."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import labels
from crypto.errors import KeysetError, MalformedError, ProtocolError
from crypto.signing import sign_document, verifying_key
from crypto.succession import Succession, follow, open_succession, parse_succession, serialize_succession
from crypto.verifying import Document
from tests.world import ORGANISATION, make_random

RANDOM = make_random("succession")
SEEDS = [RANDOM(32) for _ in range(5)]
KEYS = [verifying_key(seed) for seed in SEEDS]


def step(old: int, new: int, version: int = 3) -> Succession:
    return Succession(ORGANISATION, KEYS[old], KEYS[new], version, bytes(32))


def sign(succession: Succession, seed: int, payload_type: str = labels.TYPE_SUCCESSION) -> Document:
    return sign_document(payload_type, serialize_succession(succession), SEEDS[seed])


def refuses(known: list[Succession], offered: list[Succession], root: int = 0) -> bool:
    try:
        follow(KEYS[root], known, offered)
    except KeysetError as error:
        return error.reason == "conflict"
    return False


def test_parse_and_serialize_are_inverse() -> None:
    """What is signed is read as it was written, and in no other spelling."""
    data = serialize_succession(step(0, 1))
    assert parse_succession(data) == step(0, 1)
    with pytest.raises(MalformedError):
        parse_succession(data + b" ")


@given(st.integers(0), st.integers(1, 255))
def test_no_altered_byte_is_accepted(place: int, change: int) -> None:
    """Whoever carries the file can change nothing in it."""
    document = sign(step(0, 1), 0)
    altered = bytearray(document.payload)
    altered[place % len(altered)] ^= change
    with pytest.raises(ProtocolError):
        open_succession(replace(document, payload=bytes(altered)), ORGANISATION)


def test_only_the_predecessor_can_sign_and_only_a_succession() -> None:
    """Neither the successor's own signature, nor one under another type or for another organisation, is one."""
    assert open_succession(sign(step(0, 1), 0), ORGANISATION) == step(0, 1)
    for document in (sign(step(0, 1), 1), sign(step(0, 1), 0, labels.TYPE_ROSTER)):
        with pytest.raises(KeysetError, match="signature"):
            open_succession(document, ORGANISATION)
    with pytest.raises(KeysetError, match="organisation"):
        open_succession(sign(step(0, 1), 0), "andere")


def test_a_pinned_root_leads_as_far_as_there_are_successors() -> None:
    """In whatever order they come; what began before the pinned root changes nothing."""
    chain = [step(0, 1), step(1, 2), step(2, 3)]
    assert follow(KEYS[0], [], chain[::-1]) == chain
    assert follow(KEYS[1], [], chain) == chain[1:]
    assert follow(KEYS[3], [], chain) == []
    assert follow(KEYS[4], [], chain) == []


def test_a_fork_is_refused_whether_it_was_followed_or_not() -> None:
    """Two successors of one root: no order makes one of them right."""
    assert refuses([], [step(0, 1), step(0, 2)])
    assert refuses([step(0, 1)], [step(0, 2)], root=1)
    assert not refuses([step(0, 1)], [step(0, 1)], root=1)


def test_no_way_leads_back_to_a_root_that_has_handed_over() -> None:
    """A circle would have no end, and would bring back a key that somebody destroyed for a reason."""
    assert refuses([], [step(0, 1), step(1, 0)])
    assert refuses([step(0, 1)], [step(1, 0)], root=1)
    assert refuses([], [step(0, 0)])
