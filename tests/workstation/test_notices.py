"""What the desk warns of: in time, in both languages, and each warning says what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from crypto.week import WEEK_SECONDS
from tests.workstation.helpers import Organisation
from tests.workstation.test_destruction import live_on
from tests.world import NOW
from workstation.desk.notices import list_notices
from workstation.texts import choose

DAY_SECONDS = 24 * 3_600
# Of the organisation's roster; see tests/workstation/helpers.py.
EXPIRES_ON = date(2027, 2, 17)
NOW_ON = date(2026, 11, 18)
EXPIRY = NOW + (EXPIRES_ON - NOW_ON).days * DAY_SECONDS


def read(organisation: Organisation, now: int) -> tuple[list[str], list[str]]:
    """Return what Anna's desk warns of, in Dutch and in English."""
    told = []
    for language in ("nl", "en"):
        choose(language)
        with organisation.desk("anna", now) as work:
            told.append(list_notices(work, now))
    return told[0], told[1]


def nothing(_organisation: Organisation) -> None:
    """Leave everything as it is."""


def forget_sync(organisation: Organisation) -> None:
    (organisation.spool("anna").folder / "synced.json").unlink()


def leave_out_chris(organisation: Organisation) -> None:
    organisation.publish(("anna", "bram"))


def live_until_the_roster_is_old(organisation: Organisation) -> None:
    live_on(organisation, EXPIRY - 21 * DAY_SECONDS)


@pytest.mark.parametrize(
    ("prepare", "now", "dutch_words", "english_words"),
    [
        (
            forget_sync,
            NOW,
            ("nog nooit gesynchroniseerd", "Synchroniseer nu"),
            ("was never synchronised", "Synchronise now"),
        ),
        (
            nothing,
            NOW + 2 * DAY_SECONDS,
            ("gesynchroniseerd op 18 november 2026", "Synchroniseer nu"),
            ("18 November 2026", "Synchronise now"),
        ),
        (
            live_until_the_roster_is_old,
            EXPIRY - 21 * DAY_SECONDS,
            ("verloopt op 17 februari 2027", "Vraag de beheerder nu"),
            ("17 February 2027", "Ask"),
        ),
        (
            nothing,
            NOW + WEEK_SECONDS,
            ("sleutel voor volgende week", "Synchroniseer"),
            ("for next week", "Synchronise"),
        ),
        (
            leave_out_chris,
            NOW,
            ("Weinig collega's", "Vraag hun het bureau te openen en te synchroniseren"),
            ("Few colleagues", "Ask them to open"),
        ),
    ],
)
def test_each_warning_says_what_is_wrong_and_what_to_do_in_both_languages(
    organisation: Organisation,
    prepare: Callable[[Organisation], None],
    now: int,
    dutch_words: tuple[str, str],
    english_words: tuple[str, str],
) -> None:
    """One sentence of the problem, one of the remedy."""
    prepare(organisation)
    told = read(organisation, now)
    for notices, (problem, remedy) in zip(told, (dutch_words, english_words), strict=True):
        (found,) = [notice for notice in notices if problem in notice]
        assert remedy in found
    assert not set(told[0]) & set(told[1])


def test_on_an_ordinary_day_nothing_is_said(organisation: Organisation) -> None:
    """Nor a day after synchronising, nor three weeks and a day before the list expires."""
    assert read(organisation, NOW) == ([], [])
    assert read(organisation, NOW + DAY_SECONDS) == ([], [])
    live_on(organisation, EXPIRY - 22 * DAY_SECONDS)
    assert read(organisation, EXPIRY - 22 * DAY_SECONDS) == ([], [])
