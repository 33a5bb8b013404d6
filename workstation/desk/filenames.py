"""Names of files: the words of a stranger. They are shown, and passed on, without what could deceive or break out."""

from __future__ import annotations

import unicodedata
from typing import Final

from crypto.encoding import NAME_LENGTH
from workstation.texts import translate as _

# Control and formatting characters (those that turn text around among them), private and unassigned ones; line ends.
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Characters with which file systems and shells separate, and those that some systems refuse.
_SEPARATING: Final = frozenset('/\\:*?"<>|\ufffd')
_ENDING_LENGTH: Final = 12
# RFC 5987, attr-char.
_PLAIN: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`|~")


def show_name(name: str) -> str:
    """Return a name for people to read: one line, and where something invisible stood, a mark that can be seen."""
    visible = "".join("\ufffd" if unicodedata.category(c) in _INVISIBLE else c for c in name)
    # Many spaces would push the ending, which tells what a file is, out of sight.
    return " ".join(visible.split()) or _("bijlage")


def send_name(name: str) -> str:
    """Return the name under which a counsellor's file goes out: without folders, and as SPEC wants it (Payload)."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = " ".join(show_name(last).replace("\ufffd", "").split()) or _("bijlage")
    if len(shown) <= NAME_LENGTH:
        return shown
    stem, dot, ending = shown.rpartition(".")
    if not stem or len(ending) > _ENDING_LENGTH:
        return shown[:NAME_LENGTH]
    return stem[: NAME_LENGTH - len(dot + ending)] + dot + ending


def save_name(name: str) -> str:
    """Return the name that a browser is told to save under: a single plain one, never hidden, never a path."""
    safe = "".join("_" if c in _SEPARATING else c for c in show_name(name)).strip(". ")
    return safe or _("bijlage")


def encode_name(name: str) -> str:
    """Return a name as an extended value of a header: UTF-8, percent-encoded. spec: RFC 5987."""
    return "UTF-8''" + "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in name.encode())
