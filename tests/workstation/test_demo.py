"""The demo organisation: repeatable, and brought up to date weeks later."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from crypto import code
from crypto.encoding import encode_b64u
from crypto.keyset import verify
from crypto.labels import DEMO_ROOT_KEY
from crypto.roster import Pins
from crypto.signing import verifying_key
from crypto.week import WEEK_SECONDS
from tests.workstation.helpers import CHEAP
from tests.workstation.portals import real_portal
from tests.world import NOW
from workstation.content import load_words
from workstation.demo.publish import publish
from workstation.demo.site import ORGANISATION, ROOT_SEED, TEAM, Site, unlock
from workstation.demo.team import make_keys
from workstation.desk.work import begin
from workstation.errors import WorkstationError
from workstation.spool import Spool


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One clock for the portal, the demo and ALTCHA."""
    now = [NOW]
    monkeypatch.setattr("altcha.v2.time", SimpleNamespace(time=lambda: now[0], monotonic=time.monotonic))
    return now


def letters(site: Site, number: int, now: int) -> list[list[str]]:
    with unlock(site, TEAM[number]) as keyring:
        work = begin(keyring, site.spool(TEAM[number]), now)
        assert not work.refusal
        return [[m.payload.kind for m in conversation.messages] for conversation in work.inbox()]


def test_the_demos_root_key_is_the_one_that_everybody_recognises() -> None:
    """Its signing half stands in the code."""
    assert verifying_key(ROOT_SEED) == DEMO_ROOT_KEY


@pytest.mark.slow
def test_the_demo_shows_a_report_with_an_answer_on_every_desk_and_can_be_repeated(
    tmp_path: Path, clock: list[int]
) -> None:
    """Keys before the portal is up, the rest when it is; again changes nothing; weeks later it still works."""
    site = Site(tmp_path / "demo", CHEAP)
    told = list(make_keys(site, NOW))
    assert all(any(who.passphrase in line for line in told) for who in TEAM)
    assert (site.folder / "root-key.txt").read_text().strip() == encode_b64u(DEMO_ROOT_KEY)
    with real_portal(tmp_path / "portal", ORGANISATION, DEMO_ROOT_KEY, lambda: clock[0]) as url:
        words = list(publish(site, url, NOW))[-1].split()
        assert code.decode(words, load_words())
        for later in (0, 3, 9, 15):
            clock[0] = NOW + later * WEEK_SECONDS
            list(make_keys(site, clock[0]))
            again = list(publish(site, url, clock[0]))[-1].split()
            assert again == words
            keyset = verify(
                Spool.open(site.spool(TEAM[2])).read_keyset() or b"", Pins(ORGANISATION, DEMO_ROOT_KEY, 1), clock[0]
            )
            assert all(keyset.cards.values())
        for number in range(3):
            assert letters(site, number, clock[0]) == [["message", "reply"]]


@pytest.mark.slow
def test_a_new_portal_gets_a_new_demo_report(tmp_path: Path, clock: list[int]) -> None:
    """Somebody removed the database and kept the keys."""
    assert clock == [NOW]
    site = Site(tmp_path / "demo", CHEAP)
    list(make_keys(site, NOW))
    seen = set()
    for number in range(2):
        with real_portal(tmp_path / f"portal-{number}", ORGANISATION, DEMO_ROOT_KEY, lambda: NOW) as url:
            seen.add(list(publish(site, url, NOW))[-1])
    assert len(seen) == 2


def test_publishing_before_there_are_keys_says_what_to_do(tmp_path: Path) -> None:
    """The wrong order is harmless."""
    with pytest.raises(WorkstationError, match="demo keys"):
        list(publish(Site(tmp_path / "demo", CHEAP), "http://127.0.0.1:1", NOW))
