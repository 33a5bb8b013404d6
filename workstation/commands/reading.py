"""What people name on the command line: files and keys. Each mistake is one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from crypto.encoding import decode_b64u
from crypto.errors import MalformedError
from crypto.verifying import Document, parse_document
from workstation import files
from workstation.ceremony.enrolment import Request, open_request
from workstation.ceremony.handout import HANDOUT_SIZE, Handout, open_handout, parse_handout
from workstation.ceremony.published import parse_published
from workstation.errors import WorkstationError
from workstation.spool import KEYSET_SIZE
from workstation.texts import translate as _

_REQUEST_SIZE: Final = 2**20


def read_request(file: Path) -> Request:
    """Read an enrolment request. Raises WorkstationError."""
    return open_request(_read(file, _REQUEST_SIZE))


def read_handout(file: Path) -> Handout:
    """Read what a root holder hands out. Raises WorkstationError."""
    return open_handout(_read(file, HANDOUT_SIZE))


def read_handover(file: Path) -> Handout:
    """Read what one root holder gives to the next. Raises WorkstationError."""
    try:
        return parse_handout(_read(file, HANDOUT_SIZE))
    except MalformedError:
        raise WorkstationError(_("Dit is geen opvolging, of het bestand is beschadigd.")) from None


def read_cards(file: Path) -> tuple[Document, ...]:
    """Read the cards of a keyset. Raises WorkstationError."""
    try:
        return parse_published(_read(file, KEYSET_SIZE)).cards
    except MalformedError:
        raise WorkstationError(_("Dit is geen sleutellijst (keyset.json), of het bestand is beschadigd.")) from None


def read_previous(file: Path) -> tuple[Document, tuple[Document, ...]]:
    """Read a signed roster, alone or in an earlier handout, and the successions beside it. Raises WorkstationError."""
    data = _read(file, HANDOUT_SIZE)
    try:
        return parse_document(data), ()
    except MalformedError:
        pass
    try:
        handout = parse_handout(data)
    except MalformedError:
        raise WorkstationError(_("Dit is geen getekende lijst, of het bestand is beschadigd.")) from None
    return handout.roster, handout.successions


def parse_key(text: str) -> bytes:
    """Read a root's verifying key. Raises WorkstationError."""
    try:
        return decode_b64u(text)
    except MalformedError:
        raise WorkstationError(_("De openbare sleutel is verkeerd overgenomen; het zijn 43 tekens.")) from None


def _read(file: Path, most: int) -> bytes:
    data = files.read_file(file, most)
    if data is None:
        raise WorkstationError(_("Het bestand {name} is er niet.").format(name=files.printable(file.name)))
    return data
