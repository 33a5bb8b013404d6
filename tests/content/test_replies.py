"""Beginnings of answers: as easy to read as the pages, the same in every language, without a number that expires."""

from __future__ import annotations

import re

import pytest

from tests.portal.test_readability import MOST_WORDS, measure
from workstation.content import load_replies

EASE = 60
DUTCH = load_replies()["nl"]
NUMBERS = {"112", "113"}
# Digits as people write numbers down: in groups, behind a plus, between brackets.
NUMBER = re.compile(r"[+(]?\d[\d\s()./-]*")


def find_numbers(text: str) -> list[str]:
    """Return what may be dialled in a text, without what parts its digits."""
    return [re.sub(r"[^\d+]", "", found) for found in NUMBER.findall(text)]


@pytest.mark.parametrize("which", DUTCH)
def test_a_beginning_is_as_easy_as_people_need(which: str) -> None:
    """Somebody who is afraid reads it: short sentences of short words."""
    ease = measure(DUTCH[which].text.split("\n\n"))
    print(f"{which}: {ease.words} words, {ease.length:.1f} a sentence, ease {ease.ease:.0f}")  # noqa: T201 - to be read.
    assert ease.length <= MOST_WORDS
    assert ease.ease >= EASE


def test_every_language_has_the_same_beginnings_in_the_same_order() -> None:
    """A counsellor who changes the language of an answer finds the same one there; each says something."""
    replies = load_replies()
    assert set(replies) == {"nl", "en"}
    assert len(DUTCH) >= 8
    for beginnings in replies.values():
        assert list(beginnings) == list(DUTCH)
        assert all(reply.title and reply.text for reply in beginnings.values())


def test_no_telephone_number_stands_in_them_but_those_that_never_change() -> None:
    """Any other one expires, and nobody notices; the two that stay are there where a life is at stake."""
    for beginnings in load_replies().values():
        for reply in beginnings.values():
            assert set(find_numbers(f"{reply.title}\n{reply.text}")) <= NUMBERS
        assert find_numbers(beginnings["danger"].text) == ["112"]
        assert sorted(find_numbers(beginnings["life"].text)) == ["112", "113"]


def test_a_number_is_found_however_it_is_written() -> None:
    """The net has no hole: groups, brackets and a plus do not hide one."""
    assert find_numbers("Bel 0800-0113, +31 (0)70 123 45 67 of 112.") == ["08000113", "+310701234567", "112"]
