"""Events → the state of a case: the same for all who saw the same, and nobody's for good."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from crypto.encoding import digest
from crypto.event import CaseEvent, Changes, Event, serialize
from crypto.payload import Reference
from workstation.cases.state import CaseState, read_state

STATIONS = [bytes([i]) * 32 for i in range(3)]
PERSONS = dict(zip(STATIONS, ("anna", "bram", "chris"), strict=True))
ALL = frozenset(PERSONS.values())
CONVERSATION = b"c" * 32


def event(author: int, time: int, changes: Changes, seen: int = 0, salt: int = 0) -> CaseEvent:
    reference = Reference(1, bytes(32))
    made = Event(
        organisation="proef",
        conversation=CONVERSATION,
        author=STATIONS[author],
        address=salt.to_bytes(32, "big"),
        time=time,
        seen={CONVERSATION: seen},
        day="2026-11-18",
        roster=reference,
        allow=reference,
        sealed={},
        changes=changes,
    )
    data = serialize(made)
    return CaseEvent(digest(data), made, data, bytes(64))


def state(*events: CaseEvent, allowed: frozenset[str] = ALL, newest: int = 0) -> CaseState:
    return read_state(events, PERSONS, allowed, newest)


changes = st.builds(
    Changes,
    status=st.sampled_from([None, "active", "paused"]),
    assigned=st.sampled_from([None, "", "anna", "bram"]),
    due=st.sampled_from([None, "", "2026-12-01"]),
    labels=st.dictionaries(st.sampled_from(["aangifte", "gezin"]), st.booleans()),
    note=st.sampled_from(["", "Gebeld", "Overlegd"]),
    opened=st.dictionaries(st.sampled_from([b"a" * 32, b"b" * 32]), st.just({})),
)
events = st.lists(
    st.builds(event, st.integers(0, 2), st.integers(1, 6), changes, st.integers(0, 2), st.integers(0, 99))
)


@given(events, st.randoms(use_true_random=False), st.sets(st.sampled_from(sorted(ALL))), st.integers(0, 2))
def test_the_same_events_in_any_order_and_however_often_give_the_same_state(
    known: list[CaseEvent], random: object, allowed: set[str], newest: int
) -> None:
    """Two desks that saw the same blocks agree, whatever the couriers brought first."""
    other = [*known, *known[:2]]
    random.shuffle(other)  # type: ignore[attr-defined]
    expected = read_state(known, PERSONS, allowed, newest)
    assert expected == read_state(other, PERSONS, allowed, newest)


@given(events, st.integers(0, 2), changes)
def test_whoever_knows_the_last_word_has_the_next(known: list[CaseEvent], author: int, change: Changes) -> None:
    """An honest desk's event is later than all that it knows, so what it sets holds."""
    before = state(*known, newest=2)
    after = state(*known, event(author, before.time + 1, change, seen=2, salt=100), newest=2)
    assert after.assigned == (before.assigned if change.assigned is None else change.assigned)
    assert after.due == (before.due if change.due is None else change.due)
    assert after.status == (change.status or before.status)
    for name in ("aangifte", "gezin"):
        assert (name in after.labels) == change.labels.get(name, name in before.labels)


def test_nobody_wins_for_good_by_a_time_far_ahead() -> None:
    """What leaps is as if it were not there; the next honest event holds."""
    honest = event(0, 1, Changes(assigned="anna"))
    leaping = event(2, 2**32, Changes(assigned="chris"))
    assert state(honest, leaping) == state(honest)
    assert state(honest, leaping, event(1, 2, Changes(assigned="bram"))).assigned == "bram"


def test_who_was_left_out_decides_nothing_and_their_notes_stay() -> None:
    """Whoever may not read any more cannot close a case for those who may."""
    closing = Changes(status="closed", keep_until="2026-12-18", assigned="chris", note="Afgerond", labels={"x": True})
    known = [event(0, 1, Changes(assigned="anna")), event(2, 2, closing)]
    assert state(*known).status == "closed"
    left = state(*known, allowed=frozenset({"anna", "bram"}))
    assert (left.status, left.keep_until, left.assigned, left.labels) == ("active", None, "anna", ())
    assert [note.text for note in left.notes] == ["Afgerond"]


def test_a_new_letter_opens_what_was_closed_or_paused() -> None:
    """Whoever closed had not seen it; whoever closes again has."""
    closed = event(0, 1, Changes(status="closed", keep_until="2026-12-18"), seen=3)
    assert state(closed, newest=3).keep_until == "2026-12-18"
    assert (state(closed, newest=4).status, state(closed, newest=4).keep_until) == ("active", None)
    again = event(1, 2, replace(closed.payload.changes), seen=4)
    assert state(closed, again, newest=4).status == "closed"


def test_an_unknown_workstation_decides_nothing() -> None:
    """Somebody who stands on no list, or on none that is known here."""
    stranger = replace(event(0, 1, Changes(assigned="chris")).payload, author=b"x" * 32)
    data = serialize(stranger)
    assert state(CaseEvent(digest(data), stranger, data, bytes(64))).assigned == ""
