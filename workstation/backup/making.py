"""Making a backup: everything that a person would miss, and no key with which anybody could write or listen on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crypto.conversation import Message
from crypto.event import list_messages
from crypto.week import day_of
from workstation import files
from workstation.archive import Archive
from workstation.attachments import Attachments
from workstation.backup.contents import Contents, Writable, keep_fields, write_contents, write_head
from workstation.backup.progress import Progress, Tell
from workstation.backup.stream import PIECE_SIZE, Sealer
from workstation.errors import WorkstationError
from workstation.keyring.sealing import COST, Cost
from workstation.keyring.workstation import Keyring
from workstation.texts import translate as _

_FILE_SIZE: Final = 2**40


@dataclass(frozen=True, slots=True)
class Made:
    """What a backup holds, in numbers; `unreadable` files of the archive are in it, and do not open."""

    conversations: int
    messages: int
    attachments: int
    unreadable: int


def make_backup(  # noqa: PLR0913, PLR0917 - of what, for whom, where to, when
    keyring: Keyring, passphrase: str, target: Path, now: int, tell: Tell, cost: Cost = COST
) -> Made:
    """Write a backup of an unlocked workstation into a new file, whole or not at all.

    Raises WorkstationError, OSError (also if the disk is full); then there is no file.
    """
    state = keyring.state
    if target.exists() or target.is_symlink():
        raise WorkstationError(
            _("Dit bestand bestaat al. Kies een andere naam; een reservekopie wordt nooit vervangen.")
        )
    # What has ended may be there anew: its reporter wrote again. What has not ended completely may not.
    if state.archives.keys() & state.withdrawn.keys() or not all(ended.done for ended in state.ended.values()):
        raise WorkstationError(
            _("Een gesprek is nog niet helemaal vernietigd. Open eerst het bureau, en vergrendel het weer.")
        )
    archive = Archive(keyring.folder / "archive", keyring.derive_local(b"archive"))
    known, unreadable = archive.load(state.archives)
    messages = list_messages(known)
    kept = {conversation: tuple(archive.list_files(conversation)) for conversation in state.archives}
    attachments = Attachments.open(keyring.folder / "attachments", keyring.derive_local(b"attachments"))
    attached = _list_attachments(attachments, messages, keyring.folder / "outbox")
    names = [f"archive/{name}" for in_one in kept.values() for name in in_one]
    names += [f"attachments/{name}" for name in attached]
    names += [f"outbox/{name}" for name in _list_outbox(keyring.folder / "outbox")]
    sizes = {name: (keyring.folder / name).lstat().st_size for name in names}
    contents = Contents(day_of(now), keyring.id, keep_fields(state), kept, sum(sizes.values()))
    with files.replace_whole(target) as file:
        sealer = Sealer(file, passphrase, cost)
        write_contents(sealer, contents)
        progress = Progress(contents.size, tell)
        for name, size in sizes.items():
            write_head(sealer, name, size)
            _copy(keyring.folder / name, size, sealer, progress)
        sealer.finish()
    return Made(len(kept), len(messages), len(attached), unreadable)


def _list_attachments(attachments: Attachments, messages: Iterable[Message], outbox: Path) -> list[str]:
    named = {
        attachments.name(message.payload.conversation, attachment)
        for message in messages
        for attachment in message.payload.body.attachments
    }
    # An answer whose copy a power cut kept from the archive is delivered all the same, with its files.
    named |= {name.partition("-")[2] for name in _list_outbox(outbox) if "-" in name}
    return sorted(name for name in named if (attachments.folder / name).is_file())


def _list_outbox(outbox: Path) -> list[str]:
    if not outbox.is_dir():
        return []
    return sorted(path.name for path in outbox.iterdir() if not path.name.startswith(files.TEMPORARY_PREFIX))


def _copy(path: Path, size: int, target: Writable, progress: Progress) -> None:
    file = files.open_regular(path, _FILE_SIZE)
    if file is None:
        raise files.unfit(path)
    with file:
        left = size
        while left:
            piece = file.read(min(PIECE_SIZE, left))
            if not piece:
                raise files.unfit(path)
            target.write(piece)
            progress.add(len(piece))
            left -= len(piece)
