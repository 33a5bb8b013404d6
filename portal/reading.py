"""How one value of the configuration is read.

Each function takes what TOML gave and raises ValueError with half a sentence, which never repeats the value.
"""

import re
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from crypto.encoding import decode_b64u
from crypto.errors import MalformedError


def integer(low: int, high: int) -> Callable[[object], int]:
    """Read a whole number from `low` to `high`."""

    def read(value: object) -> int:
        # TOML's true is an int to Python, and never meant as 1.
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    return read


def sentence(value: object) -> str:
    """Read a text that is not empty and holds no control characters."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError("must be a text of one line that is not empty")
    return value


def slug(value: object) -> str:
    """Read an organisation's id (SPEC, "Encodings")."""
    text = sentence(value)
    if not re.fullmatch(r"[a-z0-9-]{1,64}", text):
        raise ValueError("must hold only a-z, 0-9 and -, 64 at most")
    return text


def hexadecimal(value: object) -> str:
    """Read one to eight digits of 0-9 and a-f."""
    text = sentence(value)
    if not re.fullmatch(r"[0-9a-f]{1,8}", text):
        raise ValueError("must be one to eight hexadecimal digits in lower case")
    return text


def url(value: object) -> str:
    """Read an https address; another scheme could run a script or show the visit to the network."""
    text = sentence(value)
    if not re.fullmatch(r"https://[^\s\"'<>]+", text):
        raise ValueError("must be an address that begins with https://")
    return text


def origin(value: object) -> str:
    """Read the bare https address of a site: it is drawn as a QR code, so it is short and names no page."""
    text = sentence(value)
    if not re.fullmatch(r"https://[a-z0-9.-]{1,100}(:[0-9]{1,5})?", text):
        raise ValueError("must be https:// and the name of the site in lower case, with nothing after it, not even a /")
    return text


def key(value: object) -> bytes:
    """Read 32 bytes in base64url."""
    octets = _decode(value)
    if len(octets) != 32:
        raise ValueError("must be 32 bytes in base64url without padding, which is 43 characters")
    return octets


def secret(value: object) -> bytes:
    """Read at least 32 bytes in base64url."""
    octets = _decode(value)
    if len(octets) < 32:
        raise ValueError(
            "must be at least 32 random bytes in base64url without padding; `python -m portal secret` makes them"
        )
    return octets


def path(value: object) -> Path:
    """Read the name of a folder or file; what it is relative to, the caller decides."""
    return Path(sentence(value))


def path_or_nothing(value: object) -> Path | None:
    """Read the name of a file, or an empty text, which says that there shall be none."""
    return None if value == "" else path(value)


def database(value: object) -> str:
    """Read an SQLAlchemy address of SQLite or PostgreSQL."""
    text = sentence(value)
    try:
        parsed = make_url(text)
    except ArgumentError:
        raise ValueError("must be an SQLAlchemy address") from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise ValueError("must begin with sqlite:/// or postgresql+")
    if not parsed.database or parsed.database == ":memory:":
        raise ValueError("must name a database that outlives the server")
    return text


def anchored(address: str, folder: Path) -> str:
    """Make the file of an SQLite address absolute, relative to `folder`. Other addresses stay as they are."""
    parsed = make_url(address)
    if parsed.get_backend_name() != "sqlite":
        return address
    return parsed.set(database=str(folder / str(parsed.database))).render_as_string(hide_password=False)


def _decode(value: object) -> bytes:
    try:
        return decode_b64u(sentence(value), size=None)
    except MalformedError:
        raise ValueError("must be base64url without padding (A-Z, a-z, 0-9, - and _)") from None
