"""When a closed conversation may go: never while danger is unanswered, nor after a letter that nobody has answered."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.event import Changes
from tests.workstation.talks import Talk
from workstation.cases.ending import find_last_day
from workstation.cases.urgency import Place, judge

pytestmark = pytest.mark.slow

DANGER = {"danger": ("yes",)}
UNTIL = "2026-12-02"
CLOSED = Changes(status="closed", keep_until=UNTIL)
ACTS = ("letter", "danger", "crossing danger", "answer", "close", "reopen")


@settings(max_examples=150)
@given(st.lists(st.sampled_from(ACTS), max_size=7), st.integers(0, 1))
def test_whatever_happened_no_conversation_ends_over_unanswered_danger(acts: list[str], days: int) -> None:
    """It ends exactly where it was closed, nobody wrote since, and whatever danger was told was answered."""
    talk, day = Talk().write("2026-11-01"), date(2026, 11, 2)
    in_danger = is_closed = False
    for act in acts:
        day += timedelta(days=days)
        if act == "answer":
            talk.answer(day.isoformat())
            in_danger = False
        elif act in {"close", "reopen"}:
            talk.note(CLOSED if act == "close" else Changes(status="active"))
            is_closed = act == "close"
        else:
            talk.write(day.isoformat(), answers=DANGER if "danger" in act else None, crossing="crossing" in act)
            in_danger, is_closed = in_danger or "danger" in act, False
    conversation = talk.read()
    assert (find_last_day(conversation) is not None) == (is_closed and not in_danger)
    assert (judge(conversation, "2026-12-31").place == Place.DANGER) == in_danger
    assert (judge(conversation, "2026-12-31").place == Place.CLOSED) == (is_closed and not in_danger)


def test_a_late_answer_has_time_to_be_delivered() -> None:
    """Whoever answers danger after the last day keeps the conversation until that answer's week is over."""
    talk = Talk().write("2026-11-18", answers=DANGER).note(CLOSED)
    assert find_last_day(talk.read()) is None
    assert find_last_day(talk.answer("2027-01-20").read()) == "2027-01-20"
    assert find_last_day(Talk().write("2026-11-18").answer("2026-11-19").note(CLOSED).read()) == UNTIL


def test_a_reporters_own_day_puts_no_end_off() -> None:
    """A letter may carry any day; only the team's count."""
    assert find_last_day(Talk().write("9999-12-31").note(CLOSED).read()) == UNTIL
