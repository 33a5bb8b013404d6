"""Restoring is an enrolment: a new workstation of the same person, which remembers what the lost one knew.

It has a signing key, an id and cards of its own, since two cards of one workstation for one week are refused by
everybody, and an id is never given twice. The root holder lists it and retires the lost one. Answers that the lost one
had not delivered go out as they are: its signature holds as long as it is listed, retired or not.

Everything is put together in a folder beside the new one, which takes its name at the very end.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crypto.address import derive_address
from crypto.conversation import Message
from crypto.errors import MalformedError, ProtocolError
from crypto.event import Known, list_messages
from crypto.labels import LAST_NUMBER
from crypto.verifying import serialize_document
from crypto.week import day_of
from workstation import files
from workstation.archive import Archive
from workstation.attachments import Attachments
from workstation.backup.contents import Contents, read_entries, refuse_version
from workstation.backup.progress import Progress, Tell
from workstation.backup.rehearsal import open_backup
from workstation.backup.stream import Opener
from workstation.ceremony.card import renew_cards
from workstation.ceremony.enrolment import REQUEST_NAME, list_words, make_request
from workstation.errors import WorkstationError
from workstation.keyring.sealing import COST, Cost
from workstation.keyring.state import State, Withdrawn
from workstation.keyring.workstation import Keyring, create_keyring
from workstation.texts import translate as _

# As long as the desk's own short names, or longer.
_SHORT: Final = re.compile(r"[0-9a-f]{6,64}", re.ASCII)
_FOLDERS: Final = ("archive", "attachments", "outbox")


@dataclass(frozen=True, slots=True)
class Restored:
    """What is there again, in numbers, and the words to compare by telephone.

    `unknown` are those of the short names that no conversation of the backup has.
    """

    contents: Contents
    conversations: int
    messages: int
    broken: int
    words: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """Which backup becomes which folder; `withdrawn` are short names of conversations that were taken back since."""

    source: Path
    folder: Path
    organisation: str
    withdrawn: Sequence[str] = ()


def restore(wish: Wish, passphrase: str, now: int, tell: Tell, cost: Cost = COST) -> Restored:
    """Make a new workstation out of a backup, under the same passphrase.

    Raises PassphraseError, WorkstationError, OSError; then the folder is not there.
    """
    if wish.folder.exists() or wish.folder.is_symlink():
        raise WorkstationError(
            _("De map {name} bestaat al. Kies een nieuwe.").format(name=files.printable(wish.folder.name))
        )
    opener, contents = open_backup(wish.source, passphrase)
    with opener.file:
        if contents.me.organisation != wish.organisation:
            raise WorkstationError(_("Deze reservekopie is van een andere organisatie."))
        half = wish.folder.parent / f"{files.TEMPORARY_PREFIX}{wish.folder.name}"
        _clear(half)
        try:
            restored = _build(opener, contents, half, wish, passphrase, now, tell, cost)
            files.move(half, wish.folder)
        except BaseException:
            _clear(half)
            raise
    return restored


def _build(  # noqa: PLR0913, PLR0917 - the rest of restore
    opener: Opener, contents: Contents, half: Path, wish: Wish, passphrase: str, now: int, tell: Tell, cost: Cost
) -> Restored:
    files.make_folder(half)
    _write_files(opener, contents, half, tell)
    keyring = create_keyring(half, contents.me, passphrase, cost)
    try:
        keyring.state = _merge(contents, keyring.state)
        named = {name: _find_withdrawn(keyring.state, name) for name in wish.withdrawn}
        gone = {conversation for conversation in named.values() if conversation is not None}
        known, broken = _open_archive(keyring)
        _forget(keyring, contents.workstation, {c: [k for k in known if k.payload.conversation == c] for c in gone})
        for conversation in gone:
            keyring.state.withdrawn[conversation] = Withdrawn(day_of(now), None)
            keyring.state.archives.pop(conversation, None)
        # Saves, and with it everything above.
        renew_cards(keyring, now)
        document = make_request(keyring)
        files.write_atomic(half / REQUEST_NAME, serialize_document(document))
        left = [message for message in list_messages(known) if message.payload.conversation not in gone]
        words = list_words(keyring.verifying, document)
        unknown = tuple(files.printable(name) for name, conversation in named.items() if conversation is None)
        return Restored(contents, len(keyring.state.archives), len(left), broken, words, unknown)
    finally:
        keyring.close()


def _write_files(opener: Opener, contents: Contents, half: Path, tell: Tell) -> None:
    for name in _FOLDERS:
        files.make_folder(half / name)
    progress = Progress(contents.size, tell)
    for entry in read_entries(opener):
        with files.open_new(half / entry.name) as file:
            for piece in entry.pieces():
                file.write(piece)
                progress.add(len(piece))
            files.make_durable(file)
    for name in _FOLDERS:
        files.sync_folder(half / name)


def _merge(contents: Contents, state: State) -> State:
    try:
        return contents.merge(state)
    except MalformedError:
        raise refuse_version() from None


def _open_archive(keyring: Keyring) -> tuple[list[Known], int]:
    """Open everything from the disk; return messages and events, and how many files do not open."""
    archive = Archive(keyring.folder / "archive", keyring.derive_local(b"archive"))
    attachments = Attachments.open(keyring.folder / "attachments", keyring.derive_local(b"attachments"))
    known, broken = archive.load(keyring.state.archives)
    for message in list_messages(known):
        for attachment in message.payload.body.attachments:
            name = attachments.name(message.payload.conversation, attachment)
            if not attachments.has(name, attachment):
                continue
            try:
                for _piece in attachments.read_pieces(name, attachment):
                    pass
            except (ProtocolError, WorkstationError):
                # The courier fetches it again, where the portal still has it.
                attachments.destroy(name)
                broken += 1
    return known, broken


def _find_withdrawn(state: State, name: str) -> bytes | None:
    """Return the conversation of this short name, as a colleague's desk shows it; None if it is not here."""
    beginning = name.replace("-", "").lower()
    found = [c for c in state.archives if c.hex().startswith(beginning)]
    if _SHORT.fullmatch(beginning) is None or len(found) > 1:
        raise WorkstationError(
            _("De naam {name} wijst geen gesprek aan. Het zijn zes tekens, zoals A1B-2C3.").format(
                name=files.printable(name)
            )
        )
    return found[0] if found else None


def _forget(keyring: Keyring, lost: bytes, gone: dict[bytes, list[Known]]) -> None:
    archive = Archive(keyring.folder / "archive", keyring.derive_local(b"archive"))
    attachments = Attachments(keyring.folder / "attachments", keyring.derive_local(b"attachments"))
    for conversation, known in gone.items():
        messages = list_messages(known)
        for message in messages:
            for attachment in message.payload.body.attachments:
                attachments.destroy(attachments.name(conversation, attachment))
        gone_addresses = {each.payload.address.hex() for each in known} | set(_list_addresses(messages, lost))
        for path in list((keyring.folder / "outbox").iterdir()):
            # The file of an answer or an event, or the list of an attachment's chunks that goes with it.
            if path.name.partition("-")[0] in gone_addresses:
                files.remove(path)
        archive.destroy(conversation)


def _list_addresses(messages: list[Message], lost: bytes) -> Iterator[str]:
    """Yield where answers of the lost workstation would lie, also one whose copy a power cut kept from the archive."""
    for contact in [m.payload.contact for m in messages if m.payload.contact is not None][:1]:
        for number in range(LAST_NUMBER + 1):
            yield derive_address(contact.reply_address_key, lost, number).hex()


def _clear(half: Path) -> None:
    if half.exists():
        shutil.rmtree(half)
