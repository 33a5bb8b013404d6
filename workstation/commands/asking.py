"""What is asked at the keyboard: passphrases and consent. A passphrase never stands on the command line."""

from __future__ import annotations

from getpass import getpass
from pathlib import Path
from typing import Final

from workstation import files
from workstation.errors import WorkstationError
from workstation.texts import translate as _

# Four words of the word list have 17 letters at least; anything shorter was made up in a hurry.
_LEAST: Final = 8
_PASSPHRASE_SIZE: Final = 4_096


def ask_passphrase(file: Path | None) -> str:
    """Return the passphrase of a keyring, from the first line of a file or asked. Raises WorkstationError."""
    return _ask(_("Wachtzin: ")) if file is None else _read(file)


def ask_new_passphrase(file: Path | None) -> str:
    """Return the passphrase of a new keyring, asked twice. Raises WorkstationError."""
    if file is not None:
        return _check(_read(file))
    passphrase = _check(_ask(_("Kies een wachtzin (liefst vijf gewone woorden): ")))
    if _ask(_("Nog een keer dezelfde wachtzin: ")) != passphrase:
        raise WorkstationError(_("De twee wachtzinnen verschillen. Er is niets gemaakt; begin opnieuw."))
    return passphrase


def ask_consent(question: str) -> bool:
    """Ask a question that only "j" or "y" agrees to."""
    try:
        return input(question).strip().lower() in {"j", "ja", "y", "yes"}
    except EOFError:
        return False


def _ask(prompt: str) -> str:
    try:
        return getpass(prompt)
    except EOFError:
        raise WorkstationError(_("Er is geen wachtzin gegeven.")) from None


def _read(file: Path) -> str:
    # A link or a pipe is the person's own choice here; the size is not.
    try:
        with file.open("rb") as opened:
            data = opened.read(_PASSPHRASE_SIZE)
        return data.decode().partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError):
        raise WorkstationError(
            _("De wachtzin kan niet uit {name} worden gelezen.").format(name=files.printable(file.name))
        ) from None


def _check(passphrase: str) -> str:
    if len(passphrase) < _LEAST:
        raise WorkstationError(_("Een wachtzin heeft minstens 8 tekens; vijf gewone woorden is beter."))
    return passphrase
