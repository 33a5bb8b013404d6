"""Look after an open desk while no page asks it anything: was it left alone, and has somebody asked to lock it.

`workstation lock` asks by a file in the workstation's folder, and sees by the keyring's lock whether it was heard. No
signal is sent, so none can reach a program that is not a desk; nothing listens, so there is no second way in. Only who
may write to the folder can ask, and all that can be asked is to lock.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from pathlib import Path
from typing import Final

from workstation import files
from workstation.desk.service import Desk
from workstation.errors import WorkstationError
from workstation.keyring.workstation import LOCK_NAME
from workstation.texts import translate as _

REQUEST_NAME: Final = "lock-request"
# A person who presses the key of their screen lock is gone in less than a second.
_LOOK_SECONDS: Final = 0.25
_PATIENCE_SECONDS: Final = 10.0


def begin_watch(desk: Desk) -> None:
    """Watch a desk from a thread of its own, until this process ends."""
    threading.Thread(target=_watch, args=(desk,), name="watch", daemon=True).start()


def look(desk: Desk) -> None:
    """Lock the desk if somebody has asked for it, or if it was left alone."""
    desk.lock_if_idle()
    request = desk.place.folder / REQUEST_NAME
    if request.is_symlink() or request.exists():
        # First, so that whoever asked sees that a desk has heard it, however long its work still takes.
        request.unlink(missing_ok=True)
        desk.lock()


def ask_to_lock(folder: Path, patience_seconds: float = _PATIENCE_SECONDS) -> bool:
    """Have the desk of this folder lock itself; say whether any was open. Harmless where none is.

    Raises WorkstationError if the keyring stays open: a desk at work, or another program.
    """
    if not _is_held(folder):
        return False
    request = folder / REQUEST_NAME
    until = time.monotonic() + patience_seconds
    try:
        os.close(os.open(request, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, files.FILE_MODE))
        while _is_held(folder):
            if time.monotonic() > until:
                raise _explain(heard=not request.exists())
            time.sleep(_LOOK_SECONDS / 5)
    finally:
        request.unlink(missing_ok=True)
    return True


def _watch(desk: Desk) -> None:
    while True:
        time.sleep(_LOOK_SECONDS)
        try:
            look(desk)
        except OSError:
            # The folder may be on a stick that was taken out; it is looked for again.
            continue


def _is_held(folder: Path) -> bool:
    try:
        lock = os.open(folder / LOCK_NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _explain(*, heard: bool) -> WorkstationError:
    if heard:
        return WorkstationError(
            _("Het bureau laat niets meer zien en vergrendelt zodra klaar is waar het mee bezig was.")
        )
    return WorkstationError(_("Een ander programma dan het bureau houdt deze sleutelbos open. Sluit het."))
