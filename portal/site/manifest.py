"""The manifest of a release: which files it has, by their hash, and with which headers they are served."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from crypto.encoding import parse_json, serialize_json
from crypto.errors import MalformedError
from portal.errors import BuildError
from portal.site.headers import HEADERS

NAME: Final = "manifest.json"


def write(release: Path) -> None:
    """List every file under `release`: canonical JSON `{"files": {path: SHA-256 in hexadecimal}, "headers": {…}}`."""
    files = {
        path.relative_to(release).as_posix(): _hash(path.read_bytes()) for path in release.rglob("*") if path.is_file()
    }
    (release / NAME).write_bytes(serialize_json({"files": files, "headers": HEADERS}))


def read(release: Path) -> dict[str, bytes]:
    """Return the manifest and every file that it lists, by their paths.

    Raises: BuildError, if there is no release or if it is not the one that was built.
    """
    try:
        listing = (release / NAME).read_bytes()
        files = {path: (release / path).read_bytes() for path in _parse(listing)}
    except OSError as error:
        raise BuildError(
            f"The release in {release} cannot be read ({type(error).__name__}); run `python -m portal build`."
        ) from None
    for path, expected in _parse(listing).items():
        if _hash(files[path]) != expected:
            raise BuildError(f"{path} in {release} is not the file that was built; run `python -m portal build` again.")
    return {NAME: listing, **files}


def _parse(listing: bytes) -> Mapping[str, str]:
    try:
        document = parse_json(listing)
        files: Mapping[str, str] = document["files"]
        complete = document["headers"] == HEADERS
    except (MalformedError, KeyError, TypeError):
        raise BuildError("The manifest of the release is damaged; run `python -m portal build` again.") from None
    if not complete:
        raise BuildError(
            "The release was built for other headers than this version sends; run `python -m portal build` again."
        )
    return files


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
