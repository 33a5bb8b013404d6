"""Where the demo lies, and who plays in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workstation.keyring.sealing import COST, Cost
from workstation.keyring.workstation import Keyring, open_keyring

ORGANISATION: Final = "demo"
# Its verifying key is crypto.labels.DEMO_ROOT_KEY; whoever sees that key shows the red bar.
ROOT_SEED: Final = hashlib.sha256(b"vertrouwenspost demo root: not a secret").digest()


@dataclass(frozen=True, slots=True)
class Counsellor:
    """Somebody of the demo team."""

    person: str
    name: str
    affiliations: tuple[str, ...]

    @property
    def passphrase(self) -> str:
        """What opens this counsellor's keyring; it is printed for everybody."""
        return f"demo {self.person}"


TEAM: Final = (
    Counsellor("anna", "Anna", ("Geen gemeente of partij",)),
    Counsellor("bram", "Bram", ("Oud-wethouder",)),
    Counsellor("chris", "Chris", ("Oud-burgemeester",)),
)


@dataclass(frozen=True, slots=True)
class Site:
    """The demo's folder and what is in it. Tests pass a cheaper cost."""

    folder: Path
    cost: Cost = COST

    @property
    def root(self) -> Path:
        """The root's folder."""
        return self.folder / "root"

    @property
    def handout(self) -> Path:
        """The root's handout."""
        return self.folder / "handout.json"

    @property
    def words(self) -> Path:
        """The words of the demo's report. A real code would never be kept."""
        return self.folder / "code.txt"

    def station(self, who: Counsellor) -> Path:
        """Return the folder of a workstation."""
        return self.folder / who.person

    def spool(self, who: Counsellor) -> Path:
        """Return a workstation's spool."""
        return self.folder / f"{who.person}-spool"

    def credential(self, who: Counsellor) -> Path:
        """Return the file with a courier's credential."""
        return self.folder / f"{who.person}-courier"


@contextmanager
def unlock(site: Site, who: Counsellor) -> Iterator[Keyring]:
    """Open a keyring of the demo for a moment. Raises WorkstationError, among others while that desk is open."""
    keyring = open_keyring(site.station(who), who.passphrase)
    try:
        yield keyring
    finally:
        keyring.close()
