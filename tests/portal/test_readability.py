"""How hard the Dutch pages are to read, as far as that can be counted.

Two numbers a page, over everything that it may ever say, its templates included: words a sentence, and the reading
ease of Flesch in Douma's version for Dutch (1960), 206.835 - 0.93 × words a sentence - 77 × syllables a word. In his
own table 60–70 is "normal", what somebody of twelve to thirteen reads, and 70–80 "rather easy". B1 is what most adults
read without effort, and hyphenation undercounts (it never parts a single letter: "over" is one), which flatters a text
by about three points: hence 65 for a page. A step has few words, of which a single long one can move the number by ten,
hence 55 there. Headings, buttons and items of lists are sentences too and make the average short; so no single sentence
may be long either.

A formula sees no meaning. It finds the long sentence and the long word, and says nothing about a text that is short and
dark.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pyphen
import pytest

from portal import config as configuration
from portal.site.build import ROOT, build

# Nothing here is about the database.
pytestmark = pytest.mark.only("sqlite")

PAGES = sorted(p.stem for p in (ROOT / "templates/site").glob("*.html") if p.stem != "base" and p.stem[0] != "_")
MOST_WORDS = 15
LONGEST = 20
PAGE_EASE = 65
STEP_EASE = 55
# Fewer words than this say nothing about a step's ease; how long its sentences are is counted all the same.
FEW_WORDS = 25

_HYPHENS = pyphen.Pyphen(lang="nl_NL")
_WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
_END = re.compile(r"[.?!:]+(?=\s|$)")
# Everything else ends a sentence: headings, buttons, items of a list.
_INLINE = {"a", "code", "em", "span", "strong"}
# What has no words of ours: names that others gave.
_NOT_OURS = {"cite", "script", "style", "title"}
_VOID = {"br", "hr", "img", "input", "link", "meta"}


@dataclass(frozen=True)
class Ease:
    """What was counted in a text."""

    words: int
    sentences: int
    syllables: int

    @property
    def length(self) -> float:
        """Words a sentence."""
        return self.words / self.sentences

    @property
    def ease(self) -> float:
        """Flesch-Douma: the higher, the easier."""
        return 206.835 - 0.93 * self.length - 77 * self.syllables / self.words


def measure(blocks: list[str]) -> Ease:
    """Count the sentences of some blocks of text; a block without a word is none."""
    sentences = [_WORD.findall(part) for block in blocks for part in _END.split(block)]
    sentences = [words for words in sentences if words]
    words = [word for sentence in sentences for word in sentence]
    return Ease(len(words), len(sentences), sum(count_syllables(word) for word in words))


def count_syllables(word: str) -> int:
    """Count the places where a word may be parted, and one; as a rule a little too few."""
    return len(_HYPHENS.positions(word.lower())) + 1


class Blocks(HTMLParser):
    """The blocks of text on a page, and by step those inside templates."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._open: list[tuple[str, str]] = [("", "")]
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        # Alternatives of one group are never read together; a word for a screen reader alone is part of its button.
        if tag not in _INLINE or "data-when" in given:
            self._end_block()
        self.found += [(self._step, given["aria-label"] or "")] if "aria-label" in given else []
        if tag not in _VOID:
            self._open.append((tag, given.get("data-step") or self._step))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _INLINE:
            self._end_block()
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if not _NOT_OURS & {tag for tag, _ in self._open}:
            self._text += data

    @property
    def _step(self) -> str:
        return self._open[-1][1]

    def _end_block(self) -> None:
        self.found.append((self._step, " ".join(self._text.split())))
        self._text = ""


def read_blocks(page: str) -> list[tuple[str, str]]:
    """Return the blocks of a page with the step that they belong to, "" for none."""
    parser = Blocks()
    parser.feed(page)
    parser.close()
    return [(step, text) for step, text in parser.found if text]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[str, str]]]:
    """Build the real site as it would go live, without the demo's warning; return the blocks of its Dutch pages."""
    release: Path = tmp_path_factory.mktemp("readability") / "release"
    example = configuration.load(ROOT / "config.example.toml")
    live = replace(example.organisation, root_key=bytes(32))
    with pytest.MonkeyPatch.context() as patch:
        # Compressing as well as can be takes most of a minute, and nobody reads that form.
        patch.setattr("portal.site.compress.compress", lambda _: None)
        build(replace(example, organisation=live, site=replace(example.site, release=release)), date(2026, 11, 21))
    paths = {page: release / "nl" / ("" if page == "start" else page) / "index.html" for page in PAGES}
    return {page: read_blocks(path.read_text()) for page, path in paths.items()}


def steps_of(blocks: list[tuple[str, str]]) -> Iterator[tuple[str, Ease]]:
    for step in sorted({step for step, _ in blocks} - {""}):
        yield step, measure([text for found, text in blocks if found == step])


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_as_easy_as_people_need(built: dict[str, list[tuple[str, str]]], page: str) -> None:
    """Short sentences of short words on the page as a whole, and short sentences in each of its steps."""
    whole = measure([text for _, text in built[page]])
    print(f"{page}: {whole.words} words, {whole.length:.1f} a sentence, ease {whole.ease:.0f}")  # noqa: T201 - to be read.
    for step, part in steps_of(built[page]):
        print(f"  {step}: {part.words} words, {part.length:.1f} a sentence, ease {part.ease:.0f}")  # noqa: T201 - the same.
    assert whole.length <= MOST_WORDS
    assert whole.ease >= PAGE_EASE
    long = {step: part for step, part in steps_of(built[page]) if part.length > MOST_WORDS}
    assert not long
    hard = {step: part for step, part in steps_of(built[page]) if part.words >= FEW_WORDS and part.ease < STEP_EASE}
    assert not hard


@pytest.mark.parametrize("page", PAGES)
def test_no_sentence_is_very_long(built: dict[str, list[tuple[str, str]]], page: str) -> None:
    """An average can hide one sentence that nobody gets to the end of."""
    sentences = [part for _, text in built[page] for part in _END.split(text)]
    assert [sentence for sentence in sentences if len(_WORD.findall(sentence)) > LONGEST] == []


def test_what_officials_write_is_found() -> None:
    """The net has no hole: a sentence as offices write it falls far below what a page must reach."""
    text = (
        "Ingevolge het bepaalde in voornoemde verordening dient de belanghebbende de aanvraag voorafgaand aan de "
        "voorgenomen werkzaamheden schriftelijk bij het desbetreffende bestuursorgaan in te dienen."
    )
    official = measure([text])
    assert official.length > MOST_WORDS
    assert official.ease < STEP_EASE - 30


def test_sentences_words_and_syllables_are_counted() -> None:
    """Blocks and full stops part sentences; a telephone number is no word; each step is counted for itself."""
    page = (
        '<h1>Wie leest dit?</h1><p>Een team. Bel <a href="/">088 55 43 288</a> nu.</p><script>let geen = 1;</script>'
        '<ul><li>Dag en nacht</li></ul><template><section data-step="send"><p>Wat gelezen is, <b>blijft</b></p>'
        "</section></template><dt><cite>Reflow</cite></dt>"
    )
    blocks = read_blocks(page)
    outside = measure([text for step, text in blocks if step == ""])
    assert (outside.words, outside.sentences) == (10, 4)
    assert [step for step, _ in steps_of(blocks)] == ["send"]
    assert [count_syllables(word) for word in ("brief", "vertrouwen", "telefoon")] == [1, 3, 3]
