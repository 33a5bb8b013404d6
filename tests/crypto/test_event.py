"""Case events: only who may read says something, nothing of it can be moved, and nobody else can read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import envelope, event, labels
from crypto.age.hybrid import Identity
from crypto.conversation import Message, first_allow
from crypto.encoding import parse_json, serialize_json
from crypto.errors import ForgedError, MalformedError, NoMatchError, ProtocolError
from crypto.event import Changes, Event
from crypto.payload import message_id
from crypto.signing import sign
from tests import world

TEAM = world.make_team()
ANNA, BRAM, CHRIS = sorted(TEAM.counsellors, key=lambda c: c.workstation.person)
BOX = world.make_mailbox()
ADDRESS = bytes(range(32))
FULL = Changes(
    status="closed",
    keep_until="2026-12-31",
    assigned="bram",
    due="",
    labels={"Aangifte": True, "média": False},
    note="Gebeld.\nKomt terug.",
    opened={b"a" * 32: {ANNA.id: b"h" * 32}},
    relayed={CHRIS.id: (b"m" * 32,)},
)


def messages(persons: Sequence[str] = ("anna", "bram")) -> list[Message]:
    written = world.write_message(BOX, TEAM, allow=first_allow(persons))
    data, signature = world.sign_payload(written, labels.SIGN_MAILBOX, BOX.signing)
    return [Message(message_id(data), written, data, signature)]


def written(changes: Changes = FULL) -> Event:
    keyset = TEAM.keyset
    return event.compose_event(ANNA.workstation, keyset, messages(), changes, "2026-11-18", 7, ADDRESS)


def signed(made: Event, tag: bytes = labels.SIGN_EVENT, key: bytes = ANNA.signing) -> tuple[bytes, bytes]:
    data = event.serialize(made)
    return data, sign(tag, data, key)


SIGNED = signed(written())


def test_what_is_written_is_read() -> None:
    """Every field comes back."""
    assert event.parse(event.serialize(written())) == written()
    assert event.parse(event.serialize(written(Changes()))).changes == Changes()


def test_it_opens_for_whom_the_newest_list_names_and_for_nobody_else() -> None:
    """Neither the excluded counsellor nor the mailbox itself holds a key to it."""
    made = written()
    block = envelope.seal(*signed(made), event.list_event_recipients(TEAM.keyset, made), world.make_random("x"))
    assert len(block) == labels.BLOCK_SIZE
    for counsellor in (ANNA, BRAM):
        opened = envelope.open(block, [Identity(counsellor.identity)])
        read = event.authenticate_event(opened, TEAM.roster, ("anna", "bram"))
        assert read.payload == made
    for identity in (CHRIS.identity, BOX.identity):
        with pytest.raises(NoMatchError):
            envelope.open(block, [Identity(identity)])


@pytest.mark.parametrize(
    "opened",
    [
        pytest.param(signed(written(), tag=labels.SIGN_WORKSTATION), id="signed as a reply"),
        pytest.param(signed(written(), key=BRAM.signing), id="signed by a colleague"),
        pytest.param(signed(replace(written(), author=CHRIS.id), key=CHRIS.signing), id="by the excluded one"),
        pytest.param(signed(replace(written(), organisation="ander")), id="of another organisation"),
        pytest.param(signed(replace(written(), author=b"x" * 32)), id="by nobody on the list"),
    ],
)
def test_what_is_forged_or_foreign_is_refused(opened: tuple[bytes, bytes]) -> None:
    """Each of these once, and nothing else is wrong with it."""
    event.authenticate_event(signed(written()), TEAM.roster, ("anna", "bram"))
    with pytest.raises(ForgedError):
        event.authenticate_event(opened, TEAM.roster, ("anna", "bram"))


def test_it_holds_only_where_its_author_put_it_and_for_the_card_that_opened_it() -> None:
    """A server that copies it elsewhere, or a colleague who seals it on, gains nothing."""
    made = written()
    card = made.sealed[ANNA.id]
    assert isinstance(card, bytes)
    event.check_event_sealed(made, ADDRESS, ANNA.id, card)
    for address, workstation, opened_with in (
        (b"y" * 32, ANNA.id, card),
        (ADDRESS, ANNA.id, b"z" * 32),
        (ADDRESS, CHRIS.id, card),
    ):
        with pytest.raises(ForgedError):
            event.check_event_sealed(made, address, workstation, opened_with)


@pytest.mark.parametrize(
    "changes",
    [
        Changes(status="closed"),
        Changes(status="active", keep_until="2026-12-31"),
        Changes(keep_until="2026-12-31"),
        Changes(note="x" * (event.NOTE_SIZE + 1)),
        Changes(assigned="Niet Zo"),
        Changes(due="morgen"),
        Changes(labels={"": True}),
        Changes(labels={f"l{i}": True for i in range(event.LABEL_COUNT + 1)}),
        Changes(relayed={CHRIS.id: (b"m" * 32,) * (event.RELAYED_COUNT + 1)}),
    ],
)
def test_what_no_desk_writes_is_not_read(changes: Changes) -> None:
    """A closed case has a day until which it is kept; everything has a limit."""
    with pytest.raises(MalformedError):
        event.parse(event.serialize(written(changes)))


@given(st.integers(0), st.integers(0, 255))
def test_no_changed_byte_is_accepted(index: int, byte: int) -> None:
    """Every byte is signed."""
    data, signature = SIGNED
    index %= len(data)
    changed = data[:index] + bytes([byte]) + data[index + 1 :]
    if changed != data:
        with pytest.raises(ProtocolError):
            event.authenticate_event((changed, signature), TEAM.roster, ("anna", "bram"))


leaves = st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=9)


@given(st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner), max_leaves=9))
def test_any_value_for_changes_is_read_or_malformed(value: object) -> None:
    """A hostile colleague's JSON raises nothing that is not expected."""
    fields = parse_json(SIGNED[0])
    for key in ("assigned", "due", "keep_until", "labels", "note", "opened", "relayed", "status"):
        changed = {**fields, "changes": {**fields["changes"], key: value}}
        try:
            event.parse(serialize_json(changed))
        except MalformedError:
            continue
