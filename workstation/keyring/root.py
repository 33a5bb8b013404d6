"""The root's keyring: the key that signs rosters, kept offline. spec: Key table."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from crypto.encoding import Json, check_b64u, check_keys, check_object, check_organisation, encode_b64u
from crypto.errors import MalformedError
from crypto.labels import KEY_SIZE
from crypto.roster import Pins
from crypto.signing import verifying_key
from crypto.verifying import Document, document_json, read_document
from workstation import files
from workstation.errors import WorkstationError
from workstation.keyring import sealing
from workstation.keyring.sealing import COST, Cost, Seal
from workstation.texts import translate as _

FILE_NAME: Final = "root-keyring"
_KEYS: Final = frozenset({"cards", "credential", "handed_over", "organisation", "roster", "signing", "successions"})


@dataclass(slots=True)
class RootKeyring:
    """The root's secrets, unlocked. `roster` is the last one in force, `cards` those that were made for it.

    `successions` led from earlier roots to this one; `handed_over` is the one with which this root named the next.
    """

    seal: Seal
    organisation: str
    signing: bytes
    credential: bytes | None = None
    roster: Document | None = None
    cards: list[Document] = field(default_factory=list)
    successions: tuple[Document, ...] = ()
    handed_over: Document | None = None

    @property
    def pins(self) -> Pins:
        """What everybody else pins about this root."""
        return Pins(self.organisation, verifying_key(self.signing), 1)

    def save(self) -> None:
        """Seal the present state. Raises OSError."""
        self.seal.save(
            {
                "cards": [document_json(card) for card in self.cards],
                "credential": None if self.credential is None else encode_b64u(self.credential),
                "handed_over": None if self.handed_over is None else document_json(self.handed_over),
                "organisation": self.organisation,
                "roster": None if self.roster is None else document_json(self.roster),
                "signing": encode_b64u(self.signing),
                "successions": [document_json(document) for document in self.successions],
            }
        )


def create_root(
    folder: Path, organisation: str, passphrase: str, cost: Cost = COST, signing: bytes | None = None
) -> RootKeyring:
    """Make a root key. A `signing` seed is given by the demo only. Raises WorkstationError if there is one."""
    seed = signing or _make_seed()
    # What is not there yet is left out, as in a keyring from before there were successions.
    content: Json = {
        "cards": [],
        "credential": None,
        "organisation": organisation,
        "roster": None,
        "signing": encode_b64u(seed),
    }
    seal = sealing.create(folder / FILE_NAME, "root", passphrase, content, cost)
    return RootKeyring(seal, organisation, seed)


def _make_seed() -> bytes:
    # People pass the verifying key to a command; one that begins with a dash would be taken for an option.
    while encode_b64u(verifying_key(seed := _draw_seed())).startswith("-"):
        pass
    return seed


def _draw_seed() -> bytes:
    return os.urandom(KEY_SIZE)


def open_root(folder: Path, passphrase: str) -> RootKeyring:
    """Unlock the root's keyring. Raises PassphraseError, WorkstationError."""
    seal, content = sealing.open_sealed(folder / FILE_NAME, "root", passphrase)
    files.sweep(folder)
    try:
        return _parse(seal, check_keys({"handed_over": None, "successions": [], **check_object(content)}, _KEYS))
    except MalformedError:
        raise WorkstationError(_("De sleutelbos is door een andere versie van dit programma gemaakt.")) from None


def _parse(seal: Seal, fields: Mapping[str, Json]) -> RootKeyring:
    if not isinstance(fields["cards"], list) or not isinstance(fields["successions"], list):
        raise MalformedError("cards and successions are lists")
    return RootKeyring(
        seal=seal,
        organisation=check_organisation(fields["organisation"]),
        signing=check_b64u(fields["signing"]),
        credential=None if fields["credential"] is None else check_b64u(fields["credential"]),
        roster=None if fields["roster"] is None else read_document(fields["roster"]),
        cards=[read_document(card) for card in fields["cards"]],
        successions=tuple(read_document(document) for document in fields["successions"]),
        handed_over=None if fields["handed_over"] is None else read_document(fields["handed_over"]),
    )
