"""A coverage-guided fuzzer over the whole application: no request may be answered with a 5xx, or without the headers.

    python tests/portal/fuzz.py FOLDER [options of libFuzzer, or files to try again]

makes a portal on SQLite in FOLDER, whose team has published its keyset, and sends it a row of requests for each input.
It ends at the first failure and leaves the input as FOLDER/crash-…; FOLDER/corpus holds what was learned. Without
options it runs for ever; `-max_total_time=3600` is an hour. With `--broken` as the last word the portal has lost a
table: this must be found, or the fuzzer finds nothing.

An input is a row of requests, each six choices and up to 255 free bytes that the choices use.
"""

import io
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import patch

import atheris

sys.path[0] = str(Path(__file__).resolve().parent.parent.parent)

with atheris.instrument_imports(include=["portal", "crypto"]):
    from crypto.age import format as age
    from crypto.encoding import encode_b64u
    from crypto.errors import MalformedError
    from crypto.verifying import serialize_document
    from portal import database, migrating
    from portal.app import create_app
    from portal.gate import CALLS, RECORD_SIZE
    from portal.site import compress, manifest
    from portal.site.headers import HEADERS
    from portal.tables import metadata
    from tests.portal.conftest import make_config
    from tests.portal.helpers import Post, SettableClock, credential_of, decode_b64u, solve
    from tests.world import make_team

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "QUERY")
PATHS: Final = (*CALLS, "/healthz", "/", "/main.js", "/nl/", None)
LINES: Final = (
    None,
    "HTTP_ACCEPT_ENCODING",
    "HTTP_ACCEPT",
    "HTTP_COOKIE",
    "HTTP_HOST",
    "HTTP_IF_NONE_MATCH",
    "HTTP_RANGE",
    "HTTP_TRANSFER_ENCODING",
    "HTTP_X_FORWARDED_FOR",
    "CONTENT_TYPE",
    "CONTENT_LENGTH",
    "QUERY_STRING",
)
AUTHORIZATIONS: Final = 7
BODIES: Final = 12
# A row that grows for ever would meet the budget of a week, and be told 503 rightly.
FRESH_AFTER: Final = 500


class FoundError(Exception):
    """A request was answered as none may be."""


@dataclass(frozen=True)
class Chosen:
    """One request as an input describes it."""

    method: int
    path: int
    line: int
    authorization: int
    body: int
    free: bytes

    @property
    def text(self) -> str:
        return self.free.decode("latin-1")

    def pack(self) -> bytes:
        return bytes([self.method, self.path, self.line, self.authorization, self.body, len(self.free)]) + self.free


def unpack(data: bytes) -> Iterator[Chosen]:
    """Read an input; every input is one."""
    while len(data) > 5:
        end = 6 + data[5]
        yield Chosen(*data[:5], data[6:end])
        data = data[end:]


def make_release(folder: Path) -> Path:
    """Make a release of a page and a script."""
    release = folder / "release"
    (release / "nl").mkdir(parents=True)
    for name in ("index.html", "nl/index.html", "main.js"):
        (release / name).write_text("<h1>Begin</h1>")
    compress.compress(release)
    manifest.write(release, date(2026, 11, 21))
    return release


