"""What the desk does between two pages: unlock, take in what came, read, answer, lock.

One counsellor works here. Everything that is open lives in one `Work`, in memory; locking drops it. What is not given:
that Python overwrites the memory at once.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from workstation.clock import Clock
from workstation.desk.work import Work, begin
from workstation.errors import WorkstationError
from workstation.keyring.workstation import open_keyring
from workstation.texts import translate as _


@dataclass(frozen=True, slots=True)
class Place:
    """Where this desk works: the workstation's folder, the spool, and the port of its page."""

    folder: Path
    spool: Path
    port: int


@dataclass(slots=True)
class Desk:
    """The one desk of this process; locked until somebody gives the passphrase."""

    place: Place
    clock: Clock
    _work: Work | None = None
    _token: str = ""
    _guard: threading.RLock = field(default_factory=threading.RLock)

    def unlock(self, passphrase: str) -> str:
        """Open the keyring and everything kept; return the token of this unlocking.

        Raises PassphraseError, WorkstationError.
        """
        with self._guard:
            self.lock()
            keyring = open_keyring(self.place.folder, passphrase)
            try:
                work = begin(keyring, self.place.spool, self.clock())
            except BaseException:
                keyring.close()
                raise
            self._work, self._token = work, secrets.token_urlsafe()
            return self._token

    def lock(self) -> None:
        """Forget everything that was opened."""
        with self._guard:
            work, self._work, self._token = self._work, None, ""
            if work is not None:
                work.keyring.close()

    def is_open(self, token: str) -> bool:
        """Say whether this token belongs to the present unlocking."""
        return bool(self._token) and secrets.compare_digest(self._token.encode(), token.encode())

    @contextmanager
    def work(self, token: str) -> Iterator[Work]:
        """Give one request at a time what is open. Raises WorkstationError if it was locked meanwhile."""
        with self._guard:
            if self._work is None or not self.is_open(token):
                raise WorkstationError(_("Het bureau is vergrendeld."))
            yield self._work
