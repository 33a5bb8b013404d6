"""Ceremonies as commands: they guide, and wrong order, repetition and interruption do no harm."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from crypto.encoding import encode_b64u
from crypto.roster import open_roster, parse_roster
from tests.workstation.helpers import CHEAP, ORGANISATION, PASSPHRASE
from tests.workstation.portals import real_portal
from tests.workstation.power import LOSSES, Disk, PowerCutError, watch
from tests.workstation.test_cli import list_eight
from tests.world import NOW
from workstation.ceremony.handout import HANDOUT_SIZE, parse_handout
from workstation.ceremony.root import list_root_words
from workstation.cli import main
from workstation.files import TEMPORARY_PREFIX, read_file
from workstation.keyring import root, workstation
from workstation.keyring.root import open_root
from workstation.keyring.workstation import open_keyring
from workstation.spool import Spool

pytestmark = pytest.mark.slow

TYPED: dict[str, tuple[str, ...]] = {
    "init root": ("init", "root", "--folder", "{f}/hoofd", "--organisation", ORGANISATION),
    "init root new": ("init", "root", "--folder", "{f}/nieuw", "--organisation", ORGANISATION),
    "roster": ("roster", "--root", "{f}/hoofd", "--request", "{f}/anna/aanmelding.json"),
    "roster both": (
        *("roster", "--root", "{f}/hoofd"),
        *("--request", "{f}/anna/aanmelding.json", "--request", "{f}/bram/aanmelding.json"),
    ),
    "card": ("card", "--folder", "{f}/anna", "--spool", "{f}/spool", "--handout", "{f}/hoofd/uitdeelbestand.json"),
    "succession": ("succession", "--root", "{f}/hoofd", "--to", "{new}"),
    "go on": ("roster", "--root", "{f}/nieuw", "--succession", "{f}/hoofd/opvolging.json"),
}


@dataclass
class Table:
    """One folder with everybody's folders in it, and a person who types."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    answers: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    said: str = ""

    def type(self, *arguments: str, code: int = 0) -> str:
        """Type a command, or one of those above by its name; return what it told."""
        typed = TYPED[arguments[0]] if len(arguments) == 1 else arguments
        found = main([a.format(f=self.folder, key=self.key("hoofd"), new=self.key("nieuw")) for a in typed])
        out, err = self.capsys.readouterr()
        assert found == code, out + err
        assert "Traceback" not in err
        self.said = out if code == 0 else err
        return self.said

    def enrol(self, person: str, *more: str, folder: str = "", key: str = "{key}", code: int = 0) -> str:
        who = ("--person", person, "--name", person.title(), *(more or ("--affiliation", "Geen")))
        where = ("--folder", "{f}/" + (folder or person), "--organisation", ORGANISATION)
        return self.type("init", "enrol", *where, *who, f"--root-key={key}", code=code)

    def key(self, name: str) -> str:
        if not (self.folder / name / "root-keyring").exists():
            return ""
        return encode_b64u(open_root(self.folder / name, PASSPHRASE).pins.root_key)

    def bytes(self) -> dict[str, bytes | None]:
        """Return everything that lies here."""
        return {str(p): p.read_bytes() if p.is_file() else None for p in sorted(self.folder.rglob("*"))}

    def ask(self, prompt: str) -> str:
        self.asked.append(prompt)
        return self.answers.pop(0) if self.answers else "j"

    def version(self, name: str = "hoofd") -> int:
        data = read_file(self.folder / name / "uitdeelbestand.json", HANDOUT_SIZE)
        return parse_roster(parse_handout(data or b"").roster.payload).version


