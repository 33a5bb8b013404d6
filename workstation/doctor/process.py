"""Whether the process that holds the keys is confined, and whether its memory can end up on a disk."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from workstation.doctor import disk
from workstation.doctor.finding import Finding, System
from workstation.keyring.workstation import LOCK_NAME
from workstation.texts import translate as _

# Where swap lies in memory, compressed, nothing reaches a disk.
_IN_MEMORY: Final = "zram"
# linux/seccomp.h: 2 is a filter.
_FILTERED: Final = "2"


class _Version(ctypes.Structure):
    _fields_ = (("major", ctypes.c_uint), ("minor", ctypes.c_uint), ("micro", ctypes.c_uint))


def examine_process(folder: Path, system: System) -> Iterator[Finding]:
    """Look at what can confine a desk, and at the one that has this folder's keyring open."""
    yield _examine_library()
    if "errno" not in system.read(system.proc / "sys/kernel/seccomp/actions_avail").split():
        yield Finding(
            _(
                "Dit systeem kent geen seccomp: het bureau kan zichzelf niet van het netwerk afsluiten. "
                "Gebruik een computer zonder netwerk."
            ),
            to_do=True,
        )
    owner = _find_owner(folder / LOCK_NAME, system)
    if owner is None:
        yield Finding(
            _(
                "Geen bureau heeft deze map nu ontgrendeld. Voer dit nog eens uit terwijl het open is: dan is te zien "
                "of het afgesloten is van het netwerk."
            )
        )
        return
    yield from _examine_owner(owner, system)


def examine_swap(system: System) -> Iterator[Finding]:
    """Look at where the system puts memory that it does not need for a moment."""
    bad = [name for name, kind in _list_swaps(system) if not _is_safe(name, kind, system)]
    if bad:
        yield Finding(
            _(
                "Wat u leest kan op de schijf terechtkomen: {names} is wisselgeheugen dat niet versleuteld is. "
                "Zet het uit (`swapoff -a`, en de regel weg uit /etc/fstab), of laat het versleutelen."
            ).format(names=", ".join(bad)),
            to_do=True,
        )
    else:
        yield Finding(_("Er is geen wisselgeheugen waarin leesbare tekst op de schijf kan komen."))


def _examine_library() -> Finding:
    name = ctypes.util.find_library("seccomp")
    if name is None:
        return Finding(
            _(
                "De bibliotheek libseccomp ontbreekt, dus het bureau sluit zichzelf niet af van het netwerk. "
                "Installeer die; op Debian: `apt install libseccomp2`."
            ),
            to_do=True,
        )
    ask = ctypes.CDLL(name).seccomp_version
    ask.restype = ctypes.POINTER(_Version)
    found = ask().contents
    version = f"{found.major}.{found.minor}.{found.micro}"
    return Finding(_("De bibliotheek libseccomp {version} is er.").format(version=version))


def _find_owner(lock: Path, system: System) -> str | None:
    """Return the process that holds the keyring's lock."""
    try:
        status = lock.lstat()
    except OSError:
        return None
    for line in system.read(system.proc / "locks").splitlines():
        # proc(5): the kind of lock is second, the process fifth, then device and inode in "fe:00:2485677".
        fields = line.split()
        if len(fields) < 6 or fields[1] != "FLOCK" or not fields[4].isdecimal():
            continue
        major, minor, inode = fields[5].split(":")
        # Some file systems number themselves otherwise towards programs; those have no major number.
        here = (int(major, 16), int(minor, 16)) == (os.major(status.st_dev), os.minor(status.st_dev))
        if int(inode) == status.st_ino and (here or os.major(status.st_dev) == 0):
            return fields[4]
    return None


def _examine_owner(pid: str, system: System) -> Iterator[Finding]:
    lines = system.read(system.proc / pid / "status").splitlines()
    status = {name: value.strip() for name, _colon, value in (line.partition(":") for line in lines)}
    if status.get("Uid", "").split()[1:2] == ["0"]:
        yield Finding(
            _(
                "Het bureau draait als beheerder (root), die overal bij kan. Maak op deze computer een gewone "
                "gebruiker, geef die de map, en start het bureau zo."
            ),
            to_do=True,
        )
    if status.get("Seccomp") == _FILTERED and status.get("NoNewPrivs") == "1":
        yield Finding(_("Het bureau dat nu open is (proces {pid}) is afgesloten van het netwerk.").format(pid=pid))
    else:
        yield Finding(
            _(
                "Het programma dat de sleutelbos nu open heeft (proces {pid}) is niet afgesloten van het netwerk. "
                "Stop het, los op wat hierboven staat, en start het bureau opnieuw."
            ).format(pid=pid),
            to_do=True,
        )
    limits = system.read(system.proc / pid / "limits").splitlines()
    core = next((line.split()[4:6] for line in limits if line.startswith("Max core file size")), None)
    if core == ["0", "0"]:
        yield Finding(_("Als het bureau vastloopt, schrijft het geen geheugen naar de schijf."))
    else:
        yield Finding(
            _(
                "Als dit programma vastloopt, kan zijn geheugen met leesbare tekst op de schijf komen. "
                "Voer `ulimit -c 0` uit en start het opnieuw."
            ),
            to_do=True,
        )


def _list_swaps(system: System) -> list[tuple[str, str]]:
    # "Filename Type Size Used Priority"; a space in a name is written as \040.
    rows = [line.split() for line in system.read(system.proc / "swaps").splitlines()[1:]]
    return [(disk.unescape(row[0]), row[1]) for row in rows if len(row) > 1]


def _is_safe(name: str, kind: str, system: System) -> bool:
    if kind == "partition":
        block = Path(name).name
        return block.startswith(_IN_MEMORY) or disk.is_encrypted(system.sys / "class/block" / block)
    mount = disk.find_mount(Path(name), system)
    return mount is not None and disk.is_mount_encrypted(mount, system) is True
