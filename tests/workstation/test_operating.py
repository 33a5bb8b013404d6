"""OPERATING for root holder and counsellors, done word by word: its own commands, and what it says that one must see.

The portal is the real one, people answer "j" to every question, and only the cost of a pass phrase is lower.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import pytest

from crypto.encoding import decode_b64u
from crypto.keyset import Keyset, verify
from crypto.roster import Pins
from tests.workstation.helpers import CHEAP, PASSPHRASE
from tests.workstation.portals import real_portal
from tests.workstation.test_cli import list_eight
from workstation.cli import main
from workstation.content import ROOT
from workstation.courier.client import Client
from workstation.keyring import root, workstation

pytestmark = pytest.mark.slow

ROOT_HOLDER: Final = "The root holder"
COUNSELLOR: Final = "The counsellor"
SITE: Final = "https://meldpunt.example"
TEAM: Final = ["anna", "bram"]


@dataclass(frozen=True)
class Step:
    """A step of a ceremony: who does it, the commands to type, and what they must see."""

    ceremony: str
    who: str
    commands: tuple[str, ...]
    seen: tuple[str, ...]


def read_steps(chapter: str) -> Iterator[Step]:
    """Read a chapter as its reader does."""
    text = (ROOT / "docs" / "OPERATING.md").read_text(encoding="utf-8").partition(f"\n## {chapter}\n")[2]
    text = text.partition("\n## ")[0]
    for section in text.split("\n### ")[1:]:
        ceremony = section.partition("\n")[0]
        for numbered in re.split(r"^\d+\. ", section, flags=re.MULTILINE)[1:]:
            who = re.match(r"\*\*(.+?)\*\*", numbered)
            assert who is not None, "each step says who does it"
            block = re.search(r"^ *```sh\n(.*?)^ *```\n(.*)", numbered, flags=re.MULTILINE | re.DOTALL)
            if block is not None:
                lines = tuple(line.strip() for line in block[1].splitlines())
                seen = re.search(r"You see (.*)", block[2])
                yield Step(ceremony, who[1], lines, tuple(re.findall("“(.+?)”", seen[1])) if seen else ())


STEPS: Final = tuple(read_steps(ROOT_HOLDER))
FOR_COUNSELLORS: Final = tuple(read_steps(COUNSELLOR))


@dataclass
class Scratch:
    """Everybody's computers, sticks and telephones, in one folder."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    team: list[str] = field(default_factory=lambda: list(TEAM))
    asked: list[str] = field(default_factory=list)
    key: str = ""
    retired: str = ""
    url: str = ""
    portal: ExitStack = field(default_factory=ExitStack)

    def do(self, step: Step) -> None:
        if step.who == "The operator":
            self.restart()
            return
        doers = {"Every counsellor": self.team, "Anna's second computer": ["anna-twee"]}
        for doer in doers.get(step.who, [step.who.lower()]):
            said = "".join(self.type(line, doer) for line in step.commands)
            missing = [text for text in step.seen if text not in said]
            assert not missing, f"{step.ceremony}, {doer}: {missing} not in {said}"

    def restart(self) -> None:
        """Do what the operator does with a root key: the database stays, the process does not."""
        self.portal.close()
        served = real_portal(self.folder / "portal", "steunpunt", decode_b64u(self.key), lambda: int(time.time()))
        self.url = self.portal.enter_context(served)

    def type(self, line: str, who: str) -> str:
        program, *arguments = [self.place(word, who) for word in shlex.split(line)]
        if program != "python":
            Path(arguments[-1]).parent.mkdir(parents=True, exist_ok=True)
            subprocess.run([program, *arguments], check=True)
            return ""
        assert arguments[:2] == ["-m", "workstation"]
        code = main(arguments[2:])
        out, err = self.capsys.readouterr()
        assert code == 0, f"{line}: {err}"
        said = "\n".join([*self.asked, out])
        self.asked.clear()
        if arguments[2:4] == ["init", "root"]:
            self.key = re.findall(r"^\s+([\w-]{43})$", out, re.MULTILINE)[0]
        if arguments[2] == "restore":
            (self.retired,) = re.findall(r"--retire=([\w-]{43})", out)
        return said

    def place(self, word: str, who: str) -> str:
        """Return what this person types where the text names Anna, and where it lies here."""
        person = who.partition("-")[0]
        word = word.replace("KEY", self.key) if word == "KEY" else word.replace(SITE, self.url)
        word = word.replace("=NUMBER", f"={self.retired}")
        if person in self.team:
            word = word.replace("anna.json", f"{who}.json").replace("anna", person).replace("Anna", person.title())
            word = word.replace("/media/stick", f"/media/stick-{who}").replace("/media/schoon", f"/media/schoon-{who}")
        if word.startswith("~/"):
            return str(self.folder / "home" / who / word[2:])
        return str(self.folder) + word if word.startswith("/media/") else word

    def keyset(self) -> Keyset:
        with Client(self.url) as client:
            data = client.get_keyset()
        return verify(data or b"", Pins("steunpunt", decode_b64u(self.key), 1), int(time.time()))