@pytest.fixture
def table(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Table:
    """Sit down at an empty table."""
    (tmp_path / "tafel").mkdir()
    made = Table(tmp_path / "tafel", capsys)
    monkeypatch.setattr("builtins.input", made.ask)
    monkeypatch.setattr("workstation.commands.asking.getpass", lambda _prompt: PASSPHRASE)
    monkeypatch.setattr("workstation.cli.read_clock", lambda: NOW)
    monkeypatch.setattr("workstation.commands.ceremonies.make_root", lambda *a: root.create_root(*a, CHEAP))
    monkeypatch.setattr(
        "workstation.commands.ceremonies.create_keyring", lambda *a: workstation.create_keyring(*a, CHEAP)
    )
    return made


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Keep a folder after each of the ceremonies of a beginning."""
    return {"folder": tmp_path_factory.mktemp("begun")}


STAGES: tuple[tuple[str, Callable[[Table], object]], ...] = (
    ("root", lambda t: t.type("init root")),
    ("enrolled", lambda t: (t.enrol("anna"), t.enrol("bram"))),
    ("listed", lambda t: t.type("roster both")),
    ("taken", lambda t: t.type("card")),
    ("successor", lambda t: t.type("init root new")),
    ("handed over", lambda t: t.type("succession")),
    ("gone on", lambda t: t.type("go on")),
)


def set_table(table: Table, begun: dict[str, Path], stage: str) -> Table:
    """Lay the table as it is after this ceremony of a beginning; each is done once for all tests."""
    for name, do in STAGES:
        if name not in begun:
            do(table)
            kept = begun["folder"] / name
            shutil.copytree(table.folder, kept)
            begun[name] = kept
        elif table.folder.exists():
            shutil.rmtree(table.folder)
            shutil.copytree(begun[name], table.folder)
        if name == stage:
            break
    table.asked.clear()
    return table


def parts(said: str) -> list[str]:
    return [line for line in said.splitlines() if line and not line.startswith(" ")]


def test_every_ceremony_tells_in_three_parts_and_ends_in_a_command_to_copy(
    table: Table, begun: dict[str, Path]
) -> None:
    """What it did, what to check, what next; the next command holds the paths and keys that are known."""
    told = {}
    told["root"] = table.type("init root")
    told["enrol"] = table.enrol("anna")
    table.enrol("bram")
    told["roster"] = table.type("roster both")
    told["card"] = table.type("card")
    table.type("init root new")
    told["succession"] = table.type("succession")
    told["go on"] = table.type("go on")
    for name, said in told.items():
        assert parts(said) == ["Gedaan", "Controleer", "Daarna"], name
        assert re.search(r"^    python -m workstation \w+ ", said.partition("Daarna")[2], re.MULTILINE), name
        assert list_eight(said.partition("Controleer")[2].partition("Daarna")[0]), name
    assert f"--root-key {table.key('hoofd')}" in told["root"]
    assert f"card --folder {table.folder}/anna " in told["enrol"]
    assert f"sync --spool {table.folder}/spool " in told["card"]
    assert begun


def test_the_first_synchronisation_guides_and_later_ones_are_short(
    table: Table, begun: dict[str, Path], tmp_path: Path
) -> None:
    """Whoever has done it once needs one line."""
    set_table(table, begun, "listed")
    card = ("--spool", "{f}/spool", "--handout", "{f}/hoofd/uitdeelbestand.json", "--credential-file", "{f}/koerier")
    table.type("card", "--folder", "{f}/anna", *card)
    key = open_root(table.folder / "hoofd", PASSPHRASE).pins.root_key
    with real_portal(tmp_path / "portal", ORGANISATION, key, lambda: NOW) as url:
        sync = ("sync", "--spool", "{f}/spool", "--portal", url, "--credential-file", "{f}/koerier")
        first = table.type(*sync)
        assert parts(first) == ["Gedaan", "Controleer", "Daarna"]
        assert f"desk --folder ~/bureau --spool {table.folder}/spool" in first
        assert table.type(*sync).startswith("Gesynchroniseerd")


def test_both_sides_see_the_same_words_of_the_root(table: Table, begun: dict[str, Path]) -> None:
    """The eight words of a root key follow from it and the organisation; enrolment, list and successor show them."""
    set_table(table, begun, "root")
    words = list_eight(table.type("init root"))
    assert words == [
        " ".join(list_root_words(open_root(table.folder / "hoofd", PASSPHRASE).pins.root_key, ORGANISATION))
    ]
    assert words[0] in list_eight(table.enrol("anna"))
    table.type("roster")
    assert words[0] in table.asked[-1]
    assert list_root_words(bytes(32), "proef") != list_root_words(bytes(32), "proeg")
    assert list_root_words(bytes(32), "proef") != list_root_words(bytes([1, *bytes(31)]), "proef")


def test_a_swapped_root_key_shows_other_words(table: Table, begun: dict[str, Path]) -> None:
    """Whoever gives a counsellor another root key is heard when the words are compared."""
    set_table(table, begun, "root")
    genuine = list_eight(table.type("init root"))[0]
    table.type("init root new")
    said = table.enrol("anna", key="{new}")
    assert genuine not in list_eight(said)


def test_the_list_says_who_comes_who_stays_and_who_leaves(table: Table, begun: dict[str, Path]) -> None:
    """In words, before and after; a second workstation is the same person."""
    set_table(table, begun, "listed")
    table.enrol("anna", folder="anna-twee")
    table.type("roster", "--root", "{f}/hoofd", "--request", "{f}/anna-twee/aanmelding.json", "--retire", "bram")
    assert any("dezelfde persoon" in question for question in table.asked)
    assert any("meldt u af" in question and "Bram (bram)" in question for question in table.asked)
    assert re.search(r"nieuw +Anna \(anna\)", table.said)
    assert re.search(r"blijft +Anna \(anna\)", table.said)
    assert re.search(r"weg +Bram \(bram\)", table.said)
    assert "Anna (anna) heeft 2 werkplekken en telt als één persoon" in table.said


@pytest.mark.parametrize("more", [("--affiliation", "Gemeente"), ("--affiliation", "Geen", "--name", "Annet")])
def test_a_second_workstation_has_the_names_of_the_first(
    table: Table, begun: dict[str, Path], more: tuple[str, ...]
) -> None:
    """Pages show one name and one set of affiliations a person; a stranger with the same short name is caught."""
    set_table(table, begun, "listed")
    table.enrol("anna", *more, folder="anna-twee")
    before = table.bytes()
    request = ("--root", "{f}/hoofd", "--request", "{f}/anna-twee/aanmelding.json")
    assert "anna staat al op de lijst als Anna" in table.type("roster", *request, code=1)
    assert table.bytes() == before
    # Where the other one leaves in the same step, there is no other name.
    table.type("roster", *request, "--retire", "anna")


def test_a_short_name_retires_one_workstation_and_never_one_of_two(table: Table, begun: dict[str, Path]) -> None:
    """With two, the command names both numbers and changes nothing; a number always works."""
    set_table(table, begun, "listed")
    table.enrol("anna", folder="anna-twee")
    table.type("roster", "--root", "{f}/hoofd", "--request", "{f}/anna-twee/aanmelding.json")
    before = table.bytes()
    numbers = re.findall(r"[\w-]{43}", table.type("roster", "--root", "{f}/hoofd", "--retire", "anna", code=1))
    assert len(numbers) == 2
    assert table.bytes() == before
    table.type("roster", "--root", "{f}/hoofd", f"--retire={numbers[0]}")
    assert "weg" in table.said
    table.type("roster", "--root", "{f}/hoofd", "--retire", "anna")
    assert re.search(rf"weg +Anna \(anna\)  {numbers[1]}", table.said)


MISTAKES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("", ("roster",), "geen sleutelbos"),
    ("", ("succession", "--root", "{f}/hoofd", "--to", "A" * 43), "geen sleutelbos"),
    ("", ("card",), "uitdeelbestand.json is er niet"),
    ("root", ("roster", "--root", "{f}/hoofd"), "nog niemand aangemeld"),
    ("root", ("roster",), "aanmelding.json is er niet"),
    ("root", ("succession", "--root", "{f}/hoofd", "--to", "A" * 43), "nog geen lijst"),
    ("root", ("init", "root", "--folder", "{f}/hoofd", "--organisation", "andere"), "andere organisatie"),
    ("root", ("desk", "--folder", "{f}/anna", "--spool", "{f}/spool"), "geen sleutelbos"),
    ("enrolled", ("card", "--folder", "{f}/anna", "--spool", "{f}/spool"), "nog op geen lijst"),
    ("enrolled", ("card", "--folder", "{f}/hoofd", "--spool", "{f}/spool"), "geen sleutelbos"),
    (
        "enrolled",
        ("sync", "--spool", "{f}/spool", "--portal", "http://127.0.0.1:1", "--credential-file", "{f}/koerier"),
        "Maak het met `card`",
    ),
    ("enrolled", ("roster", "--root", "{f}/hoofd", "--request", "{f}/hoofd/root-keyring"), "geen aanmelding"),
    ("listed", ("roster", "--root", "{f}/hoofd", "--retire", "chris"), "staat niet op de lijst"),
    ("listed", ("roster", "--root", "{f}/hoofd", "--retire", "anna", "--retire", "bram"), "1 tot 11"),
    ("listed", ("card", "--folder", "{f}/anna", "--spool", "{f}/s", "--handout", "{f}/anna/keyring"), "geen uitdeel"),
    ("listed", ("succession", "--root", "{f}/hoofd", "--to", "{key}"), "van deze map zelf"),
    ("listed", ("succession", "--root", "{f}/hoofd", "--to", "woord"), "43 tekens"),
    (
        "taken",
        ("roster", "--root", "{f}/hoofd", "--succession", "{f}/hoofd/uitdeelbestand.json"),
        "andere hoofdsleutel",
    ),
    ("successor", ("go on",), "opvolging.json is er niet"),
    ("successor", ("roster", "--root", "{f}/nieuw", "--previous", "{f}/hoofd/uitdeelbestand.json"), "handtekening"),
    ("handed over", ("roster", "--root", "{f}/hoofd"), "tekent niets meer"),
    ("handed over", ("succession", "--root", "{f}/hoofd", "--to", "A" * 43), "al aan een ander"),
    (
        "handed over",
        ("card", "--folder", "{f}/anna", "--spool", "{f}/s", "--handout", "{f}/hoofd/opvolging.json"),
        "van de vorige beheerder",
    ),
    ("handed over", ("roster", "--root", "{f}/nieuw", "--request", "{f}/anna/keyring"), "geen aanmelding"),
)


@pytest.mark.parametrize(("stage", "typed", "expected"), MISTAKES, ids=lambda v: str(v)[:40])
def test_the_wrong_order_is_one_sentence_and_changes_nothing(
    table: Table, begun: dict[str, Path], stage: str, typed: tuple[str, ...], expected: str
) -> None:
    """What comes first is said; of all folders not a byte is another."""
    if stage:
        set_table(table, begun, stage)
    before = table.bytes()
    said = table.type(*typed, code=1)
    assert expected in said
    assert said.count("\n") == 1
    assert table.bytes() == before


@pytest.mark.parametrize(
    ("stage", "typed"),
    [
        ("enrolled", ("roster both",)),
        ("listed", ("roster", "--root", "{f}/hoofd", "--retire", "bram")),
        ("successor", ("succession",)),
    ],
    ids=str,
)
def test_no_is_no(table: Table, begun: dict[str, Path], stage: str, typed: tuple[str, ...]) -> None:
    """Whoever does not hear the same words, or named the wrong person, answers n: nothing has changed."""
    set_table(table, begun, stage)
    before, table.answers = table.bytes(), ["n"]
    table.type(*typed, code=1)
    assert len(table.asked) == 1
    assert table.bytes() == before


def test_repeating_what_makes_keys_shows_the_same(table: Table, begun: dict[str, Path]) -> None:
    """Keys are made once: same words, same file, not a byte another."""
    set_table(table, begun, "enrolled")
    before = table.bytes()
    first = list_eight(table.type("init root"))
    assert list_eight(table.type("init root")) == first
    words = list_eight(table.enrol("anna"))
    assert "stonden al" in table.said
    assert list_eight(table.enrol("anna")) == words
    assert table.bytes() == before
    assert "met andere namen" in table.enrol("bram", folder="anna", code=1)
    assert table.bytes() == before


def test_another_root_key_for_a_workstation_needs_a_yes(table: Table, begun: dict[str, Path]) -> None:
    """The way out of a lost root; whoever says no, or is not asked, stays where they are."""
    set_table(table, begun, "taken")
    table.type("init root new")
    before, table.answers = table.bytes(), ["n"]
    table.enrol("anna", key="{new}", code=1)
    assert table.bytes() == before
    table.enrol("anna", key="{new}")
    words = list_root_words(open_root(table.folder / "nieuw", PASSPHRASE).pins.root_key, ORGANISATION)
    assert " ".join(words) in table.asked[-1]
    table.type("card", code=1)
    assert "niet de lijst van uw eigen team" in table.said
    table.type("roster", "--root", "{f}/nieuw", "--request", "{f}/anna/aanmelding.json")
    handout = ("--handout", "{f}/nieuw/uitdeelbestand.json")
    table.type("card", "--folder", "{f}/anna", "--spool", "{f}/schoon", *handout)


def test_repeating_a_list_gives_the_next_number_and_nothing_else(table: Table, begun: dict[str, Path]) -> None:
    """Also a removal: who has left does not leave again."""
    set_table(table, begun, "listed")
    for version in (2, 3):
        table.type("roster both")
        assert table.version() == version
        assert "nieuw  " not in table.said
    for turn in range(2):
        table.type("roster", "--root", "{f}/hoofd", "--retire", "bram")
        assert ("weg  " in table.said) == (turn == 0)
        assert re.findall(r"blijft +(\w+)", table.said) == ["Anna"]


def test_repeating_card_takes_nothing_twice(table: Table, begun: dict[str, Path]) -> None:
    """The keyring knows the same; the same documents wait."""
    set_table(table, begun, "taken")
    before = {name: data for name, data in table.bytes().items() if not name.endswith("anna/keyring")}
    table.type("card")
    assert "was al overgenomen" in table.said
    assert {name: data for name, data in table.bytes().items() if not name.endswith("anna/keyring")} == before


def test_repeating_a_succession_gives_the_same_file(table: Table, begun: dict[str, Path]) -> None:
    """And no further question: it was answered. The successor may begin twice, too."""
    set_table(table, begun, "handed over")
    before = table.bytes()
    table.type("succession")
    assert not table.asked
    assert table.bytes() == before
    for version in (2, 3):
        table.type("go on")
        assert table.version("nieuw") == version


def find_good(table: Table, name: str) -> None:
    """Find everything as it is after a ceremony that nothing interrupted."""
    if name == "init enrol":
        keyring = open_keyring(table.folder / "anna", PASSPHRASE)
        keyring.close()
        assert len(keyring.state.cards) == 13
        assert (table.folder / "anna" / "aanmelding.json").exists()
    elif name == "card":
        keyring = open_keyring(table.folder / "anna", PASSPHRASE)
        keyring.close()
        assert keyring.state.roster is not None
        assert keyring.state.credential is not None
        # The list, its own cards and Bram's, and the statement.
        assert len(Spool.look(table.folder / "spool").list_documents()) == 1 + 2 * 13 + 1
    else:
        folder = "nieuw" if name == "go on" else "hoofd"
        opened = open_root(table.folder / folder, PASSPHRASE)
        if name != "init root":
            assert not list((table.folder / folder).glob(f"{TEMPORARY_PREFIX}*")), "what was half-written is gone"
        if name in {"roster both", "go on"}:
            data = read_file(table.folder / folder / "uitdeelbestand.json", HANDOUT_SIZE)
            handout = parse_handout(data or b"")
            assert handout.roster == opened.roster
            assert len(open_roster(handout.roster, opened.pins).active) == 2
            assert len(handout.credentials) == 2
        if name == "succession":
            data = read_file(table.folder / "hoofd/opvolging.json", HANDOUT_SIZE)
            assert parse_handout(data or b"").successions == (opened.handed_over,)


BEFORE = {
    "init root": "",
    "init enrol": "root",
    "roster both": "enrolled",
    "card": "listed",
    "succession": "successor",
    "go on": "handed over",
}


def run(table: Table, name: str, disk: Disk | None, monkeypatch: pytest.MonkeyPatch) -> None:
    def do() -> None:
        table.enrol("anna") if name == "init enrol" else table.type(name)

    if disk is None:
        do()
        return
    with watch(disk, monkeypatch):
        try:
            do()
        except PowerCutError:
            pass


@pytest.mark.parametrize("name", BEFORE)
def test_a_ceremony_that_was_interrupted_is_done_again(
    table: Table, begun: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The power goes before each step that touches the disk; the same command then ends as if it had not."""
    if BEFORE[name]:
        set_table(table, begun, BEFORE[name])
    whole = Disk(shutil.copytree(table.folder, tmp_path / "heel"))
    run(replace(table, folder=tmp_path / "heel"), name, whole, monkeypatch)
    find_good(replace(table, folder=tmp_path / "heel"), name)
    assert whole.steps >= 4
    # A card's documents are written one like the other.
    for step in (*range(min(14, whole.steps)), *range(14, whole.steps, 11)):
        for loss in (LOSSES[step % 4], "lost") if step % 4 != 1 else ("lost",):
            day, after = tmp_path / f"{step}-{loss}", tmp_path / f"{step}-{loss}-na"
            broken = Disk(shutil.copytree(table.folder, day), step)
            run(replace(table, folder=day), name, broken, monkeypatch)
            assert broken.dead
            table.capsys.readouterr()
            with monkeypatch.context() as patch:
                patch.setattr(os, "fsync", lambda _descriptor: None)
                broken.rebuild(after, loss)
                run(replace(table, folder=after), name, None, monkeypatch)
                find_good(replace(table, folder=after), name)
            shutil.rmtree(day)
            shutil.rmtree(after)
