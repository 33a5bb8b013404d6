"""What the desk does between two pages: unlock, take in what came, read, answer, lock.

One counsellor works here. Everything that is open lives in one `Work`, in memory; locking drops it. A desk at which
nothing happens for a while locks itself, whether or not a browser is still there; what takes long counts as something
happening until it ends. What is not given: that Python overwrites the memory at once.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from crypto.recipient import forget_recipients
from workstation.clock import Clock, Timer, read_elapsed
from workstation.desk.letterbox import Letterbox, sweep
from workstation.desk.opening import InterruptedOpeningError, Opening, Tell
from workstation.desk.path import make_path
from workstation.desk.work import Work, begin
from workstation.errors import WorkstationError
from workstation.keyring.workstation import Keyring, open_keyring
from workstation.texts import translate as _

# Whoever has to wait longer is shown how far it is.
_PATIENCE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where this desk works: the workstation's folder, the spool, and the port of its page.

    After `idle_minutes` without anything happening it locks itself. `language` is that of the command, or empty.
    """

    folder: Path
    spool: Path
    port: int
    idle_minutes: int = 10
    language: str = ""

    @property
    def idle_seconds(self) -> int:
        """How long nothing may happen."""
        return self.idle_minutes * 60


@dataclass(slots=True)
class Desk:
    """The one desk of this process; locked until somebody gives the passphrase.

    `timer` counts seconds; `forget` is called with every locking; `path` is that of the present unlocking, or empty.
    """

    place: Place
    clock: Clock
    timer: Timer = read_elapsed
    forget: Callable[[], None] = lambda: None
    letterbox: Letterbox = field(default_factory=Letterbox)
    path: str = ""
    _work: Work | None = None
    _opening: Opening | None = None
    _touched: float = 0.0
    _token: str = ""
    _guard: threading.RLock = field(default_factory=threading.RLock)

    def unlock(self, passphrase: str) -> str:
        """Open the keyring and begin to open everything kept; return the token of this unlocking.

        Where that takes long, it goes on after this has returned. Raises PassphraseError, WorkstationError.
        """
        with self._guard:
            self.lock()
            keyring = open_keyring(self.place.folder, passphrase)
            token = self._token = secrets.token_urlsafe()
            self.path = make_path()
            self.touch()
            opening = self._opening = Opening(lambda: self._goes_on(token))
            opening.start(lambda tell: self._open(keyring, token, tell))
        try:
            opening.wait(_PATIENCE_SECONDS)
        except InterruptedOpeningError:
            raise WorkstationError(_("Het bureau is vergrendeld.")) from None
        return token

    def find_opening(self) -> Opening | None:
        """Return the opening that is under way, if one is."""
        return self._opening if self._opening is not None and self._opening.is_under_way else None

    def take_failure(self) -> str:
        """Return, once, what stood in the way of an opening for which nobody waited any more; mostly nothing."""
        try:
            if self._opening is not None:
                self._opening.wait(0)
        except InterruptedOpeningError:
            pass
        except WorkstationError as error:
            return str(error)
        return ""

    def lock(self) -> None:
        """Forget everything that was opened."""
        # Before waiting for whoever works: from here on no further page is shown, and no download goes on.
        self._token = self.path = ""
        with self._guard:
            work, self._work, self._token, self.path = self._work, None, "", ""
            if work is not None:
                work.keyring.close()
            # Public keys, but those of mailboxes: they would tell whom this desk knows.
            forget_recipients()
            self.forget()

    def lock_if_idle(self) -> None:
        """Lock if nothing has happened for too long. Whatever is under way ends first, and counts."""
        if self._work is None or not self._is_idle():
            return
        with self._guard:
            if self._work is not None and self._is_idle():
                self.lock()

    def touch(self) -> None:
        """Note that something happens."""
        self._touched = self.timer()

    def is_open(self, token: str) -> bool:
        """Say whether this token belongs to the present unlocking, and the desk has not been left alone."""
        return (
            bool(self._token)
            and secrets.compare_digest(self._token.encode(), token.encode())
            # A computer that wakes up must not answer before it has seen how long it slept.
            and not self._is_idle()
        )

    @contextmanager
    def work(self, token: str) -> Iterator[Work]:
        """Give one request at a time what is open. Raises WorkstationError if it was locked meanwhile."""
        with self._guard:
            if self._work is None or not self.is_open(token):
                raise WorkstationError(_("Het bureau is vergrendeld."))
            try:
                yield self._work
            finally:
                # However long it took, nobody was away meanwhile.
                self.touch()

    def _open(self, keyring: Keyring, token: str, tell: Tell) -> None:
        with self._guard:
            try:
                # Somebody may have locked, or unlocked anew, before this thread began.
                tell("kept", 0, 0)
                work = begin(keyring, self.place.spool, self.clock(), tell)
                sweep(keyring)
            except BaseException:
                keyring.close()
                if self._token == token:
                    self.lock()
                raise
            self._work = work
            self.touch()

    def _goes_on(self, token: str) -> bool:
        self.touch()
        return self._token == token

    def _is_idle(self) -> bool:
        return self.timer() - self._touched >= self.place.idle_seconds
