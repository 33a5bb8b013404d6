"""The header of an age file: stanzas and MAC. spec: Envelope; C2SP age.md, "The age file format"."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto.errors import ForgedError, MalformedError

VERSION_LINE: Final = b"age-encryption.org/v1\n"
MAC_SIZE: Final = 32
FILE_KEY_SIZE: Final = 16
NONCE_SIZE: Final = 16

_COLUMNS: Final = 64
_MAC_MARK: Final = b"---"
_ARGUMENT: Final = re.compile(rb"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Stanza:
    """One recipient's entry: its arguments, of which the first is the type, and its body."""

    arguments: tuple[str, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the body of an age file; its MAC is not yet verified."""

    stanzas: tuple[Stanza, ...]
    mac: bytes


def encode_base64(data: bytes) -> bytes:
    """Return base64 without padding, as age writes it."""
    return base64.b64encode(data).rstrip(b"=")


def decode_base64(text: bytes) -> bytes:
    """Read base64 without padding. Raises MalformedError for what encode_base64 cannot have written."""
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise MalformedError("not base64") from None
    if encode_base64(data) != text:
        raise MalformedError("base64 is not canonical")
    return data


def serialize(header: Header) -> bytes:
    """Return the header's bytes, up to and with the line feed after the MAC."""
    return _serialize_unsealed(header.stanzas) + b" " + encode_base64(header.mac) + b"\n"


def seal(stanzas: tuple[Stanza, ...], file_key: bytes) -> Header:
    """Return a header with the MAC of its stanzas under the file key (16 bytes)."""
    return Header(stanzas, _authenticate(stanzas, file_key))


def verify(header: Header, file_key: bytes) -> None:
    """Verify the MAC; it commits the header to this file key. Raises ForgedError."""
    if not hmac.compare_digest(header.mac, _authenticate(header.stanzas, file_key)):
        raise ForgedError("the header does not authenticate")


def parse(data: bytes) -> tuple[Header, int]:
    """Read the header of an age file; return it and its size. Raises MalformedError."""
    if not data.startswith(VERSION_LINE):
        raise MalformedError("not an age file of version 1")
    offset = len(VERSION_LINE)
    stanzas = []
    while data.startswith(b"-> ", offset):
        stanza, offset = _parse_stanza(data, offset)
        stanzas.append(stanza)
    line, offset = _parse_line(data, offset)
    if not stanzas or not line.startswith(_MAC_MARK + b" "):
        raise MalformedError("a header has stanzas and a MAC")
    mac = decode_base64(line[len(_MAC_MARK) + 1 :])
    if len(mac) != MAC_SIZE or len(data) - offset < NONCE_SIZE:
        raise MalformedError("a MAC or nonce of another size")
    return Header(tuple(stanzas), mac), offset


def _parse_stanza(data: bytes, offset: int) -> tuple[Stanza, int]:
    line, offset = _parse_line(data, offset)
    arguments = line.split(b" ")[1:]
    if not all(_ARGUMENT.fullmatch(argument) for argument in arguments):
        raise MalformedError("a stanza's arguments are printable ASCII")
    body = bytearray()
    while True:
        line, offset = _parse_line(data, offset)
        if len(line) > _COLUMNS:
            raise MalformedError("a line of a stanza is too long")
        body += decode_base64(line)
        if len(line) < _COLUMNS:
            return Stanza(tuple(a.decode("ascii") for a in arguments), bytes(body)), offset


def _parse_line(data: bytes, offset: int) -> tuple[bytes, int]:
    end = data.find(b"\n", offset)
    if end < 0:
        raise MalformedError("the header ends in the middle of a line")
    return data[offset:end], end + 1


def _serialize_unsealed(stanzas: tuple[Stanza, ...]) -> bytes:
    lines = [VERSION_LINE]
    for stanza in stanzas:
        lines.append(b"-> " + " ".join(stanza.arguments).encode("ascii") + b"\n")
        body = encode_base64(stanza.body)
        # The last line is always a short one, if need be empty.
        lines += [body[i : i + _COLUMNS] + b"\n" for i in range(0, len(body) + 1, _COLUMNS)]
    return b"".join(lines) + _MAC_MARK


def _authenticate(stanzas: tuple[Stanza, ...], file_key: bytes) -> bytes:
    key = HKDF(SHA256(), 32, None, b"header").derive(file_key)
    return hmac.digest(key, _serialize_unsealed(stanzas), "sha256")
