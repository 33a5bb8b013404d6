"""What `make bench` does, in its quick mode: with real organisations, files and processes, and little of each."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench import portal
from bench.report import Table, render, rewrite

ROOT = Path(__file__).resolve().parent.parent.parent
SECTION = re.compile(r"<!-- bench workstation:.*<!-- end of workstation -->", re.DOTALL)
DOCUMENT = "# Above\n\n<!-- bench workstation: by `make bench` -->\nold\n<!-- end of workstation -->\n\nBelow.\n"


@pytest.mark.slow
def test_the_workstation_is_measured_and_its_section_written(tmp_path: Path) -> None:
    """Each part measures something; the document around the section, and everything else, stays as it was."""
    document, results = tmp_path / "PERFORMANCE.md", tmp_path / "results.json"
    document.write_text((ROOT / "docs/PERFORMANCE.md").read_text())
    before = document.read_text()
    command = [
        sys.executable,
        "-m",
        "bench",
        "workstation",
        "--quick",
        "--docs",
        str(document),
        "--results",
        str(results),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(results.read_text())["workstation"]
    assert figures["unlocking 2"]["conversations"] == 2
    assert figures["archive 2"]["files"] == 30
    assert (figures["strangers"]["blocks"], figures["strangers"]["conversations"]) == (2, 0)
    assert (figures["letters"]["blocks"], figures["letters"]["conversations"]) == (2, 2)
    # The desk cannot do with less than the library's own work. Noise is more than what may be missing here.
    assert all(0 < each["limit"] < 2 * each["processor"] for each in figures.values() if "limit" in each)
    after = document.read_text()
    assert after != before
    assert SECTION.split(after) == SECTION.split(before)
    assert "| pass phrase → inbox on the page | " in done.stdout


@pytest.mark.slow
def test_the_portal_is_measured_on_both_engines() -> None:
    """Every call is answered, by real servers with real tickets; each figure stands in a table, and lines in plots."""
    sizes = replace(portal.QUICK, clients=(2,), requests=16, most=16, lists=4, listed=50, grown=(10, 20), kept=4)
    figures = portal.measure(sizes)
    for engine in ("sqlite", "postgresql"):
        for call, requests in (("submit", 16), ("fetch", 16), ("index", 4), ("intake", 4)):
            found = figures[f"{engine} {call} 2"]
            assert (found["requests"], found["failed"]) == (requests, 0)
            assert min(found[name] for name in ("rate", "http", "engine", "p50", "peak")) > 0
        assert {figures[f"{engine} {work}"]["failed"] for work in ("quiet", "rewrite", "expiry")} == {0}
        assert figures[f"{engine} grown fetch 20"]["failed"] == 0
    tables = portal.tabulate(sizes, figures)
    assert all(len(row) == len(table.columns) for table in tables for row in table.rows)
    for svg in portal.draw(sizes, figures).values():
        assert ET.fromstring(svg).findall("{*}path")  # noqa: S314 - our own


def test_only_the_marked_section_is_rewritten(tmp_path: Path) -> None:
    """What people wrote around it is theirs; a second time changes nothing."""
    document = tmp_path / "document.md"
    document.write_text(DOCUMENT)
    text = render([Table(["what", "time"], [["that \\1", "1 s"]])])
    rewrite(document, "workstation", text)
    once = document.read_text()
    assert once == DOCUMENT.replace("old", "\n| what | time |\n| --- | --- |\n| that \\1 | 1 s |\n")
    rewrite(document, "workstation", text)
    assert document.read_text() == once


def test_a_document_without_the_section_is_left_alone(tmp_path: Path) -> None:
    """A bench whose marks somebody removed says so."""
    document = tmp_path / "document.md"
    document.write_text(DOCUMENT)
    with pytest.raises(LookupError, match="needs one section"):
        rewrite(document, "portal", "text")
    assert document.read_text() == DOCUMENT
