"""Base64, bech32, canonical JSON: a decoder refuses what its encoder cannot have produced. spec: Encodings."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from datetime import date
from typing import Any, Final

from crypto.errors import MalformedError
from crypto.labels import KEY_SIZE

Json = Any
MAX_INTEGER: Final = 2**53 - 1
RECIPIENT_PREFIX: Final = "age1pq"
RECIPIENT_SIZE: Final = 1_216
IDENTITY_PREFIX: Final = "age-secret-key-pq-"

_ORGANISATION: Final = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)
_SLUG: Final = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)  # BIP 173


def digest(data: bytes) -> bytes:
    """Return H(data), SHA-256, 32 bytes."""
    return hashlib.sha256(data).digest()


def encode_b64(data: bytes) -> str:
    """Return base64 with padding, as DSSE uses it."""
    return base64.b64encode(data).decode("ascii")


def decode_b64(text: str) -> bytes:
    """Read base64 with padding. Raises MalformedError for anything that encode_b64 cannot have written."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise MalformedError("not base64") from None
    if encode_b64(data) != text:
        raise MalformedError("base64 is not canonical")
    return data


def encode_b64u(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def decode_b64u(text: str, size: int | None = KEY_SIZE) -> bytes:
    """Read base64url without padding, of exactly `size` bytes unless that is None. Raises MalformedError."""
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise MalformedError("not base64url") from None
    if encode_b64u(data) != text or (size is not None and len(data) != size):
        raise MalformedError("base64url is not canonical, or of the wrong size")
    return data


def serialize_json(value: Json) -> bytes:
    """Return canonical JSON in UTF-8; the value must be of the kinds SPEC names."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def parse_json(data: bytes) -> Json:
    """Read canonical JSON. Raises MalformedError for every other spelling, for floats and for large integers."""
    try:
        value = json.loads(data.decode("utf-8"), parse_float=_refuse, parse_int=_integer, parse_constant=_refuse)
        # Writing it again catches duplicate keys, white space, order and escapes alike.
        canonical = serialize_json(value) == data
    except (ValueError, RecursionError):
        raise MalformedError("not JSON of the kind we write") from None
    if not canonical:
        raise MalformedError("JSON is not canonical")
    return value


def _refuse(_: str) -> Json:
    raise ValueError


def _integer(text: str) -> int:
    if len(text) > 16 or not 0 <= int(text) <= MAX_INTEGER:
        raise ValueError
    return int(text)


def check_organisation(value: Json) -> str:
    """Return the value if it is an organisation's id. Raises MalformedError."""
    return _check(_ORGANISATION, value)


def check_slug(value: Json) -> str:
    """Return the value if it is a person, a question id or a choice. Raises MalformedError."""
    return _check(_SLUG, value)


def check_day(value: Json) -> str:
    """Return the value if it is a real calendar day, YYYY-MM-DD. Raises MalformedError."""
    day = _check(_DAY, value)
    try:
        date.fromisoformat(day)
    except ValueError:
        raise MalformedError("no such day") from None
    return day


def check_integer(value: Json, least: int, most: int = MAX_INTEGER) -> int:
    """Return the value if it is an integer from least to most. Raises MalformedError."""
    if type(value) is not int or not least <= value <= most:
        raise MalformedError("not an integer of the allowed range")
    return value


def check_keys(value: Json, keys: frozenset[str]) -> dict[str, Json]:
    """Return the value if it is an object of exactly these keys. Raises MalformedError."""
    if not isinstance(value, dict) or value.keys() != keys:
        raise MalformedError("an object has other keys than it must have")
    return value


def check_text(value: Json) -> str:
    """Return the value if it is text without control characters except line feeds. Raises MalformedError."""
    if not isinstance(value, str) or any((c < " " and c != "\n") or "\x7f" <= c <= "\x9f" for c in value):
        raise MalformedError("not text, or text with control characters")
    return value


def check_b64u(value: Json) -> bytes:
    """Return 32 bytes from b64u. Raises MalformedError."""
    if not isinstance(value, str):
        raise MalformedError("not text")
    return decode_b64u(value)


def _check(pattern: re.Pattern[str], value: Json) -> str:
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise MalformedError("not an identifier of the expected form")
    return value


def encode_recipient(public: bytes) -> str:
    """Return `age1pq1…` for 1,216 bytes of public key."""
    return _encode_bech32(RECIPIENT_PREFIX, public)


def decode_recipient(text: Json) -> bytes:
    """Read `age1pq1…`; return 1,216 bytes. Raises MalformedError."""
    if not isinstance(text, str):
        raise MalformedError("not a recipient")
    return _decode_bech32(RECIPIENT_PREFIX, text, RECIPIENT_SIZE)


def encode_identity(seed: bytes) -> str:
    """Return `AGE-SECRET-KEY-PQ-1…` for a seed of 32 bytes. This text is a secret."""
    return _encode_bech32(IDENTITY_PREFIX, seed).upper()


def decode_identity(text: str) -> bytes:
    """Read `AGE-SECRET-KEY-PQ-1…`; return the seed of 32 bytes. Raises MalformedError."""
    if text != text.upper():
        raise MalformedError("not an identity")
    return _decode_bech32(IDENTITY_PREFIX, text.lower(), KEY_SIZE)


def _polymod(values: list[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_BECH32_GENERATOR):
            checksum ^= generator if top >> bit & 1 else 0
    return checksum


def _expand(prefix: str) -> list[int]:
    return [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]


def _encode_bech32(prefix: str, data: bytes) -> str:
    bits = int.from_bytes(data, "big")
    count = -(-len(data) * 8 // 5)
    bits <<= count * 5 - len(data) * 8
    digits = [bits >> 5 * (count - 1 - i) & 31 for i in range(count)]
    check = _polymod(_expand(prefix) + digits + [0] * 6) ^ 1
    return prefix + "1" + "".join(_BECH32[d] for d in digits + [check >> 5 * (5 - i) & 31 for i in range(6)])


def _decode_bech32(prefix: str, text: str, size: int) -> bytes:
    count = -(-size * 8 // 5)
    if len(text) != len(prefix) + 1 + count + 6 or not text.startswith(prefix + "1"):
        raise MalformedError("not bech32 of the expected kind and size")
    bits = 0
    for character in text[len(prefix) + 1 : -6]:
        bits = bits << 5 | max(_BECH32.find(character), 0)
    data = (bits >> count * 5 - size * 8).to_bytes(size, "big")
    # Encoding again catches a wrong checksum, a foreign character and non-zero filling alike.
    if _encode_bech32(prefix, data) != text:
        raise MalformedError("bech32 is not canonical")
    return data
