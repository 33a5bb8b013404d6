"""A rehearsal: reads a backup through, opens every file of it in memory, and leaves nothing on the disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from crypto.attachment import Attachment
from crypto.conversation import Message
from crypto.encoding import check_b64u, check_object
from crypto.errors import ProtocolError
from crypto.labels import BLOCK_SIZE, KIND_REPLY
from workstation import files
from workstation.archive import open_file
from workstation.attachments import Attachments, decrypt_file
from workstation.backup.contents import Contents, Entry, read_contents, read_entries
from workstation.backup.progress import Progress, Tell
from workstation.backup.stream import Opener, damaged
from workstation.errors import WorkstationError
from workstation.keyring.workstation import derive_local
from workstation.texts import translate as _

_BACKUP_SIZE = 2**44
_KIND_PLACE = 64


@dataclass(slots=True)
class Rehearsed:
    """What a backup holds: numbers of what opened, and of what did not (`broken`) or is not there (`missing`).

    `waiting` are answers that were not delivered. What desks tell each other is opened too, and is no message.
    """

    contents: Contents
    messages: int = 0
    attachments: int = 0
    waiting: int = 0
    broken: int = 0
    missing: int = 0


@dataclass(slots=True)
class _Check:
    done: Rehearsed
    seeds: dict[bytes, bytes]
    conversations: dict[str, bytes]
    attachments: Attachments
    named: dict[str, Attachment] = field(default_factory=dict)

    def look(self, entry: Entry) -> None:
        folder, _slash, name = entry.name.partition("/")
        if folder == "archive":
            self._look_at_known(entry, name)
        elif folder == "attachments":
            self._look_at_attachment(entry, name)
        elif "-" not in name:
            # spec: address 32 ‖ delete hash 32 ‖ kind 1 ‖ body 65,536
            self.done.waiting += entry.read(_KIND_PLACE + 1)[_KIND_PLACE:] == bytes([KIND_REPLY])

    def _look_at_known(self, entry: Entry, name: str) -> None:
        conversation = self.conversations.pop(name, None)
        if conversation is None:
            raise damaged()
        try:
            known = open_file(entry.read(BLOCK_SIZE), conversation, self.seeds[conversation])
        except ProtocolError:
            self.done.broken += 1
            return
        if not isinstance(known, Message):
            return
        self.done.messages += 1
        for attachment in known.payload.body.attachments:
            self.named[self.attachments.name(conversation, attachment)] = attachment

    def _look_at_attachment(self, entry: Entry, name: str) -> None:
        attachment = self.named.get(name)
        try:
            # One that no message here names goes with an answer that is on its way.
            for _piece in () if attachment is None else decrypt_file(entry, attachment):
                pass
        except ProtocolError:
            self.done.broken += 1
            return
        self.done.attachments += 1


def open_backup(source: Path, passphrase: str) -> tuple[Opener, Contents]:
    """Open a backup and read whose it is; the caller closes `Opener.file`. Raises WorkstationError."""
    file = files.open_regular(source, _BACKUP_SIZE)
    if file is None:
        raise WorkstationError(_("Het bestand {name} is er niet.").format(name=files.printable(source.name)))
    try:
        opener = Opener(file, passphrase)
        return opener, read_contents(opener)
    except BaseException:
        file.close()
        raise


def rehearse(source: Path, passphrase: str, tell: Tell) -> Rehearsed:
    """Open everything that a backup holds. Raises PassphraseError, WorkstationError if it is not whole."""
    opener, contents = open_backup(source, passphrase)
    with opener.file:
        done = Rehearsed(contents)
        archives = check_object(contents.keyring["archives"])
        local_key = check_b64u(contents.keyring["local_key"])
        check = _Check(
            done,
            {check_b64u(c): check_b64u(seed) for c, seed in archives.items()},
            {name: c for c, names in contents.files.items() for name in names},
            Attachments(Path(), derive_local(local_key, b"attachments")),
        )
        progress = Progress(contents.size, tell)
        for entry in read_entries(opener):
            check.look(entry)
            progress.add(entry.size)
        done.missing = len(check.conversations)
    return done
