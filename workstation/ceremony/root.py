"""The root: made once, offline. Its verifying key is pinned in the release and in every workstation."""

from __future__ import annotations

from pathlib import Path

from crypto.encoding import check_organisation, encode_b64u
from crypto.errors import MalformedError
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
