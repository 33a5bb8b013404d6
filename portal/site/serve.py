"""Serve the release from memory: a path is looked up in a dictionary and never reaches the file system.

Files are compressed once, when they are loaded, since a slow phone waits for every byte. They are public and the same
for everybody, so their compressed length tells nothing; the calls under /api are never compressed.
"""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from flask import Blueprint, Response, request

from portal.errors import BuildError, RefusalError
from portal.site import manifest

CONTENT_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True)
class File:
    """One file as it is sent."""

    body: bytes
    compressed: bytes
    content_type: str


def load(release: Path) -> Mapping[str, File]:
    """Read a release into memory, by the paths under which it is asked for; a folder's page lies under its `/`.

    Raises: BuildError.
    """
    files = {}
    for path, body in manifest.read(release).items():
        name = PurePosixPath(path)
        if name.suffix not in CONTENT_TYPES:
            raise BuildError(f"{path} is of a kind that is not served; see portal/site/serve.py.")
        # mtime=0: the same file gives the same bytes on every start.
        file = File(body, gzip.compress(body, 9, mtime=0), CONTENT_TYPES[name.suffix])
        files[path] = file
        if name.name == "index.html":
            files[path.removesuffix("index.html")] = file
    return files


def blueprint(files: Mapping[str, File]) -> Blueprint:
    """Make the one route for everything that is no call."""
    routes = Blueprint("site", __name__)

    @routes.get("/", defaults={"path": ""})
    @routes.get("/<path:path>")
    def serve(path: str) -> Response:
        file = files.get(path)
        if file is None:
            raise RefusalError(404, "Deze pagina bestaat niet. Het begin van de site staat op /.")
        return _answer(file, compressed=request.accept_encodings.quality("gzip") > 0)

    return routes


def _answer(file: File, *, compressed: bool) -> Response:
    answer = Response(file.compressed if compressed else file.body, content_type=file.content_type)
    answer.headers["Vary"] = "Accept-Encoding"
    if compressed:
        answer.headers["Content-Encoding"] = "gzip"
    return answer
