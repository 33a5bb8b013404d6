"""The demo's keys: root, workstations, roster, cards. Needs no portal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from crypto.encoding import encode_b64u
from crypto.verifying import serialize_document
from crypto.week import day_of
from workstation import files
from workstation.ceremony.card import renew_cards
from workstation.ceremony.enrolment import make_request, open_request
from workstation.ceremony.handout import HANDOUT_SIZE, parse_handout, serialize_handout
from workstation.ceremony.renewal import renew, take_handout
from workstation.ceremony.roster import Changes, make_roster, read_last
from workstation.courier.credential import write_credential
from workstation.demo.site import ORGANISATION, ROOT_SEED, TEAM, Counsellor, Site, unlock
from workstation.keyring.root import FILE_NAME as ROOT_FILE
from workstation.keyring.root import RootKeyring, create_root, open_root
from workstation.keyring.state import Person
from workstation.keyring.workstation import FILE_NAME, create_keyring
from workstation.spool import Spool
from workstation.texts import translate as _

_ROOT_PASSPHRASE: Final = "demo root"  # noqa: S105 - printed for everybody
# Longer than a demo is left alone between two meetings.
_RENEW_DAYS: Final = 42


def make_keys(site: Site, now: int) -> Iterator[str]:
    """Make what is missing or old; give lines. Raises WorkstationError, OSError."""
    files.make_folder(site.folder)
    root = _open_root(site)
    key = encode_b64u(root.pins.root_key)
    files.write_atomic(site.folder / "root-key.txt", key.encode("ascii") + b"\n")
    yield _("Demo-organisatie “{name}”, openbare hoofdsleutel {key}").format(name=ORGANISATION, key=key)
    _renew_roster(site, root, now)
    handout = parse_handout(files.read_file(site.handout, HANDOUT_SIZE) or b"")
    for who in TEAM:
        with unlock(site, who) as keyring:
            spool = Spool.open(site.spool(who), create=True)
            take_handout(keyring, spool, handout, now)
            renew(keyring, spool, now)
            assert keyring.state.credential is not None, "the demo's handouts bring everybody the credential"
            write_credential(site.credential(who), keyring.state.credential)
        yield _("{name}: map {folder}, wachtzin “{passphrase}”").format(
            name=who.name, folder=site.station(who), passphrase=who.passphrase
        )


def _open_root(site: Site) -> RootKeyring:
    if (site.root / ROOT_FILE).exists():
        return open_root(site.root, _ROOT_PASSPHRASE)
    return create_root(site.root, ORGANISATION, _ROOT_PASSPHRASE, site.cost, ROOT_SEED)


def _renew_roster(site: Site, root: RootKeyring, now: int) -> None:
    stations_exist = all((site.station(who) / FILE_NAME).exists() for who in TEAM)
    last = read_last(root)
    if last is not None and stations_exist and site.handout.exists():
        left = date.fromisoformat(last.expires_on) - date.fromisoformat(day_of(now))
        if left.days >= _RENEW_DAYS:
            return
    requests = [open_request(_enrol(site, root, who, now)) for who in TEAM]
    enrolled = {request.workstation.id for request in requests}
    # Where somebody removed a workstation's folder, its old keys are nobody's any more.
    gone = () if last is None else tuple(w for w in last.active if w not in enrolled)
    handout = make_roster(root, Changes(requests, gone), (), now)
    files.write_atomic(site.handout, serialize_handout(handout))


def _enrol(site: Site, root: RootKeyring, who: Counsellor, now: int) -> bytes:
    folder = site.station(who)
    if not (folder / FILE_NAME).exists():
        me = Person(ORGANISATION, root.pins.root_key, who.person, who.name, who.affiliations)
        create_keyring(folder, me, who.passphrase, site.cost).close()
    with unlock(site, who) as keyring:
        renew_cards(keyring, now)
        return serialize_document(make_request(keyring))
