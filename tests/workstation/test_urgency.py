"""How urgent a conversation is: danger before everything, and nobody waits longer than was promised."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crypto.body import Body
from crypto.event import Changes
from tests.workstation.talks import Talk
from workstation.cases.urgency import Place, Urgency, judge, next_working_day

# A Wednesday.
DAY, NEXT, LATER = "2026-11-18", "2026-11-19", "2026-11-20"
DANGER = {"danger": ("yes",)}
NO_REPLY = {"wish": ("no-reply",)}
CLOSED = Changes(status="closed", keep_until="2027-02-17")


def agree(day: str) -> Body:
    return Body("Tot dan.", track="series", next=day)


# One working day


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-11-18", "2026-11-19"),
        ("2026-11-20", "2026-11-23"),
        ("2026-11-21", "2026-11-23"),
        ("2026-11-22", "2026-11-23"),
        # Christmas: a Friday and a Saturday. New Year's Day is one of another year.
        ("2026-12-24", "2026-12-28"),
        ("2026-12-31", "2027-01-04"),
        # King's Day: a Monday; in 2025 it moves from Sunday to Saturday, and the Monday after is an ordinary one.
        ("2026-04-24", "2026-04-28"),
        ("2025-04-25", "2025-04-28"),
        # Easter, Ascension and Whitsun follow the moon.
        ("2026-04-03", "2026-04-07"),
        ("2026-05-13", "2026-05-15"),
        ("2026-05-22", "2026-05-26"),
        # Liberation Day is a day off once in five years.
        ("2026-05-04", "2026-05-05"),
        ("2030-05-03", "2030-05-06"),
    ],
)
def test_the_next_working_day_knows_weekends_and_dutch_holidays(day: str, expected: str) -> None:
    """A promise counts the days on which somebody is there to keep it."""
    assert next_working_day(day) == expected


def test_every_day_of_ten_years_has_a_working_day_soon_after_it() -> None:
    """Never the day itself, never a weekend, and never further than Christmas is long."""
    for offset in range(3_653):
        day = date(2026, 1, 1) + timedelta(days=offset)
        following = date.fromisoformat(next_working_day(day.isoformat()))
        assert 1 <= (following - day).days <= 5
        assert following.weekday() < 5


# Who waits


def test_a_first_message_is_new_until_its_working_day_is_over() -> None:
    """On the promised day itself it is not late yet."""
    conversation = Talk().write(DAY).read()
    for today in (DAY, NEXT):
        assert judge(conversation, today) == Urgency(Place.NEW, DAY, NEXT)
    assert judge(conversation, LATER) == Urgency(Place.OVERDUE, DAY, NEXT)


def test_what_comes_before_christmas_is_late_after_it() -> None:
    """Not in the holidays, nor in the weekend, when nobody is there."""
    conversation = Talk().write("2026-12-24").read()
    assert judge(conversation, "2026-12-27").place == Place.NEW
    assert judge(conversation, "2026-12-28").place == Place.NEW
    assert judge(conversation, "2026-12-29") == Urgency(Place.OVERDUE, "2026-12-24", "2026-12-28")


def test_whoever_writes_again_waits_since_the_first_unanswered_message() -> None:
    """Writing more does not push anybody to the back."""
    talk = Talk().write("2026-11-10").answer("2026-11-11").write(DAY).write(NEXT)
    assert judge(talk.read(), NEXT) == Urgency(Place.WAITING, DAY, NEXT)
    assert judge(talk.read(), LATER).place == Place.OVERDUE
    assert judge(talk.answer(LATER).read(), LATER) == Urgency(Place.RUNNING)


def test_a_promised_day_that_has_passed_makes_late_whoever_waits() -> None:
    """What was agreed goes before the working day; a later one does not put it off."""
    talk = Talk().write("2026-11-10").answer("2026-11-11", agree("2026-11-17")).write(DAY)
    assert judge(talk.read(), DAY) == Urgency(Place.OVERDUE, DAY, "2026-11-17")
    talk = Talk().write("2026-11-10").answer("2026-11-11", agree("2026-12-20")).write(DAY)
    assert judge(talk.read(), NEXT) == Urgency(Place.WAITING, DAY, NEXT)
    assert judge(talk.read(), LATER).place == Place.OVERDUE


def test_danger_goes_before_everything() -> None:
    """Also where the case is closed or set aside, and on whichever message it was said; until somebody answers."""
    for talk in (
        Talk().write(DAY, answers=DANGER),
        Talk().write(DAY, answers={**DANGER, **NO_REPLY}),
        Talk().write(DAY, answers=DANGER).write(NEXT, "Nog iets"),
        Talk().write("2026-11-10").answer("2026-11-11").write(DAY, answers=DANGER),
        Talk().write(DAY, answers=DANGER).note(CLOSED),
        Talk().write(DAY, answers=DANGER).note(Changes(status="paused")),
    ):
        assert judge(talk.read(), LATER) == Urgency(Place.DANGER, DAY)
    assert judge(Talk().write(DAY, answers=DANGER).answer(DAY).read(), DAY).place == Place.RUNNING
    assert min(Place) == Place.DANGER


@pytest.mark.parametrize("seed", ["reporter", "b", "c", "d", "e", "f"])
def test_a_letter_that_crosses_an_answer_is_not_answered_by_it(seed: str) -> None:
    """On one day the thread may put either first, as the keys fall; who answered had not seen it."""
    talk = Talk(seed).write("2026-11-10").answer(DAY).write(DAY, "Toch nog iets", crossing=True)
    assert judge(talk.read(), NEXT) == Urgency(Place.WAITING, DAY, NEXT)
    assert judge(talk.write(DAY, answers=DANGER, crossing=True).read(), NEXT) == Urgency(Place.DANGER, DAY)
    assert judge(talk.answer(DAY).read(), NEXT) == Urgency(Place.RUNNING)


@pytest.mark.parametrize("answer", ["no", "unsure"])
def test_another_answer_about_danger_is_none(answer: str) -> None:
    """Only who says yes is put before the others."""
    assert judge(Talk().write(DAY, answers={"danger": (answer,)}).read(), DAY).place == Place.NEW


# Who does not wait


def test_what_was_agreed_comes_up_on_its_day() -> None:
    """Before it the case runs, on it it is for today, after it it is late."""
    conversation = Talk().write("2026-11-10").answer("2026-11-11", agree(NEXT)).read()
    assert judge(conversation, DAY) == Urgency(Place.RUNNING, None, NEXT)
    assert judge(conversation, NEXT) == Urgency(Place.TODAY, None, NEXT)
    assert judge(conversation, LATER) == Urgency(Place.OVERDUE, None, NEXT)


def test_of_two_days_the_first_counts() -> None:
    """One was agreed with the reporter, the other is the team's own."""
    talk = Talk().write("2026-11-10").answer("2026-11-11", agree(LATER)).note(Changes(due=NEXT))
    assert judge(talk.read(), DAY).by == NEXT
    assert judge(talk.note(Changes(due="2026-12-01")).read(), DAY).by == LATER
    assert judge(talk.note(Changes(due="")).read(), DAY).by == LATER


