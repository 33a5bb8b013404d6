"""The release of this very checkout: small enough for a slow phone, and the same whoever builds it."""

import gzip
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import brotli
import pytest

from portal.site import manifest
from portal.site.headers import ENCODINGS
from tests.portal.servers import write_config

# The real build takes seconds: it compresses as well as can be.
pytestmark = [pytest.mark.slow, pytest.mark.only("sqlite")]

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = ("content", "crypto", "portal", "templates", "web")

# Script and style that a page loads, compressed by gzip. Raise a page's own figure only for something that people need.
BUDGET = 100_000
RATCHET = {"start": 7_700, "schrijven": 91_600, "lezen": 66_200, "veilig": 46_200}
# What opens a mailbox comes while its code is typed, for every visitor alike: nobody waits for it to begin.
LATER = 47_000
# Cropping and covering photos: asked for by what looks at files as soon as that is there, so by every visitor who could
# write, and by nobody at the moment of editing. No page waits for it.
EDITING = 3_500
# The modules that main.js and the word lists leave to other pages.
LEFT_OUT = {
    "start": ("write-", "read-", "safe-"),
    "schrijven": ("read-", "safe-", "en-", "edit-"),
    "lezen": ("write-", "safe-", "open-"),
    "veilig": ("write-", "read-", "en-"),
}

IMPORT = re.compile(r'(?:from|import)\s*\(?\s*"\./([^"]+)"')
LOADED = re.compile(r'<(?:script[^>]* src|link rel="stylesheet" href)="/([^"]+)"')


@dataclass(frozen=True)
class Surroundings:
    """What may differ between two people who build the same release."""

    umask: int
    modified: int
    variables: dict[str, str]


HERE = Surroundings(0o022, 1_000_000_000, {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"})
ELSEWHERE = Surroundings(0o077, 1_700_000_000, {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "2"})


def build(source: Path, checkout: Path, release: Path, surroundings: Surroundings) -> Path:
    """Copy the sources to `checkout` and build there as the operator does; return the release."""
    checkout.mkdir(parents=True)
    for name in SOURCES:
        shutil.copytree(source / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
        for path in (checkout / name).rglob("*"):
            os.utime(path, (surroundings.modified, surroundings.modified))
    (checkout / "node_modules").symlink_to(ROOT / "node_modules")
    config = write_config(checkout, release, bytes(32), 8000)
    subprocess.run(
        [sys.executable, "-m", "portal", "build", "--config", config, "--on", "2026-11-21"],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], **surroundings.variables},
        umask=surroundings.umask,
        check=True,
    )
    return release


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the release of this checkout."""
    folder = tmp_path_factory.mktemp("release")
    return build(ROOT, folder / "checkout", folder / "out", HERE)


def loads(release: Path, page: str) -> set[str]:
    """Return the scripts and styles that a page loads, at once or later."""
    path = "nl/index.html" if page == "start" else f"nl/{page}/index.html"
    found: set[str] = set()
    waiting = LOADED.findall((release / path).read_text())
    while waiting:
        name = waiting.pop()
        if name not in found and not name.removeprefix("assets/").startswith(LEFT_OUT[page]):
            found.add(name)
            waiting += [f"assets/{module}" for module in IMPORT.findall((release / name).read_text())]
    return found


@pytest.mark.parametrize("page", RATCHET)
def test_script_and_style_of_a_page_stay_within_the_budget(release: Path, page: str) -> None:
    """What a page loads before there is a mailbox is at most 100 kB compressed, and hardly more than it was."""
    sizes = {name: (release / f"{name}.gz").stat().st_size for name in loads(release, page)}
    assert {"assets/main.js", "assets/style.css"} <= sizes.keys()
    assert sum(sizes.values()) <= min(BUDGET, RATCHET[page]), sizes


def later(release: Path) -> set[str]:
    """Return what the page to read loads to open a mailbox, beyond what it began with."""
    [entry] = (path.relative_to(release).as_posix() for path in (release / "assets").glob("open-*.js"))
    parts = {f"assets/{module}" for module in IMPORT.findall((release / entry).read_text())}
    return {entry, *parts} - loads(release, "lezen") - {editing(release)}


def editing(release: Path) -> str:
    """Return the module that edits photos."""
    [entry] = (path.relative_to(release).as_posix() for path in (release / "assets").glob("edit-*.js"))
    return entry


def test_what_comes_with_a_mailbox_stays_within_its_own_budget(release: Path) -> None:
    """The page to read is within the budget before there is a mailbox; what follows while a code is typed is, too."""
    assert sum((release / f"{name}.gz").stat().st_size for name in later(release)) <= LATER


def test_what_edits_photos_is_small_and_is_asked_for_by_what_looks_at_files(release: Path) -> None:
    """One module names it, which both pages to write load for everybody, and all that it needs besides is there."""
    entry = editing(release)
    asking = {
        path.relative_to(release).as_posix()
        for path in (release / "assets").glob("*.js")
        if entry.removeprefix("assets/") in path.read_text()
    }
    assert len(asking) == 1
    assert asking <= loads(release, "schrijven")
    assert asking <= later(release)
    needed = {f"assets/{module}" for module in IMPORT.findall((release / entry).read_text())}
    assert needed <= loads(release, "schrijven") & (loads(release, "lezen") | later(release))
    assert (release / f"{entry}.gz").stat().st_size <= EDITING


def test_every_script_belongs_to_a_page(release: Path) -> None:
    """No module escapes the budget: each is loaded by one of the pages."""
    scripts = {path.relative_to(release).as_posix() for path in (release / "assets").glob("*.js")}
    assert scripts <= set.union(*(loads(release, page) for page in RATCHET), later(release), {editing(release)})


def test_compressed_forms_hold_the_file(release: Path) -> None:
    """Whatever a browser takes, it gets the same content in the end; only a few bytes' worth of files do not shrink."""
    for path in manifest.load(release / manifest.NAME).files:
        if not path.endswith(tuple(ENCODINGS.values())):
            plain = (release / path).read_bytes()
            assert gzip.decompress((release / f"{path}.gz").read_bytes()) == plain
            assert brotli.decompress((release / f"{path}.br").read_bytes()) == plain


def test_two_people_build_the_same_release(release: Path, tmp_path: Path) -> None:
    """Another folder, time zone, language, mask, hash seed and time of the files: the same bytes, the same manifest."""
    checkout = tmp_path / "deep" / "er" / "checkout"
    other = build(release.parent / "checkout", checkout, tmp_path / "somewhere" / "release", ELSEWHERE)
    names = sorted(path.relative_to(release) for path in release.rglob("*"))
    assert names == sorted(path.relative_to(other) for path in other.rglob("*"))
    differing = [name for name in names if (release / name).is_file() and read(release, name) != read(other, name)]
    assert differing == []
    for word in (str(ROOT), str(tmp_path), str(release.parent)):
        assert not any(word.encode() in read(other, name) for name in names if (other / name).is_file())


def read(folder: Path, name: Path) -> bytes:
    """Read a file of a release."""
    return (folder / name).read_bytes()


def test_the_manifest_says_for_which_day_it_was_built(release: Path) -> None:
    """Whoever wants to build the same release later needs that day."""
    assert manifest.load(release / manifest.NAME).day == "2026-11-21"
