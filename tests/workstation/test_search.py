"""Searching: every word of everything that the team may read, however it is written, and where it stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.body import Body
from crypto.event import Changes
from tests.workstation.talks import Talk
from workstation.cases.search import fold, search

DAY = "2026-11-18"
TALK = (
    Talk("reporter")
    .write(DAY, "Er stond een auto bij café ’t Hoekje.\nIk durf niet naar buiten.")
    .answer(
        DAY, Body("Wat naar. Bel 112 als het weer gebeurt.", gist="U staat niet alleen.", summary="Auto, drie avonden.")
    )
    .note(Changes(labels={"Aangifte": True}, note="Overlegd met Zoë."))
    .read()
)
OTHER = Talk("other").write(DAY, "Een brief in de brievenbus, en een straße.").read()


@pytest.mark.parametrize(
    "words",
    [
        "auto",
        "AUTO",
        "auto buiten",
        "  buiten \t auto ",
        "cafe",
        "CAFÉ",
        "cafe\u0301",
        "alleen",
        "drie avonden",
        "aangifte",
        "zoe",
        "auto aangifte zoë 112",
        "hoek",
    ],
)
def test_words_are_found_wherever_they_stand(words: str) -> None:
    """In letters of both, gists, summaries, labels and notes; each word may stand elsewhere, or in a longer one."""
    assert [found.conversation for found in search([TALK, OTHER], words)] == [TALK]


@pytest.mark.parametrize("words", ["fiets", "auto fiets", "brief auto", "overlegd brievenbus"])
def test_all_words_must_stand_in_one_conversation(words: str) -> None:
    """What two conversations hold together is in neither."""
    assert search([TALK, OTHER], words) == []


@pytest.mark.parametrize("words", ["", "  ", "\n\t", "\u00a0"])
def test_without_a_word_nothing_is_found(words: str) -> None:
    """Looking for nothing is no search."""
    assert search([TALK, OTHER], words) == []


def test_the_order_is_the_one_in_which_they_were_given() -> None:
    """Whoever asks decides what comes first."""
    assert [found.conversation for found in search([OTHER, TALK], "een")] == [OTHER, TALK]
    assert [found.conversation for found in search([TALK, OTHER], "een")] == [TALK, OTHER]


def test_the_excerpt_shows_the_first_word_in_the_newest_text() -> None:
    """On one line, with what stands around it."""
    assert search([TALK], "buiten")[0].excerpt.endswith("Ik durf niet naar buiten.")
    assert "\n" not in search([TALK], "auto buiten")[0].excerpt
    assert search([TALK], "zoe auto")[0].excerpt == "Overlegd met Zoë."
    assert search([TALK], "aangifte auto")[0].excerpt == "Aangifte"
    # The letter names a car, too; the note and the summary are shorter and do not come first.
    newer = Talk().write(DAY, "De auto stond er.").write("2026-11-19", "De auto is weg.").read()
    assert search([newer], "auto")[0].excerpt == "De auto is weg."


def test_a_long_letter_is_cut_around_the_word() -> None:
    """At a space before it, and with dots where something is left out."""
    long = Talk().write(DAY, "begin " * 60 + "naald " + "einde " * 60).read()
    excerpt = search([long], "naald")[0].excerpt
    assert excerpt.startswith("… begin ")
    assert " naald einde " in excerpt
    assert excerpt.endswith(" …")
    assert len(excerpt) < 120
    glued = Talk().write(DAY, "x" * 300 + "naald").read()
    assert search([glued], "naald")[0].excerpt.endswith("xnaald")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Straße " * 50 + "naald", "naald"),
        ("ﬁets " * 50 + "naald", "fiets"),
        ("…" * 300 + "naald", "naald"),
        ("e\u0301" * 300 + " naald", "naald"),
    ],
)
def test_letters_that_fold_into_several_are_found_too(text: str, word: str) -> None:
    """Then the word is in the excerpt all the same."""
    (found,) = search([Talk().write(DAY, text).read()], word)
    assert word in fold(found.excerpt)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200), st.data())
def test_every_word_of_a_letter_is_found_in_any_capitals(text: str, data: st.DataObject) -> None:
    """Whatever alphabet it is in, and the excerpt shows it."""
    words = fold(text).split()
    if not words:
        return
    word = data.draw(st.sampled_from(words))
    (found,) = search([Talk().write(DAY, text).read()], word)
    assert word in fold(found.excerpt) or len(word) > 70


@given(st.text(max_size=50))
def test_folding_twice_changes_nothing(text: str) -> None:
    """So what is typed is folded as what is read."""
    assert fold(fold(text)) == fold(text)
