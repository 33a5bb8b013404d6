"""Base64 and canonical JSON: a decoder refuses what its encoder cannot have produced. spec: Encodings."""

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
MAX_DEPTH: Final = 16
NAME_LENGTH: Final = 80

_CONTAINERS: Final = (list, dict)
_TO_B64U: Final = bytes.maketrans(b"+/", b"-_")
_FROM_B64U: Final = bytes.maketrans(b"-_", b"+/")
_ORGANISATION: Final = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)
_SLUG: Final = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


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
    return binascii.b2a_base64(data, newline=False).translate(_TO_B64U, b"=").decode("ascii")


def decode_b64u(text: str, size: int | None = KEY_SIZE) -> bytes:
    """Read base64url without padding, of exactly `size` bytes unless that is None. Raises MalformedError."""
    try:
        data = binascii.a2b_base64(text.encode("ascii").translate(_FROM_B64U) + b"=" * (-len(text) % 4))
    except (binascii.Error, UnicodeEncodeError):
        raise MalformedError("not base64url") from None
    # Encoding again catches foreign characters too, which a2b_base64 leaves out.
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
    # What has few brackets has few levels; only what has many is walked through.
    if not canonical or not (data.count(b"{") + data.count(b"[") <= MAX_DEPTH or _is_shallow(value, MAX_DEPTH)):
        raise MalformedError("JSON is not canonical, or too deep")
    return value


def _is_shallow(value: Json, levels: int) -> bool:
    if not isinstance(value, _CONTAINERS):
        return True
    inner = value.values() if isinstance(value, dict) else value
    # Most of what stands in an object is text: it is not worth a call each.
    return levels > 0 and all(_is_shallow(each, levels - 1) for each in inner if isinstance(each, _CONTAINERS))


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


def check_object(value: Json) -> dict[str, Json]:
    """Return the value if it is an object, whatever its keys. Raises MalformedError."""
    if not isinstance(value, dict):
        raise MalformedError("not an object")
    return value


def check_boolean(value: Json) -> bool:
    """Return the value if it is true or false. Raises MalformedError."""
    if not isinstance(value, bool):
        raise MalformedError("neither true nor false")
    return value


def check_text(value: Json) -> str:
    """Return the value if it is text without control characters except line feeds. Raises MalformedError."""
    if not isinstance(value, str) or _CONTROL.search(value) is not None:
        raise MalformedError("not text, or text with control characters")
    return value


def check_name(value: Json) -> str:
    """Return the value if it is one line of 1–80 characters. Raises MalformedError."""
    name = check_text(value)
    if not 1 <= len(name) <= NAME_LENGTH or "\n" in name:
        raise MalformedError("a name is one line of 1 to 80 characters")
    return name


def check_b64u(value: Json) -> bytes:
    """Return 32 bytes from b64u. Raises MalformedError."""
    if not isinstance(value, str):
        raise MalformedError("not text")
    return decode_b64u(value)


def _check(pattern: re.Pattern[str], value: Json) -> str:
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise MalformedError("not an identifier of the expected form")
    return value
