"""The manifest of a release: its day, its files by their hash, and the headers they are served with.

It is canonical JSON, so that one release has one manifest; whoever signs it signs exactly these bytes, beside them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Final

from crypto.encoding import Json, check_day, check_keys, check_text, parse_json, serialize_json
from crypto.errors import MalformedError
from portal.errors import BuildError
from portal.site.headers import HEADERS, describe

NAME: Final = "manifest.json"
# There is no compressed form of it: only somebody who verifies asks for it.
OWN_HEADERS: Final = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Entry:
    """One file: the headers of its own, and the SHA-256 of its bytes in hexadecimal."""

    headers: Mapping[str, str]
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """`day` is the one whose telephone numbers were built, `headers` the set that every answer carries."""

    day: str
    files: Mapping[str, Entry]
    headers: Mapping[str, str]


def write(release: Path, on: date) -> None:
    """List every file under `release`, which was built for the day `on`. Raises: BuildError."""
    paths = {path.relative_to(release).as_posix(): path for path in release.rglob("*") if path.is_file()}
    files = {name: Entry(describe(name), hash_of(path.read_bytes())) for name, path in paths.items()}
    (release / NAME).write_bytes(serialize(Manifest(on.isoformat(), files, HEADERS)))


def read(release: Path) -> dict[str, bytes]:
    """Return the manifest and every file that it lists, by their paths.

    Raises: BuildError, if there is no release or if it is not the one that was built.
    """
    manifest = load(release / NAME)
    try:
        files = {path: (release / path).read_bytes() for path in manifest.files}
    except OSError as error:
        raise BuildError(
            f"The release in {release} cannot be read ({type(error).__name__}); run `python -m portal build`."
        ) from None
    _check(manifest, files, release)
    return {NAME: serialize(manifest), **files}


def load(path: Path) -> Manifest:
    """Read a manifest. Raises: BuildError."""
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise BuildError(f"{path} cannot be read ({type(error).__name__}); run `python -m portal build`.") from None
    except MalformedError:
        raise BuildError(f"The manifest {path} is damaged; run `python -m portal build` again.") from None


def serialize(manifest: Manifest) -> bytes:
    """Return canonical JSON: `{"day", "files": {path: {"headers", "sha256"}}, "headers"}`."""
    return serialize_json(asdict(manifest))


def parse(data: bytes) -> Manifest:
    """Read what `serialize` wrote. Raises: MalformedError."""
    document = check_keys(parse_json(data), frozenset({"day", "files", "headers"}))
    files = {path: _parse_entry(entry) for path, entry in _parse_table(document["files"]).items()}
    return Manifest(check_day(document["day"]), files, _parse_headers(document["headers"]))


def hash_of(data: bytes) -> str:
    """Return the SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _check(manifest: Manifest, files: Mapping[str, bytes], release: Path) -> None:
    as_served = all(entry.headers == describe(path) for path, entry in manifest.files.items())
    if manifest.headers != HEADERS or not as_served:
        raise BuildError(
            "The release was built for other headers than this version sends; run `python -m portal build` again."
        )
    for path, entry in manifest.files.items():
        if hash_of(files[path]) != entry.sha256:
            raise BuildError(f"{path} in {release} is not the file that was built; run `python -m portal build` again.")


def _parse_entry(value: Json) -> Entry:
    entry = check_keys(value, frozenset({"headers", "sha256"}))
    return Entry(_parse_headers(entry["headers"]), check_text(entry["sha256"]))


def _parse_headers(value: Json) -> Mapping[str, str]:
    return {name: check_text(text) for name, text in _parse_table(value).items()}


def _parse_table(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise MalformedError("not a table")
    return value
