"""Everything that a doctor looks at, in the order in which it is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from crypto.week import day_of
from workstation.doctor.carried import examine_spool
from workstation.doctor.disk import examine_disk, examine_modes
from workstation.doctor.finding import Finding, System
from workstation.doctor.process import examine_process, examine_swap
from workstation.doctor.viewing import examine_viewing
from workstation.keyring.workstation import FILE_NAME
from workstation.texts import translate as _

# A keyring that was saved in the future: more than time zones explain.
_AHEAD_SECONDS: Final = 24 * 3600


def examine(folder: Path, spool: Path | None, now: int, system: System | None = None) -> Iterator[Finding]:
    """Look at a workstation's folder, the machine that it is on, and its spool. Writes nothing."""
    system = system or System()
    yield from examine_process(folder, system)
    yield from examine_viewing()
    yield from examine_swap(system)
    yield from examine_disk(folder, system)
    yield from examine_modes(folder)
    yield _examine_clock(folder, now)
    if spool is not None:
        yield from examine_spool(spool, now)


def _examine_clock(folder: Path, now: int) -> Finding:
    saved = int((folder / FILE_NAME).stat().st_mtime)
    if saved > now + _AHEAD_SECONDS:
        text = _("De klok staat op {day}, maar de sleutelbos is bewaard op {saved}. Zet de klok goed.")
        return Finding(text.format(day=day_of(now), saved=day_of(saved)), to_do=True)
    return Finding(_("De klok staat op {day}. Klopt dat niet, zet hem dan goed.").format(day=day_of(now)))
