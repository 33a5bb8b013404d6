"""The root: made once, offline. Its verifying key is pinned in the release and in every workstation."""

from __future__ import annotations

from pathlib import Path

from crypto.encoding import check_organisation, encode_b64u
from crypto.errors import MalformedError
from crypto.keyset import fingerprint
from workstation.content import load_words
from workstation.errors import WorkstationError
from workstation.keyring.root import RootKeyring, create_root
from workstation.keyring.sealing import COST, Cost
from workstation.texts import translate as _


def make_root(folder: Path, organisation: str, passphrase: str, cost: Cost = COST) -> RootKeyring:
    """Make the root's keyring. Raises WorkstationError for an id that is none, or where there is a keyring already."""
    try:
        check_organisation(organisation)
    except MalformedError:
        raise WorkstationError(
            _("De naam van de organisatie bestaat uit 1 tot 64 kleine letters, cijfers en streepjes.")
        ) from None
    return create_root(folder, organisation, passphrase, cost)


def show_root_key(root: RootKeyring) -> str:
    """Return the root's verifying key as it stands in the portal's configuration."""
    return encode_b64u(root.pins.root_key)


def list_root_words(root_key: bytes, organisation: str) -> tuple[str, ...]:
    """Return the eight words of a root key, to compare by telephone.

    They also change with the organisation's id, so that a slip in either is heard. No roster or request has the same
    words: what those sign begins with a brace.
    """
    # spec: the first 96 bits of H(label ‖ root verifying key ‖ organisation)
    return tuple(fingerprint(root_key, organisation.encode("ascii"), load_words()))
