"""Where a workstation's folder lies: on what kind of disk, who else gets at it, and who may read it."""

from __future__ import annotations

import os
import re
import shlex
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from workstation import files
from workstation.doctor.finding import Finding, System
from workstation.texts import translate as _

# File systems on other people's computers, or shared with the machine that this one runs in.
_REMOTE: Final = re.compile(
    r"nfs4?|cifs|smb3|smbfs|9p|afs|ceph|davfs|ncpfs|virtiofs|vboxsf|vmhgfs|(fuse\.)?glusterfs"
    r"|fuse\.(sshfs|rclone|davfs2|gvfsd-fuse|s3fs|google-drive-ocamlfuse|onedriver|vmhgfs-fuse)"
)
_SEALED: Final = frozenset({"ecryptfs", "fuse.cryfs", "fuse.encfs", "fuse.gocryptfs", "fuse.securefs"})
_FLEETING: Final = frozenset({"ramfs", "tmpfs"})
# Folders that programs of cloud services keep in step, and the marks that they leave in them.
_SYNCED: Final = re.compile(
    r"(dropbox|onedrive|google ?drive|gdrive|icloud|nextcloud|owncloud|proton ?drive|pcloud|megasync|syncthing)\b.*",
    re.IGNORECASE,
)
_MARKS: Final = (".dropbox", ".stfolder", ".nextcloudsync.log", ".owncloudsync.log")
# More than any workstation has; a folder chosen by mistake is not walked for ever.
_MOST: Final = 200_000


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted file system: its device as "major:minor", its kind, and what was mounted."""

    device: str
    kind: str
    source: str


def examine_disk(folder: Path, system: System) -> Iterator[Finding]:
    """Look at the disk under a folder."""
    mount = find_mount(folder, system)
    if mount is None:
        yield Finding(_("Op welke schijf de map staat is niet te zien. Zorg zelf dat die versleuteld is."))
    elif _REMOTE.fullmatch(mount.kind):
        yield Finding(
            _(
                "De map staat op een netwerkschijf of een gedeelde schijf ({kind}): anderen kunnen zien wanneer er "
                "wat verandert. Verplaats de map naar een schijf in deze computer."
            ).format(kind=mount.kind),
            to_do=True,
        )
    elif mount.kind in _FLEETING:
        yield Finding(
            _("De map staat in het werkgeheugen en is weg als de computer uitgaat. Verplaats de map naar een schijf."),
            to_do=True,
        )
    else:
        yield _examine_encryption(mount, system)
    yield _examine_sync(folder)


def _examine_encryption(mount: Mount, system: System) -> Finding:
    encrypted = is_mount_encrypted(mount, system)
    if encrypted:
        return Finding(_("De schijf onder de map is versleuteld."))
    if encrypted is None:
        return Finding(_("Of de schijf onder de map versleuteld is, is niet te zien ({kind}).").format(kind=mount.kind))
    return Finding(
        _(
            "De schijf onder de map is niet versleuteld door dit systeem. Berichten zijn dat wel, maar downloads en "
            "tijdelijke bestanden niet. Gebruik een versleutelde schijf (LUKS)."
        ),
        to_do=True,
    )


def _examine_sync(folder: Path) -> Finding:
    place = Path(os.path.realpath(folder))
    for each in (place, *place.parents):
        if _SYNCED.fullmatch(each.name) or any((each / mark).exists() for mark in _MARKS):
            return Finding(
                _(
                    "De map staat in {name}, dat naar een clouddienst wordt gekopieerd. Verplaats de map, verwijder "
                    "haar daar, en ook uit de prullenbak van die dienst."
                ).format(name=files.printable(each.name)),
                to_do=True,
            )
    return Finding(_("De map staat niet in een bekende clouddienst."))


def examine_modes(folder: Path) -> Iterator[Finding]:
    """Look who may read what lies in the folder; nothing is opened."""
    wide = odd = 0
    for path in islice((folder, *folder.rglob("*")), _MOST):
        try:
            status = path.lstat()
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
            wide += bool(status.st_mode & 0o077) or status.st_uid != os.geteuid()
        else:
            odd += 1
    if wide:
        yield Finding(
            _(
                "{count} bestanden of mappen zijn voor anderen te lezen, of van een ander. "
                "Voer uit: chmod -R go-rwx {folder}"
            ).format(count=wide, folder=shlex.quote(str(folder))),
            to_do=True,
        )
    if odd:
        yield Finding(
            _(
                "In de map staan {count} verwijzingen of andere dingen die er niet horen. "
                "Zoek uit wie ze daar heeft gezet, en haal ze weg."
            ).format(count=odd),
            to_do=True,
        )
    if not wide and not odd:
        yield Finding(_("Alles in de map is alleen voor u te lezen."))


def find_mount(path: Path, system: System) -> Mount | None:
    """Return the file system on which a path lies."""
    place = Path(os.path.realpath(path))
    found, depth = None, -1
    for line in system.read(system.proc / "self/mountinfo").splitlines():
        # proc(5): the device is third, the mount point fifth; kind and source come after a dash.
        before, _dash, after = line.partition(" - ")
        fields, rest = before.split(" "), after.split(" ")
        if len(fields) < 6 or len(rest) < 2:
            continue
        point = Path(unescape(fields[4]))
        # A later one covers an earlier one at the same place.
        if place.is_relative_to(point) and len(point.parts) >= depth:
            found, depth = Mount(fields[2], rest[0], unescape(rest[1])), len(point.parts)
    return found


def is_mount_encrypted(mount: Mount, system: System) -> bool | None:
    """Say whether what is written there is encrypted by this system; None if that cannot be told."""
    if mount.kind in _SEALED:
        return True
    block = system.sys / "dev/block" / mount.device
    if mount.device.startswith("0:"):
        # btrfs and others number themselves; what was mounted has a name.
        block = system.sys / "class/block" / Path(os.path.realpath(mount.source)).name
        if not mount.source.startswith("/dev/"):
            return None
    return is_encrypted(block) if block.exists() else None


def is_encrypted(block: Path) -> bool:
    """Say whether a block device, or everything that it is made of, is dm-crypt's."""
    try:
        if (block / "dm/uuid").read_text(encoding="ascii").startswith("CRYPT-"):
            return True
        below = sorted((block / "slaves").iterdir())
    except OSError:
        # A partition or a whole disk: made of nothing else.
        below = sorted((block / "slaves").iterdir()) if (block / "slaves").is_dir() else []
    return bool(below) and all(is_encrypted(each) for each in below)


def unescape(text: str) -> str:
    r"""Return a name as it is; the kernel writes a space as \040."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