def test_what_is_set_aside_waits_for_its_day_or_for_the_reporter() -> None:
    """It is neither new nor late, until the day that somebody chose or the next message."""
    talk = Talk().write(DAY).note(Changes(status="paused"))
    assert judge(talk.read(), "2026-12-01") == Urgency(Place.PAUSED)
    talk.note(Changes(due="2026-12-01"))
    assert judge(talk.read(), "2026-11-30") == Urgency(Place.PAUSED, None, "2026-12-01")
    assert judge(talk.read(), "2026-12-01").place == Place.TODAY
    assert judge(talk.read(), "2026-12-02").place == Place.OVERDUE


def test_what_is_closed_is_never_late() -> None:
    """Nothing that was agreed before holds any more."""
    talk = Talk().write("2026-11-10").answer("2026-11-11", agree("2026-11-12")).note(CLOSED)
    assert judge(talk.read(), DAY) == Urgency(Place.CLOSED)
    assert judge(Talk().write("2026-11-10").note(CLOSED).read(), DAY) == Urgency(Place.CLOSED)


def test_whoever_wants_no_answer_is_read_all_the_same() -> None:
    """It is new until somebody has taken it, and never late: nobody waits."""
    talk = Talk().write(DAY, answers=NO_REPLY)
    assert judge(talk.read(), "2026-12-31") == Urgency(Place.NEW)
    assert judge(talk.note(Changes(assigned="anna")).read(), DAY) == Urgency(Place.RUNNING)
