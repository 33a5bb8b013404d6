"""Serve the release from memory: a path is looked up in a dictionary and never reaches the file system."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, request
from werkzeug.datastructures import Accept

from portal.errors import RefusalError
from portal.site import headers, manifest

_PLAIN: Final = "identity"


@dataclass(frozen=True)
class Form:
    """One file as it is sent, in one encoding."""

    body: bytes
    headers: Mapping[str, str]


# A file's forms, by their encoding.
File = Mapping[str, Form]


def load(release: Path) -> Mapping[str, File]:
    """Read a release into memory, by the paths under which it is asked for; a folder's page lies under its `/`.

    Raises: BuildError.
    """
    bodies = manifest.read(release)
    listing = Form(bodies.pop(manifest.NAME), manifest.OWN_HEADERS)
    files: dict[str, File] = {manifest.NAME: {_PLAIN: listing}}
    endings = tuple(headers.ENCODINGS.values())
    for path in [path for path in bodies if not path.endswith(endings)]:
        forms = {_PLAIN: path, **{encoding: path + ending for encoding, ending in headers.ENCODINGS.items()}}
        file = {form: Form(bodies[name], headers.describe(name)) for form, name in forms.items() if name in bodies}
        for address in addresses(path):
            files[address] = file
    return files


def addresses(path: str) -> list[str]:
    """Return the paths, without the leading `/`, under which a file of the release is asked for."""
    folder = path.removesuffix("index.html")
    return [path] if folder == path else [path, folder]


def blueprint(files: Mapping[str, File]) -> Blueprint:
    """Make the one route for everything that is no call."""
    routes = Blueprint("site", __name__)

    @routes.get("/", defaults={"path": ""})
    @routes.get("/<path:path>")
    def serve(path: str) -> Response:
        file = files.get(path)
        if file is None:
            raise RefusalError(
                404,
                "Deze pagina bestaat niet. Het begin staat op /nl/. - This page does not exist. The start is at /en/.",
            )
        form = choose(file, request.accept_encodings)
        return Response(form.body, headers=form.headers)

    return routes


def choose(file: File, accepted: Accept) -> Form:
    """Return the form that the browser likes best, and of equals the smallest. RFC 9110, section 12.5.3.

    The plain form is sent to who accepts none: a page that may not be wanted is better than none at all.
    """
    encoding = max((*(name for name in headers.ENCODINGS if name in file), _PLAIN), key=accepted.quality)
    return file[encoding if accepted.quality(encoding) > 0 else _PLAIN]
