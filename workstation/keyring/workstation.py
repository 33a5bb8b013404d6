"""A workstation's keyring, unlocked: who it is, and the keys it opens and signs with. spec: Key table."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from crypto import labels
from crypto.age.hybrid import recipient_of
from crypto.card import serialize_card
from crypto.encoding import digest
from crypto.errors import MalformedError
from crypto.labels import KEY_SIZE
from crypto.roster import Pins, Workstation
from crypto.signing import sign_document, verifying_key
from crypto.verifying import Document, author_id
from workstation import files
from workstation.errors import WorkstationError
from workstation.keyring import content, sealing
from workstation.keyring.sealing import COST, Cost, Seal
from workstation.keyring.state import OwnCard, Person, State
from workstation.texts import translate as _

FILE_NAME: Final = "keyring"
LOCK_NAME: Final = "lock"


@dataclass(slots=True)
class Keyring:
    """An unlocked workstation. No other process can unlock it until it is closed.

    `verifying` is the public half of the signing key, `id` the workstation's id: asked for with every message.
    """

    seal: Seal
    state: State
    lock: int
    verifying: bytes = field(init=False)
    id: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.verifying = verifying_key(self.state.signing)
        self.id = author_id(labels.ID_WORKSTATION, self.verifying)

    @property
    def folder(self) -> Path:
        """The folder in which this keyring lies, with everything else that this workstation keeps."""
        return self.seal.path.parent

    @property
    def pins(self) -> Pins:
        """What this workstation holds every keyset against; an older roster than one it has seen is refused."""
        return Pins(self.state.me.organisation, self.state.me.root_key, self.state.roster_version)

    @property
    def listed(self) -> Workstation:
        """The entry of this workstation in a roster."""
        me = self.state.me
        return Workstation(self.id, me.person, me.name, me.affiliations, self.verifying, None)

    def make_card(self, week: int) -> None:
        """Make the keys of one week's card; the caller saves."""
        identity = os.urandom(KEY_SIZE)
        self.state.cards[week] = OwnCard(identity, digest(self._card_payload(week, identity)))

    def destroy_card(self, week: int) -> None:
        """Forget the secret of one week's card, and remember that it was there; the caller saves."""
        self.state.destroyed[week] = self.state.cards.pop(week).hash

    def sign_card(self, week: int) -> Document:
        """Return this workstation's card of a week: the same bytes however often it is asked."""
        payload = self._card_payload(week, self.state.cards[week].identity)
        return sign_document(labels.TYPE_CARD, payload, self.state.signing)

    def derive_local(self, purpose: bytes) -> bytes:
        """Return a key for names and notes that only this workstation makes and reads."""
        return derive_local(self.state.local_key, purpose)

    def save(self) -> None:
        """Seal the present state. Raises OSError."""
        self.seal.save(content.serialize(self.state))

    def close(self) -> None:
        """Let another process in. What is not given: that the keys in memory are overwritten."""
        os.close(self.lock)

    def _card_payload(self, week: int, identity: bytes) -> bytes:
        return serialize_card(self.state.me.organisation, self.id, week, recipient_of(identity))


def derive_local(local_key: bytes, purpose: bytes) -> bytes:
    """Return a key for one purpose of those that a workstation has for itself alone."""
    return digest(local_key + purpose)


def create_keyring(folder: Path, me: Person, passphrase: str, cost: Cost = COST) -> Keyring:
    """Make a workstation's keys. Raises WorkstationError if there are some in this folder."""
    files.make_folder(folder)
    state = State(me, signing=os.urandom(KEY_SIZE), local_key=os.urandom(KEY_SIZE))
    lock = _take_lock(folder)
    try:
        seal = sealing.create(folder / FILE_NAME, "workstation", passphrase, content.serialize(state), cost)
    except BaseException:
        os.close(lock)
        raise
    return Keyring(seal, state, lock)


def open_keyring(folder: Path, passphrase: str) -> Keyring:
    """Unlock a workstation. Raises PassphraseError, WorkstationError (also while another process has it open)."""
    if not (folder / FILE_NAME).exists():
        # Before the lock is taken: it would leave a file in a folder that is not ours.
        raise WorkstationError(_("In deze map staat geen sleutelbos. Klopt de map?"))
    lock = _take_lock(folder)
    try:
        seal, value = sealing.open_sealed(folder / FILE_NAME, "workstation", passphrase)
        files.sweep(folder)
        return Keyring(seal, content.parse(value), lock)
    except MalformedError:
        os.close(lock)
        raise WorkstationError(_("De sleutelbos is door een andere versie van dit programma gemaakt.")) from None
    except BaseException:
        os.close(lock)
        raise


def _take_lock(folder: Path) -> int:
    # Two programs that each write what they remember would lose what the other learned.
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    lock = os.open(folder / LOCK_NAME, flags, files.FILE_MODE)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise WorkstationError(
            _("Deze sleutelbos is al open in een ander venster of programma. Vergrendel daar eerst.")
        ) from None
    return lock
