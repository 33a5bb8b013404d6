"""Files as a reporter's browser makes and reads them, and a browser at the desk that brings and takes files."""

from __future__ import annotations

import os
import re
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from werkzeug.test import TestResponse

from crypto import attachment as attachments
from crypto.address import delete_hash, derive_delete_token
from crypto.attachment import Attachment
from crypto.encoding import digest
from crypto.labels import BLOCK_SIZE
from tests.workstation.helpers import ORGANISATION, PERSONS, Organisation, make_mailbox
from tests.workstation.portals import real_portal
from tests.workstation.test_desk import PORT, Browser
from tests.world import NOW
from workstation.courier.client import Client, authorize_courier
from workstation.courier.service import Courier, Synced
from workstation.desk.app import create_app
from workstation.desk.service import Place
from workstation.spool import Spool

BOUNDARY = "----grens7f3a"


@dataclass(frozen=True)
class Filed:
    """A file that was encrypted: what its message says, and its chunks by address, in their order."""

    data: bytes
    attachment: Attachment
    chunks: tuple[tuple[bytes, bytes], ...]


def encrypt(data: bytes, name: str = "foto 1.jpg", key: bytes | None = None) -> Filed:
    """Encrypt a file as a browser does."""
    key = key or os.urandom(32)
    keys = attachments.derive_keys(key)
    count = attachments.count_chunks(len(data))
    size = attachments.CHUNK_SIZE
    blocks = [
        attachments.encrypt_chunk(keys, i, data[i * size : (i + 1) * size], last=i == count - 1) for i in range(count)
    ]
    described = Attachment(key, attachments.combine_digests(digest(block) for block in blocks), name, len(data))
    return Filed(data, described, tuple((attachments.chunk_address(keys, i), b) for i, b in enumerate(blocks)))


def lay(spool: Spool, filed: Filed, leave_out: Sequence[int] = ()) -> None:
    """Let a courier bring a file's chunks."""
    for index, (address, block) in enumerate(filed.chunks):
        if index not in leave_out:
            spool.put_chunk(address, block)


@dataclass(frozen=True)
class Line:
    """A real portal to which everybody has published, and the couriers' way to it."""

    organisation: Organisation
    url: str
    client: Client
    credential: bytes

    def sync(self, person: str = "anna", tell: Callable[[str], None] = lambda _line: None) -> Synced:
        with Client(self.url) as client:
            return Courier(client, self.organisation.spool(person), self.credential, tell=tell).sync(NOW)

    def post(self, filed: Filed, leave_out: Sequence[int] = ()) -> None:
        """Post a file's chunks as a browser does; with the courier's credential, since tickets have a clock."""
        key = make_mailbox().delete_key
        records = [
            address + delete_hash(derive_delete_token(key, address)) + b"\x00" + block
            for index, (address, block) in enumerate(filed.chunks)
            if index not in leave_out
        ]
        for start in range(0, len(records), 16):
            status = self.client.post(b"".join(records[start : start + 16]), authorize_courier(self.credential))
            assert status == 204, status


@contextmanager
def line(organisation: Organisation, folder: Path) -> Iterator[Line]:
    """Serve a real portal; nobody's desk may be open before."""
    with organisation.unlocked("anna") as keyring:
        credential = keyring.state.credential
    assert credential is not None
    with (
        real_portal(folder / "portal", ORGANISATION, organisation.pins().root_key, lambda: NOW) as url,
        Client(url) as client,
    ):
        served = Line(organisation, url, client, credential)
        # Whoever came first could not see yet what the last one published.
        for person in (*PERSONS, *PERSONS):
            served.sync(person)
        yield served


def fetch(client: Client, described: Attachment) -> bytes:
    """Fetch and decrypt a file as a reporter's browser does."""
    keys = attachments.derive_keys(described.key)
    count = attachments.count_chunks(described.size)
    data, digests = b"", []
    for index in range(count):
        address = attachments.chunk_address(keys, index)
        block = client.fetch([address, *(os.urandom(32) for _unused in range(3))])[0]
        digests.append(digest(block))
        size = attachments.piece_size(described.size, index)
        data += attachments.decrypt_chunk(keys, index, block, size, last=index == count - 1)
    assert attachments.combine_digests(digests) == described.digest
    return data


