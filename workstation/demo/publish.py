"""The demo at a portal: its keyset, one report, one answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from crypto.errors import ProtocolError
from crypto.keyset import Keyset, verify
from crypto.labels import DEMO_ROOT_KEY
from crypto.roster import Pins
from crypto.week import WEEK_SECONDS, day_of
from workstation import files
from workstation.ceremony.renewal import renew
from workstation.courier.client import Client
from workstation.courier.credential import read_credential
from workstation.courier.service import Courier
from workstation.demo.report import is_there, send_report
from workstation.demo.site import ORGANISATION, TEAM, Counsellor, Site, unlock
from workstation.desk.compose import Extras
from workstation.desk.work import begin
from workstation.errors import WorkstationError
from workstation.spool import Spool
from workstation.texts import translate as _

_ANSWER: Final = (
    "Goed dat u schrijft. Wat u vertelt is niet niets, en het hoort er ook niet bij.\n\n"
    "U hoeft nu nog niets te beslissen. Staat er weer een auto en voelt u zich niet veilig? Bel dan 112.\n\n"
    "Wilt u mij vertellen wie hier al van weet? Dan kijken we samen wat een rustige volgende stap is."
)
_EXTRAS: Final = Extras(
    gist="Wat u meemaakt is ernstig. U staat er niet alleen voor, en u beslist zelf.",
    summary=(
        "Sinds drie weken krijgt u berichten van iemand die weet waar u woont. Gisteren stond er een auto.\n\n"
        "U wilt eerst weten wat er na een melding gebeurt. Over aangifte is nog niets besloten."
    ),
    track="series",
)
_WORDS_SIZE: Final = 256


def publish(site: Site, portal: str, now: int) -> Iterator[str]:
    """Publish the keyset; send one report, unless it is there, and Anna's answer. Raises WorkstationError, OSError."""
    with Client(portal) as client:
        _sync_all(site, client, now)
        keyset = _read_keyset(site, now)
        if keyset is None:
            # A new portal for an old demo: what it does not show has to be published again.
            keyset = _publish_again(site, client, now)
        words = _read_words(site)
        if not words or not is_there(client, words):
            words = send_report(client, keyset, now)
            files.write_atomic(site.words, " ".join(words).encode("ascii") + b"\n")
            _sync(site, client, TEAM[0], now)
            _answer(site, TEAM[0], now)
            _sync_all(site, client, now)
    yield _("De demomelding staat op het bureau. Met deze code is zij te lezen op {portal}").format(portal=portal)
    yield "    " + " ".join(words)


def _sync_all(site: Site, client: Client, now: int) -> None:
    for who in TEAM:
        _sync(site, client, who, now)
    # The first of them could not see yet what the last one published.
    for who in TEAM:
        _sync(site, client, who, now)


def _sync(site: Site, client: Client, who: Counsellor, now: int) -> None:
    if not site.credential(who).exists():
        raise WorkstationError(_("De demo heeft nog geen sleutels. Voer eerst `demo keys` uit."))
    Courier(client, Spool.open(site.spool(who)), read_credential(site.credential(who))).sync(now)


def _read_keyset(site: Site, now: int) -> Keyset | None:
    data = Spool.open(site.spool(TEAM[0])).read_keyset() or b""
    try:
        return verify(data, Pins(ORGANISATION, DEMO_ROOT_KEY, 1), now)
    except ProtocolError:
        return None


def _publish_again(site: Site, client: Client, now: int) -> Keyset:
    for who in TEAM:
        with unlock(site, who) as keyring:
            renew(keyring, Spool.open(site.spool(who)), now)
    _sync_all(site, client, now)
    keyset = _read_keyset(site, now)
    if keyset is None:
        raise WorkstationError(_("Het portaal toont de lijst van de demo niet. Voer eerst `demo keys` uit."))
    return keyset


def _read_words(site: Site) -> list[str]:
    return (files.read_file(site.words, _WORDS_SIZE) or b"").decode("ascii", "replace").split()


def _answer(site: Site, who: Counsellor, now: int) -> None:
    with unlock(site, who) as keyring:
        work = begin(keyring, site.spool(who), now)
        for conversation in work.inbox():
            if conversation.waiting:
                next_day = day_of(now + WEEK_SECONDS)
                work.answer(conversation, _ANSWER, now, extras=replace(_EXTRAS, next=next_day))
