"""A portal to measure: the settings of config.example.toml, a real release, the demo's roster, tickets.

Changed in the settings are the database, the port, and what would end a measurement early: puzzles are as dear as ever
to check and 256 times cheaper to solve, their cost does not rise, and the budgets of a week hold millions of blocks.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from altcha import Challenge, solve_challenge

from bench.organisation import ANNA, CHEAP
from bench.serving import free_port
from crypto.encoding import Json, encode_b64u, parse_json, serialize_json
from crypto.verifying import serialize_document
from portal import config as configuration
from portal import database, migrating, proof
from portal.config import Config
from portal.database import Database
from portal.roster import store as roster
from portal.site.build import build
from workstation import files
from workstation.ceremony.handout import HANDOUT_SIZE, parse_handout
from workstation.courier.credential import read_credential
from workstation.demo.site import Site
from workstation.demo.team import make_keys

_EXAMPLE: Final = Path(__file__).resolve().parent.parent / "config.example.toml"
_VERSION: Final = 1


@dataclass(frozen=True)
class Premises:
    """What every portal of one run shares."""

    folder: Path

    @classmethod
    def prepare(cls, folder: Path) -> Premises:
        """Build the release and make the demo's keys."""
        premises = cls(folder)
        for _line in make_keys(premises.site, int(time.time())):
            pass
        build(configuration.load(premises.configure("release", "sqlite:///none.sqlite")), datetime.now(UTC).date())
        return premises

    @property
    def site(self) -> Site:
        """The demo's folder."""
        return Site(self.folder / "demo", CHEAP)

    @property
    def courier(self) -> str:
        """The Authorization header of a courier."""
        return "Courier " + encode_b64u(read_credential(self.site.credential(ANNA)))

    def configure(self, name: str, url: str) -> Path:
        """Write the configuration of a portal; return where it is."""
        text = _EXAMPLE.read_text(encoding="utf-8")
        for old, new in (
            ("var/release", str(self.folder / "built")),
            ("sqlite:///var/portal.sqlite", url),
            ("port = 8000", f"port = {free_port()}"),
            ('prefix = "000"', 'prefix = "0"'),
            ("posts_per_step = 2000", "posts_per_step = 1_000_000"),
            ("heads_per_week = 2_000_000_000", f"heads_per_week = {2**53}"),
            ("courier_per_week = 1_000_000_000", f"courier_per_week = {2**53}"),
        ):
            assert old in text, f"config.example.toml has no {old} any more"
            text = text.replace(old, new)
        path = self.folder / name / "config.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def open(self, name: str, url: str) -> Path:
        """Make a portal that has a roster and no block yet; return its configuration."""
        path = self.configure(name, url)
        handout = parse_handout(files.read_file(self.site.handout, HANDOUT_SIZE) or b"")
        with opened(configuration.load(path)) as store:
            migrating.migrate(store)
            with store.write() as connection:
                roster.replace(connection, _VERSION, serialize_document(handout.roster))
        return path


@contextmanager
def opened(config: Config) -> Iterator[Database]:
    """Connect to a portal's database, and leave nothing open."""
    store = database.connect(config.store.url)
    yield store
    store.engine.dispose()


def earn_ticket(config: Config) -> str:
    """Return the Authorization header of a ticket that was earned as a browser earns it."""
    challenge: Json = parse_json(proof.issue(config.ticket, config.ticket.cost, int(time.time())))
    assert isinstance(challenge, dict)
    solution = solve_challenge(Challenge.from_dict(challenge))
    assert solution is not None, "a puzzle has a solution"
    solved: Json = {"counter": solution.counter, "derivedKey": solution.derived_key}
    return "Ticket " + encode_b64u(serialize_json({"challenge": challenge, "solution": solved}))