def sit_down(organisation: Organisation, person: str = "anna") -> Browser:
    """Open a desk in a browser."""
    clock = [NOW]
    place = Place(organisation.station(person), organisation.folder / f"{person}-spool", PORT)
    browser = Browser(create_app(place, lambda: clock[0]).test_client(), clock)
    assert browser.unlock().status_code == 303
    return browser


def link(browser: Browser, path: str, place: int = 0) -> str:
    """Return where a conversation's page offers its attachment of this place."""
    browser.get(path)
    return re.findall(r'href="(/bijlage/[^"]+)"', browser.page)[place]


def download(browser: Browser, path: str, place: int = 0) -> TestResponse:
    """Press the buttons; the answer is not read yet."""
    browser.get(link(browser, path, place))
    return browser.post(re.search(r'action="(/bijlage/[^"]+)"', browser.page)[1])  # type: ignore[index]


class Form:
    """The body of a form, made while it is read: fields, then files (name, pieces)."""

    def __init__(
        self,
        fields: dict[str, str],
        files: Iterable[tuple[str, Iterable[bytes]]],
        halfway: Callable[[], None] = lambda: None,
    ) -> None:
        self._parts = self._make(fields, files, halfway)
        self._rest = b""

    def read(self, size: int) -> bytes:
        while len(self._rest) < size:
            piece = next(self._parts, b"")
            if not piece:
                break
            self._rest += piece
        given, self._rest = self._rest[:size], self._rest[size:]
        return given

    @staticmethod
    def _make(
        fields: dict[str, str], files: Iterable[tuple[str, Iterable[bytes]]], halfway: Callable[[], None]
    ) -> Iterator[bytes]:
        for name, value in fields.items():
            yield f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, pieces in files:
            shown = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
            yield (
                f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{shown}"\r\n'
                "Content-Type: application/octet-stream\r\n\r\n"
            ).encode()
            yield from pieces
            halfway()
            yield b"\r\n"
        yield f"--{BOUNDARY}--\r\n".encode()


def streamed(form: Form) -> dict[str, object]:
    """Return what a server says of a body whose length nobody knows before it ends."""
    return {
        "wsgi.input": form,
        "wsgi.input_terminated": True,
        "HTTP_TRANSFER_ENCODING": "chunked",
        "CONTENT_TYPE": f"multipart/form-data; boundary={BOUNDARY}",
    }


def answer(
    browser: Browser,
    path: str,
    text: str = "",
    files: Iterable[tuple[str, Iterable[bytes]]] = (),
    *,
    token: str | None = None,
    halfway: Callable[[], None] = lambda: None,
    **headers: str,
) -> TestResponse:
    """Send the answer's form as a browser does, without ever holding the whole of it."""
    browser.get(path)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.page)
    assert found is not None
    fields = {"csrf_token": found[1] if token is None else token, "text": text}
    chosen = list(files) or [("", [])]
    response = browser.take(
        browser.client.post(
            f"{browser.below}{path}/antwoord",
            environ_overrides=streamed(Form(fields, chosen, halfway)),
            headers={**browser.headers, "Origin": "null", **headers},
        )
    )
    browser.page = response.get_data(as_text=True)
    return response


def pieces_of(size: int, seed: bytes = b"x", piece_size: int = BLOCK_SIZE) -> Iterator[bytes]:
    """Yield so many bytes without holding them."""
    while size > 0:
        given = (seed * (piece_size // len(seed) + 1))[: min(piece_size, size)]
        yield given
        size -= len(given)


@contextmanager
def peak() -> Iterator[list[int]]:
    """Measure: afterwards the list holds the bytes that Python had at most, above what it had before."""
    measured: list[int] = []
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    try:
        yield measured
    finally:
        measured.append(tracemalloc.get_traced_memory()[1] - before)
        tracemalloc.stop()


def names_below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
