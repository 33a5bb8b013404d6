"""What can go wrong in the hands of a counsellor; each error is one sentence that says what to do.

The sentences are shown as they are. None holds a secret, a code or anything that somebody wrote.
"""

from __future__ import annotations


class WorkstationError(Exception):
    """Something that a person can mend; the message is for that person."""


class UnfitFileError(WorkstationError):
    """A file is not what it must be: a link, of another size, or not readable. Skip it and report it."""


class PassphraseError(WorkstationError):
    """The passphrase does not open the keyring, or the keyring was changed; the two cannot be told apart."""


class CourierError(WorkstationError):
    """The portal could not be reached or answers in a way that no honest portal does; nothing was lost."""


class ConfinementError(WorkstationError):
    """Library or kernel cannot confine a process; the message says why."""
