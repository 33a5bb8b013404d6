"""Files on their way from the counsellor's browser: encrypted piece by piece, so that no plaintext touches the disk.

Werkzeug, left alone, writes what is larger than 500 kB into a temporary file as it comes. Here it is handed a sink that
keeps at most two pieces in memory and writes chunks, under a fresh key, into a file that no message names yet. What is
not taken by an answer is removed when the request ends; what a power cut leaves, when the desk is opened again.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

from flask import Flask, Request, request

from crypto.attachment import (
    ATTACHMENT_COUNT,
    CHUNK_SIZE,
    FILE_SIZE,
    Attachment,
    combine_digests,
    count_chunks,
    derive_keys,
    encrypt_chunk,
)
from crypto.encoding import digest
from crypto.labels import KEY_SIZE
from workstation import files
from workstation.desk.filenames import send_name, show_name
from workstation.desk.handed import Handed
from workstation.errors import WorkstationError
from workstation.texts import translate as _

# A film chosen by mistake is read to its end and dropped, so that the page can say what was wrong and the words stay.
_REQUEST_SIZE: Final = 2**32
_PARTS: Final = 200


@dataclass(frozen=True, slots=True)
class Staged:
    """An encrypted file that waits for its message, durably written; `path` is in the attachments folder."""

    path: Path
    attachment: Attachment


class Upload(io.RawIOBase):
    """The sink of one file: written by the form's parser, which says by `seek(0)` that the file is whole."""

    def __init__(self, path: Path, name: str) -> None:
        """Prepare for a file; nothing is on the disk before its first byte."""
        super().__init__()
        self.problem = ""
        self.staged: Staged | None = None
        self._path = path
        self._name = name
        self._key = os.urandom(KEY_SIZE)
        self._keys = derive_keys(self._key)
        self._held = bytearray()
        self._digests: list[bytes] = []
        self._size = 0
        self._file: IO[bytes] | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether this is what browsers send where no file was chosen."""
        return not self._name and not self._size

    def writable(self) -> bool:
        """Say that one can write."""
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 - the parent's signature
        """Take bytes of the file. What cannot be kept is dropped, and `problem` says why."""
        self._size += len(data)
        if self._size > FILE_SIZE:
            self._give_up(_("“{name}” is groter dan 25 MB."))
        if not self.problem:
            self._held += data
            self._attempt(self._encrypt_full)
        return len(data)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Take the end of the file: encrypt what is left, with the fill that hides the size."""
        assert (offset, whence) == (0, 0), "the parser rewinds a file once, when it is whole"
        if not self.problem and not self.is_nothing and self.staged is None:
            self._attempt(self._finish)
        return 0

    def discard(self) -> None:
        """Remove what was written; what an answer has taken is not here any more."""
        if self._file is not None:
            self._file.close()
            self._path.unlink(missing_ok=True)

    def _attempt(self, act: Callable[[], None]) -> None:
        try:
            act()
        except OSError:
            self._give_up(_("“{name}” kan niet worden bewaard. Is de schijf vol?"))

    def _give_up(self, problem: str) -> None:
        self.problem = self.problem or problem.format(name=show_name(self._name))
        self._held.clear()
        self.discard()

    def _encrypt_full(self) -> None:
        # The newest piece is held back: only at the end is it known whether it was the last.
        while len(self._held) > CHUNK_SIZE:
            self._encrypt(bytes(self._held[:CHUNK_SIZE]), last=False)
            del self._held[:CHUNK_SIZE]

    def _encrypt(self, piece: bytes, *, last: bool) -> None:
        if self._file is None:
            self._file = files.open_new(self._path)
        block = encrypt_chunk(self._keys, len(self._digests), piece, last=last)
        self._digests.append(digest(block))
        self._file.write(block)

    def _finish(self) -> None:
        count = count_chunks(self._size)
        for index in range(len(self._digests), count):
            piece = bytes(self._held)
            self._held.clear()
            self._encrypt(piece, last=index == count - 1)
        assert self._file is not None, "a file has one chunk at least"
        files.make_durable(cast("Any", self._file))
        name = send_name(self._name)
        self.staged = Staged(self._path, Attachment(self._key, combine_digests(self._digests), name, self._size))


class Uploads:
    """The files of one request."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._begun: list[Upload] = []

    def begin(self, name: str) -> Upload:
        """Return the sink of the next file; beyond ten it keeps nothing."""
        upload = Upload(files.name_temporary(self._folder), name)
        if len(self._begun) >= ATTACHMENT_COUNT:
            upload.problem = _("Er kunnen hoogstens tien bestanden mee.")
        self._begun.append(upload)
        return upload

    @property
    def are_there(self) -> bool:
        """Whether any file was chosen."""
        return any(not each.is_nothing for each in self._begun)

    def take(self) -> tuple[Staged, ...]:
        """Return the files, all of them. Raises WorkstationError, which says why one cannot be sent."""
        for each in self._begun:
            if each.problem and not each.is_nothing:
                raise WorkstationError(each.problem)
        return tuple(each.staged for each in self._begun if each.staged is not None)

    def discard(self) -> None:
        """Remove what no answer has taken."""
        for upload in self._begun:
            upload.discard()


class DeskRequest(Request):
    """A request whose files never become temporary files; without `uploads` or `handed` they become nothing at all."""

    uploads: Uploads | None = None
    handed: Handed | None = None

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002 - werkzeug's signature
        content_type: str | None,  # noqa: ARG002
        filename: str | None = None,
        content_length: int | None = None,  # noqa: ARG002
    ) -> IO[bytes]:
        keeper = self.uploads or self.handed
        return cast("IO[bytes]", _Nothing() if keeper is None else keeper.begin(filename or ""))


class _Nothing(io.RawIOBase):
    """A sink that keeps nothing."""

    def write(self, data: Any) -> int:  # noqa: ANN401 - the parent's signature
        """Take bytes and forget them."""
        return len(data)

    def seek(self, _offset: int, _whence: int = 0, /) -> int:
        """Do nothing."""
        return 0


def install(app: Flask, folder: Path, may_bring: Callable[[], bool]) -> None:
    """Let two forms bring files, where the desk is open; after the guard, and before the form is parsed.

    The answer's files are encrypted as they come. A handout is public and small: it stays in memory.

    Where it is locked they are read to their end and dropped, so that what was typed beside them can be kept.
    """
    app.request_class = DeskRequest

    def admit() -> None:
        # A form of another encoding is read into memory in one piece: for that the small limit stays.
        if request.endpoint in {"desk.answer", "roster.look"} and request.mimetype == "multipart/form-data":
            asked = cast("DeskRequest", request)
            asked.max_content_length = _REQUEST_SIZE
            asked.max_form_parts = _PARTS
            if may_bring() and request.endpoint == "desk.answer":
                asked.uploads = Uploads(folder)
            elif may_bring():
                asked.handed = Handed()

    def clear(_error: BaseException | None) -> None:
        uploads = cast("DeskRequest", request).uploads
        if uploads is not None:
            uploads.discard()

    app.before_request(admit)
    app.teardown_request(clear)
