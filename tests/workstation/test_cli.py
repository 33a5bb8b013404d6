"""The commands, as a person types them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.workstation.helpers import CHEAP, PASSPHRASE
from workstation.cli import main, make_parser
from workstation.keyring import root, sealing, workstation

COMMANDS = [
    [],
    ["init"],
    ["init", "root"],
    ["init", "enrol"],
    ["roster"],
    ["succession"],
    ["card"],
    ["sync"],
    ["desk"],
    ["backup"],
    ["rehearse"],
    ["restore"],
    ["demo"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Each option has a sentence; no passphrase can be given on the command line."""
    with pytest.raises(SystemExit) as caught:
        make_parser().parse_args([*command, "--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert len(text) > 200
    assert "--passphrase " not in text


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def list_eight(said: str) -> list[str]:
    """Return the lines of eight words in what a command said."""
    return [line.strip() for line in said.splitlines() if re.fullmatch(r"    ([a-z]+ ){7}[a-z]+", line)]


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hand the commands' ceremonies a cheaper cost, as an argument."""
    monkeypatch.setattr(
        "workstation.commands.ceremonies.make_root",
        lambda *arguments: root.create_root(*arguments, CHEAP),
    )
    monkeypatch.setattr(
        "workstation.commands.ceremonies.create_keyring",
        lambda *arguments: workstation.create_keyring(*arguments, CHEAP),
    )


@pytest.mark.usefixtures("cheap")
def test_the_ceremonies_work_as_commands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From nothing to a spool that waits for the courier, each step with its question."""
    secret = tmp_path / "pass"
    secret.write_text(PASSPHRASE + "\n")
    given = ("--passphrase-file", secret)
    code, out, _err = run(capsys, "init", "root", "--folder", tmp_path / "root", "--organisation", "proef", *given)
    assert code == 0
    key = re.search(r"^\s+([\w-]{43})$", out, re.MULTILINE)
    assert key is not None
    who = ("--organisation", "proef", "--person", "anna", "--name", "Anna", "--affiliation", "Stichting A")
    code, enrolled, _err = run(
        capsys, "init", "enrol", "--folder", tmp_path / "anna", *who, "--root-key", key[1], *given
    )
    assert code == 0
    root_words, words = list_eight(enrolled)
    assert [root_words] == list_eight(out)

    asked: list[str] = []
    answers = iter(["n", "j"])
    monkeypatch.setattr("builtins.input", lambda prompt: asked.append(prompt) or next(answers))
    request = ("--root", tmp_path / "root", "--request", tmp_path / "anna" / "aanmelding.json")
    code, _out, err = run(capsys, "roster", *request, *given)
    assert code == 1
    assert "niets getekend" in err
    assert words in asked[0]
    code, out, _err = run(capsys, "roster", *request, *given)
    assert code == 0
    assert "Lijst nummer 1" in out

    handout = tmp_path / "root" / "uitdeelbestand.json"
    places = ("--folder", tmp_path / "anna", "--spool", tmp_path / "spool")
    courier = ("--credential-file", tmp_path / "courier")
    code, out, _err = run(capsys, "card", *places, "--handout", handout, *courier, *given)
    assert code == 0
    assert "bevestigd" in out
    assert re.search(r"acht woorden van deze lijst.*\n    ([a-z]+ ){7}[a-z]+\n", out)
    assert len(list((tmp_path / "spool" / "outgoing" / "documents").iterdir())) == 15
    assert (tmp_path / "courier").exists()

    code, _out, err = run(capsys, "sync", "--spool", tmp_path / "spool", "--portal", "http://127.0.0.1:1", *courier)
    assert code == 1
    assert err.count("\n") == 1
    assert PASSPHRASE not in out + err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["init", "root", "--folder", "{tmp}/r", "--organisation", "Grote Naam"], "kleine letters"),
        (["card", "--folder", "{tmp}/niets", "--spool", "{tmp}/s"], "geen sleutelbos"),
        (["roster", "--root", "{tmp}/niets"], "geen sleutelbos"),
        (["desk", "--folder", "{tmp}/niets", "--spool", "{tmp}/s"], "geen sleutelbos"),
        (
            ["sync", "--spool", "{tmp}/s", "--portal", "http://127.0.0.1:1", "--credential-file", "{tmp}/x"],
            "sleutel van de",
        ),
    ],
)
def test_a_mistake_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    """No traceback, and what to do."""
    (tmp_path / "pass").write_text(PASSPHRASE)
    given = [argument.format(tmp=tmp_path) for argument in arguments]
    if given[0] in {"init", "card", "roster"}:
        given += ["--passphrase-file", str(tmp_path / "pass")]
    code, out, err = run(capsys, *given)
    assert code == 1
    assert expected in err
    assert "Traceback" not in out + err


def test_the_commands_themselves_use_the_full_cost() -> None:
    """Nothing but a test passes another one."""
    assert root.create_root.__defaults__ is not None
    assert sealing.COST in root.create_root.__defaults__
    assert workstation.create_keyring.__defaults__ == (sealing.COST,)
