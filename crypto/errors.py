"""The three ways in which bytes from outside can fail.

No message ever holds a secret or says why a key did not fit.
"""

from __future__ import annotations

from typing import Literal

KeysetRefusal = Literal["signature", "organisation", "rollback", "expired", "frozen", "conflict", "missing", "nobody"]


class ProtocolError(Exception):
    """The common parent, for callers to whom all three mean: show nothing of it."""


class MalformedError(ProtocolError):
    """These are not our bytes; no honest program of this version has written them."""


class NoMatchError(ProtocolError):
    """It is not for us: well formed, but no identity of ours opens it."""


class ForgedError(ProtocolError):
    """It is for us, and false: a MAC, a signature or a rule of the protocol does not hold."""


class KeysetError(ForgedError):
    """The keyset must not be sealed to; `reason` says which rule it breaks, so that a page can name the next step."""

    def __init__(self, reason: KeysetRefusal) -> None:
        super().__init__(f"the keyset is refused: {reason}")
        self.reason: KeysetRefusal = reason
