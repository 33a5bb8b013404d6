"""Who opens what over time: teams that people join, leave and are away from, lists that change, messages kept back.

The model knows lists and people, and nothing of keys. In the end the server's whole data is tried with every key there
ever was: of whoever was left out, was away or has left the team too.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from crypto import conversation, envelope, keyset, labels, roster
from crypto.age.hybrid import Identity
from crypto.body import Body, Kind
from crypto.conversation import Message
from crypto.encoding import digest
from crypto.errors import NoMatchError, ProtocolError
from crypto.payload import AllowList, Payload
from crypto.signing import verifying_key
from tests import world

pytestmark = pytest.mark.slow

TEAM = tuple("abcdefg")
FIRST = frozenset("abcde")
COUNSELLORS = {person: world.make_counsellor(person, world.make_random(f"time/{person}")) for person in TEAM}
ROOT = bytes(range(32))
PINS = roster.Pins(world.ORGANISATION, verifying_key(ROOT), 1)
# Fewer cannot vouch for a list of keys, and then nobody writes.
FEWEST = 2
BOX = world.make_mailbox("time")


@dataclass(frozen=True)
class Sealed:
    """What somebody wrote, and who can open it: persons."""

    message: Message
    block: bytes
    readers: frozenset[str]


class Time(RuleBasedStateMachine):
    """A mailbox and a team, on a server that shows some of what it has to some."""

    def __init__(self) -> None:
        super().__init__()
        self.active, self.left, self.away = set(FIRST), set[str](), set[str]()
        self.roster: roster.Roster | None = None
        self.allow = conversation.first_allow("abc", "d")
        self.written: list[Sealed] = []
        self.number = 0
        self.numbers = dict.fromkeys(TEAM, 0)
        self._publish()

    # -- the team -----------------------------------------------------------------------------------------------------

    @rule(person=st.sampled_from(TEAM))
    def join(self, person: str) -> None:
        """Let somebody join who was never there."""
        if person not in self.left:
            self.active.add(person)
            self._publish()

    @rule(person=st.sampled_from(TEAM))
    def leave(self, person: str) -> None:
        """Let somebody leave, for good."""
        if person in self.active and len(self.present - {person}) >= FEWEST:
            self.active.discard(person)
            self.left.add(person)
            self._publish()

    @rule(data=st.data())
    def go_away(self, data: st.DataObject) -> None:
        """Let some be away, most often those whom the list names: their workstations make no card."""
        named = sorted(self.active & set(self.allow.persons)) or sorted(self.active)
        persons = data.draw(st.just(set(named)) | st.sets(st.sampled_from(sorted(self.active))))
        if len(self.present - persons) >= FEWEST:
            self.away |= persons
            self._publish()

    @rule()
    def come_back(self) -> None:
        """Let everybody be back."""
        self.away.clear()
        self._publish()

    # -- writing ------------------------------------------------------------------------------------------------------

    @rule(persons=st.sets(st.sampled_from(TEAM), min_size=1, max_size=3), successor=st.none() | st.sampled_from(TEAM))
    def change_list(self, persons: set[str], successor: str | None) -> None:
        """Say anew who may read: wider, narrower, or others altogether."""
        self.allow = conversation.next_allow(self.allow, persons, successor)
        self._write("allow")

    @rule()
    def write(self) -> None:
        """Write a message by the newest list."""
        self._write("message")

    @rule(data=st.data(), person=st.sampled_from(TEAM))
    def reply(self, data: st.DataObject, person: str) -> None:
        """Answer, by what the server has shown: any part of what this person can open."""
        able = [each for each in self.written if each.message.payload.contact and person in each.readers]
        if person not in self.present or not able:
            return
        shown = [each.message for each in data.draw(st.lists(st.sampled_from(able), min_size=1, unique_by=id))]
        numbers = (m.payload.number for m in shown)
        newest = next(m.payload.allow for n in [max(numbers)] for m in shown if m.payload.number == n)
        assert isinstance(newest, AllowList)
        draft = conversation.Draft("reply", Body("x"), "2026-11-19", self.numbers[person], None, {})
        station = COUNSELLORS[person].workstation
        self._seal(
            lambda: conversation.compose_reply(station, self.keyset, shown, draft),
            newest,
            (labels.SIGN_WORKSTATION, COUNSELLORS[person].signing),
        )
        self.numbers[person] += 1

    def _write(self, kind: Kind) -> None:
        body = Body("x") if kind == "message" else Body()
        draft = conversation.Draft(kind, body, "2026-11-18", self.number, None, {})
        self._seal(
            lambda: conversation.compose_message(BOX, self.keyset, self.allow, draft),
            self.allow,
            (labels.SIGN_MAILBOX, BOX.signing),
        )
        self.number += 1

    def _seal(self, compose: Callable[[], Payload], allow: AllowList, signing: tuple[bytes, bytes]) -> None:
        expected = self._list_readers(allow)
        try:
            composed = compose()
        except NoMatchError:
            assert not expected
            return
        opened = world.sign_payload(composed, *signing)
        block = envelope.seal(*opened, conversation.list_recipients(self.keyset, composed), os.urandom)
        message = Message(conversation.message_id(opened[0]), composed, *opened)
        self.written.append(Sealed(message, block, frozenset(expected)))

    # -- the model ----------------------------------------------------------------------------------------------------

    @property
    def present(self) -> set[str]:
        """Who is in the team and there."""
        return self.active - self.away

    def _list_readers(self, allow: AllowList) -> set[str]:
        named = set(allow.persons) & self.active
        # The successor only once nobody on the list is in the team; whoever is away is in it.
        return (named or {p for p in self.active if p == allow.successor}) - self.away

    def teardown(self) -> None:
        """Try every key on everything."""
        for person, counsellor in COUNSELLORS.items():
            opened = [each for each in self.written if opens(each.block, counsellor.identity)]
            assert opened == [each for each in self.written if person in each.readers], person
        assert all(opens(each.block, BOX.identity) for each in self.written)
        assert {len(each.block) for each in self.written} <= {labels.BLOCK_SIZE}

    # -- the real thing -----------------------------------------------------------------------------------------------

    def _publish(self) -> None:
        stations = tuple(
            replace(COUNSELLORS[p].workstation, retired_on="2026-11-18" if p in self.left else None)
            for p in sorted(self.active | self.left, key=lambda p: COUNSELLORS[p].id)
        )
        previous = self.roster
        version, hashed = (1, None) if previous is None else (previous.version + 1, previous.hash)
        unsigned = roster.Roster(
            world.ORGANISATION, version, hashed, world.EXPIRES_ON, FEWEST, digest(b"x"), stations, b""
        )
        self.roster, document = world.sign_roster(unsigned, ROOT)
        there = [COUNSELLORS[p] for p in sorted(self.present)]
        cards = [c.card(week) for c in there for week in (world.WEEK, world.WEEK + 1)]
        statements = [c.freshness(self.roster, cards) for c in there]
        self.keyset = keyset.verify(keyset.serialize_keyset(document, cards, statements), PINS, world.NOW)


def opens(block: bytes, identity: bytes) -> bool:
    """Say whether an identity opens a block."""
    try:
        envelope.open(block, [Identity(identity)])
    except ProtocolError:
        return False
    return True


def test_over_time_each_person_opens_exactly_what_was_meant_for_them() -> None:
    """Whoever joins, leaves, is away, is left out or taken in again, and whatever the server shows to whom."""
    run_state_machine_as_test(
        Time,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            # A failure is told as it was found: making it smaller would take much longer than finding it.
            phases=[Phase.generate],
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
