"""Facts about the house that no linter holds."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("bench", "crypto", "portal", "workstation")
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.parametrize("package", PACKAGES)
def test_our_packages_are_the_ones_imported(package: str) -> None:
    """`crypto` and `portal` exist on PyPI; an installed one never shadows ours."""
    found = importlib.import_module(package).__file__
    assert found is not None
    assert Path(found).is_relative_to(ROOT / package)
    assert not [d for d in metadata.distributions() if d.name.lower() in PACKAGES]


def test_lock_files_carry_hashes_and_no_address() -> None:
    """A lock file says what, never from where."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert len(re.findall(r"^[a-z0-9-]+==", text, re.MULTILINE)) <= text.count("--hash=sha256:")
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    installed = {name: entry for name, entry in packages.items() if name}
    assert all("resolved" not in entry and entry["integrity"].startswith("sha512-") for entry in installed.values())


def test_every_dependency_has_its_line() -> None:
    """ADR 2 says of each dependency why it is there and what it costs."""
    text = (ROOT / "docs/adr/0002-dependencies.md").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[>=<]", name)[0] for name in project["dependencies"]}
    names |= set(json.loads((ROOT / "package.json").read_text())["dependencies"])
    assert not {name for name in names if name.lower() not in text.lower()}


def test_each_module_of_the_protocol_has_its_twin() -> None:
    """Whoever knows one half finds everything in the other under the same name."""
    python = {path.stem for path in (ROOT / "crypto").iterdir() if path.stem not in ("__init__", "__pycache__")}
    typescript = {path.stem for path in (ROOT / "web/protocol").glob("*.ts")}
    # `pause` lets a browser's page live during long work; Python has no page.
    assert typescript - python == {"pause"}
    # Desks speak to each other in events; a browser never meets one, and learns of a new root with a new release only.
    assert python - typescript == {"event", "succession"}


def test_every_noun_of_the_spec_is_a_folder_or_module() -> None:
    """A newcomer finds the code of a noun by its name alone."""
    rooms = {Path(name).stem for name in TRACKED if name.endswith((".py", ".ts"))}
    rooms |= {part for name in TRACKED for part in Path(name).parent.parts}
    nouns = "address envelope code mailbox payload conversation roster card freshness keyset keyring spool index intake"
    assert not {noun for noun in (*nouns.split(), "blocks", "courier", "desk", "ticket") if noun not in rooms}


def test_no_path_of_a_machine_is_in_the_tree() -> None:
    """What is committed works anywhere."""
    texts = [n for n in TRACKED if n.endswith((".py", ".ts", ".md", ".toml", ".html", ".css", ".json", "Makefile"))]
    own = re.compile(r"(?<![\w.-])/(?:work|farm|root)/")
    assert not [n for n in texts if (ROOT / n).is_file() and own.search((ROOT / n).read_text())]


HEADS = ("| who", "| what |", "| limit |")


def test_the_threat_model_names_tests_that_are_there() -> None:
    """Each row of its tables says what shows it, a test or a folder of tests or vectors, or why no test can."""
    text = (ROOT / "docs/THREAT_MODEL.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(HEADS)]
    assert len(rows) > 40
    for row in rows:
        named = re.findall(r"`([\w./-]+)`", row.rpartition(" | ")[2])
        assert named or "No test can: " in row, row
        for name in named:
            assert list((ROOT / "tests").rglob(name.rpartition("/")[2])), name
