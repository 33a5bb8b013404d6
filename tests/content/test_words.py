"""The word lists that codes are written in."""

import importlib.util
from hashlib import sha256
from pathlib import Path
from types import ModuleType

import pytest

# Every word is compared with every other.
pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[2] / "content" / "words"


def load_build() -> ModuleType:
    """Load the build script, which is in no package."""
    spec = importlib.util.spec_from_file_location("words_build", FOLDER / "build.py")
    assert spec, "the build script stands beside the lists"
    assert spec.loader, "a file has a loader"
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


build = load_build()


def read(language: str) -> list[str]:
    """Read a list as it is shipped, byte for byte: each word ends in one line feed."""
    text = (FOLDER / f"{language}.txt").read_bytes().decode("ascii")
    assert text.endswith("\n"), "the last word ends in a line feed too"
    return text.removesuffix("\n").split("\n")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_word_stands_for_twelve_bits(language: str) -> None:
    """A list has 2 ** 12 words."""
    assert len(read(language)) == 2**12


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_place_of_a_word_is_its_place_in_the_alphabet(language: str) -> None:
    """A list is sorted and has no word twice."""
    words = read(language)
    assert words == sorted(set(words))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_no_rule_is_broken(language: str) -> None:
    """Every word differs from every other in its first four letters, in sound and by two slips."""
    assert build.check(read(language), language) == []


def test_a_word_tells_its_language() -> None:
    """No word is in both lists."""
    assert set(read("nl")).isdisjoint(read("en"))


@pytest.mark.parametrize(
    ("intruder", "sentence"),
    [
        ("zee", "'zee' is not 4 to 10 letters a-z."),
        ("reünie", "'reünie' is not 4 to 10 letters a-z."),
        ("appelboom", "2 words start with 'appe'."),
        ("papel", "'appel' is one slip from 'papel'."),
        ("uppel", "'appel' is one slip from 'uppel'."),
        ("dodelijk", "'dodelijk' was taken out by eye."),
        ("kouwgom", "'kouwgom' sounds like 'kauwgom'."),
    ],
)
def test_an_unfit_word_is_named_in_a_sentence(intruder: str, sentence: str) -> None:
    """Each rule that a list can break is reported by name."""
    words = sorted([*read("nl"), intruder])
    assert sentence in build.check(words, "nl")


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("nl", "leiden", "lijden"),
        ("nl", "rauw", "rouw"),
        ("nl", "hart", "hard"),
        ("nl", "cactus", "kaktus"),
        ("nl", "zeep", "seep"),
        ("nl", "licht", "ligt"),
        ("en", "phone", "fone"),
        ("en", "knight", "night"),
        ("en", "color", "coler"),
        ("en", "piece", "peace"),
    ],
)
def test_words_that_sound_alike_share_a_key(language: str, one: str, other: str) -> None:
    """A spelling that cannot be heard makes no difference to the phonetic key."""
    assert build.phonetic_key(one, language) == build.phonetic_key(other, language)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_lists_are_those_of_the_spec(language: str) -> None:
    """A list never changes once a code was given out: SPEC names the bytes."""
    spec = (FOLDER.parents[1] / "docs" / "SPEC.md").read_text()
    assert f"`{sha256((FOLDER / f'{language}.txt').read_bytes()).hexdigest()[:16]}…`" in spec