@pytest.fixture
def scratch(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Scratch]:
    """Sit down at all computers; whoever is asked on the telephone reads the same words."""
    made = Scratch(tmp_path, capsys)
    monkeypatch.setattr("builtins.input", lambda prompt: made.asked.append(prompt) or "j")
    monkeypatch.setattr("workstation.commands.asking.getpass", lambda _prompt: PASSPHRASE)
    monkeypatch.setattr(
        "workstation.commands.ceremonies.make_root", lambda *arguments: root.create_root(*arguments, CHEAP)
    )
    monkeypatch.setattr(
        "workstation.commands.ceremonies.create_keyring",
        lambda *arguments: workstation.create_keyring(*arguments, CHEAP),
    )
    with made.portal:
        yield made


# Who works when a ceremony is over, and how many workstations there are.
AFTER: Final = {
    "Beginning": (["anna", "bram"], {"anna", "bram"}, 2),
    "Adding a counsellor": (["anna", "bram", "chris"], {"anna", "bram", "chris"}, 3),
    "A second workstation": (["anna", "anna-twee", "bram", "chris"], {"anna", "bram", "chris"}, 4),
    "Every twelve weeks": (["anna", "anna-twee", "bram", "chris"], {"anna", "bram", "chris"}, 4),
    "Removing a workstation": (["anna", "anna-twee", "bram"], {"anna", "bram"}, 3),
    "Handing over to a successor": (["anna", "anna-twee", "bram"], {"anna", "bram"}, 3),
    "Lost or stolen": (["anna", "anna-twee", "bram"], {"anna", "bram"}, 3),
}


def test_each_ceremony_is_done_from_the_text(scratch: Scratch) -> None:
    """From the first key to a lost one: after each ceremony the portal serves a keyset that verifies."""
    assert list(dict.fromkeys(step.ceremony for step in STEPS)) == list(AFTER)
    assert sum(bool(step.seen) for step in STEPS) > 20
    for ceremony, (team, persons, count) in AFTER.items():
        scratch.team = team
        for step in STEPS:
            if step.ceremony == ceremony:
                scratch.do(step)
        keyset = scratch.keyset()
        assert {w.person for w in keyset.roster.active.values()} == persons, ceremony
        assert len(keyset.roster.active) == count, ceremony
        assert all(keyset.cards.values()), ceremony
    # The text tells people to repeat a step if they doubt.
    shown = scratch.type("python -m workstation init root --folder /media/verder --organisation steunpunt", "you")
    assert scratch.key in shown
    assert len(list_eight(shown)) == 1


def test_a_counsellor_begins_backs_up_and_comes_back_from_the_text(scratch: Scratch) -> None:
    """The first day is the root holder's text too; the rest is done after it, and the lost one is listed no more."""
    lines = {line for step in STEPS for line in step.commands}
    first_day = [step for step in FOR_COUNSELLORS if step.ceremony == "Your first day"]
    assert [len(step.commands) for step in first_day] == [2, 1, 1]
    assert {line for step in first_day for line in step.commands} < lines
    for step in STEPS:
        if step.ceremony == "Beginning":
            scratch.do(step)
    (before,) = (w.id for w in scratch.keyset().roster.active.values() if w.person == "anna")
    who = "anna"
    for step in FOR_COUNSELLORS:
        if step not in first_day:
            # From the second step on, it is another computer.
            who = "anna-nieuw" if "restore" in " ".join(step.commands) else who
            scratch.team = [who, "bram"]
            scratch.do(replace(step, who=who) if step.who == "You" else step)
    roster = scratch.keyset().roster
    assert len(roster.active) == 2
    assert before not in roster.active