class Fuzzed:
    """The portal, what its visitors have, and one input after another."""

    def __init__(self, folder: Path) -> None:
        team = make_team()
        config = make_config(f"sqlite:///{folder / 'portal.sqlite'}", make_release(folder), team)
        self.database = database.connect(config.store.url)
        migrating.migrate(self.database)
        self.app: Any = create_app(config, clock=SettableClock())
        self.documents = [serialize_document(each) for each in (team.roster_document, *team.cards, *team.freshness)]
        client = self.app.test_client()
        for data in self.documents:
            assert client.put("/api/v1/keyset", data=data).status_code == 204
        self.ticket = solve(client.get("/api/v1/ticket").get_json())
        self.posts = [Post(kind=i % 3) for i in range(16)]
        self._count = 0

    def __call__(self, data: bytes) -> None:
        """Try one input."""
        self._count += 1
        if self._count % FRESH_AFTER == 0:
            self._empty()
        # spec: what a stranger's block begins with; only our own failure may come of it.
        with suppress(MalformedError):
            age.parse(data)
        for chosen in unpack(data):
            self._try(self._environ(chosen))

    def _empty(self) -> None:
        with self.database.write() as connection:
            for name in ("block", "index_entry", "waiting", "ticket", "budget"):
                connection.execute(metadata.tables[name].delete())

    def _try(self, environ: dict[str, Any]) -> None:
        answered: list[tuple[int, dict[str, str]]] = []

        def start(status: str, headers: list[tuple[str, str]], *_: object) -> None:
            answered.append((int(status[:3]), dict(headers)))

        answer = self.app(environ, start)
        b"".join(answer)
        answer.close()
        (status, headers) = answered[-1]
        path = environ["PATH_INFO"]
        call = f"{environ['REQUEST_METHOD']} {path if path in PATHS else 'another path'}"
        if status >= 500:
            raise FoundError(f"{call} was answered with {status}")
        if {name: headers.get(name) for name in HEADERS} != dict(HEADERS):
            raise FoundError(f"{call} was answered {status} without the headers")

    def _environ(self, chosen: Chosen) -> dict[str, Any]:
        body = self._body(chosen.body % BODIES, chosen.free)
        path = PATHS[chosen.path % len(PATHS)]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": METHODS[chosen.method % len(METHODS)],
            "PATH_INFO": f"/{chosen.text}" if path is None else path,
            "SCRIPT_NAME": "",
            "QUERY_STRING": "",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "x",
            "CONTENT_LENGTH": str(len(body)) if body else "",
            "HTTP_AUTHORIZATION": self._authorization(chosen.authorization % AUTHORIZATIONS, chosen.text),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.input_terminated": True,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        line = LINES[chosen.line % len(LINES)]
        if line is not None:
            environ[line] = chosen.text
        # gunicorn gives an application no more than was announced.
        length = environ["CONTENT_LENGTH"]
        if length.isascii() and length.isdecimal() and len(length) < 20:
            environ["wsgi.input"] = io.BytesIO(body[: int(length)])
        return environ

    def _authorization(self, choice: int, text: str) -> str:
        whole = decode_b64u(self.ticket.removeprefix("Ticket ")).decode()
        name, _, value = text.partition("=")
        return (
            "",
            "Courier " + encode_b64u(credential_of()),
            self.ticket,
            text,
            f"Courier {text}",
            "Ticket " + encode_b64u(text.encode()),
            # A ticket in which every occurrence of something has become something else.
            "Ticket " + encode_b64u(whole.replace(name, value).encode() if name else b""),
        )[choice]

    def _body(self, choice: int, free: bytes) -> bytes:
        place, change = (free[0], free[1:]) if free else (0, b"")
        document = self.documents[place % len(self.documents)]
        records = [post.record for post in self.posts]
        pairs = b"".join(post.address + post.token for post in self.posts)
        return (
            b"",
            free,
            free.ljust(128, b"\0")[:128],
            free.ljust(1024, b"\0")[:1024],
            free.ljust(RECORD_SIZE, b"\0")[:RECORD_SIZE],
            b"".join(post.address for post in self.posts[:4]),
            pairs,
            records[place % len(records)],
            b"".join(records),
            records[0] * (place % 18),
            document,
            document.replace(change[: len(change) // 2], change[len(change) // 2 :]) if change[1:] else change,
        )[choice]


def seeds() -> Iterator[bytes]:
    """Give every call as it is meant, with each admission, alone and after another."""
    calls = {"/api/v1/keyset": (10, 11), "/api/v1/blocks": (4, 7, 8, 9), "/api/v1/blocks/fetch": (2, 5)}
    calls["/api/v1/blocks/delete"] = (3, 6)
    for place, path in enumerate(PATHS):
        bodies = calls.get(path or "", (0,))
        for body in (0, *bodies):
            for authorization in range(AUTHORIZATIONS):
                for method in (3, 0) if body > 9 else (2,) if body else (0, 1):
                    yield Chosen(method, place, 0, authorization, body, b"\0").pack()
    story = (("/api/v1/blocks", 8), ("/api/v1/blocks/fetch", 5), ("/api/v1/blocks/delete", 6))
    post, fetch, delete = (Chosen(2, PATHS.index(path), 0, 1, body, b"") for path, body in story)
    for authorization in (1, 2):
        yield b"".join(each.pack() for each in (replace(post, authorization=authorization), fetch, delete, fetch))


def main(folder: Path, options: list[str]) -> None:
    """Fuzz until the options say that it is enough, or something is found; libFuzzer ends the process."""
    portal, corpus = folder / "portal", folder / "corpus"
    shutil.rmtree(portal, ignore_errors=True)
    portal.mkdir(parents=True)
    corpus.mkdir(exist_ok=True)
    for number, seed in enumerate(seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    # One clock for the portal and for ALTCHA; and a power cut ends the fuzzing anyway.
    clock = SimpleNamespace(time=SettableClock(), monotonic=time.monotonic)
    with patch("altcha.v2.time", clock), patch("portal.database._PRAGMAS", ("PRAGMA synchronous = OFF",)):
        fuzzed = Fuzzed(portal)
        if options[-1:] == ["--broken"]:
            options.pop()
            metadata.tables["index_entry"].drop(fuzzed.database.engine)
        files = [option for option in options if not option.startswith("-")]
        # Rows of several requests from the beginning; libFuzzer would otherwise begin with a few bytes.
        settings = (f"-artifact_prefix={folder}/", "-max_len=2048", "-len_control=0")
        atheris.Setup([sys.argv[0], *settings, *options, *([] if files else [str(corpus)])], fuzzed)
        atheris.Fuzz()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
