"""A root holder hands over, or a root is lost: the team goes on, and nobody else can make it go elsewhere."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from crypto import labels
from crypto.encoding import parse_json, serialize_json
from crypto.errors import KeysetError
from crypto.keyset import verify
from crypto.roster import open_roster
from crypto.signing import sign_document
from crypto.succession import Succession, parse_succession, serialize_succession
from crypto.verifying import serialize_document
from tests.workstation.helpers import (
    CHEAP,
    ORGANISATION,
    PASSPHRASE,
    PERSONS,
    Organisation,
    make_mailbox,
    read_reply,
    write,
)
from tests.workstation.portals import real_portal
from tests.workstation.power import LOSSES, Disk, PowerCutError, watch
from tests.workstation.test_backup import back_up, bring_back
from tests.workstation.test_courier import sync_real
from tests.world import NOW
from workstation.backup.stream import Opener
from workstation.ceremony.enrolment import make_request, open_request, pin_anew
from workstation.ceremony.handout import Handout, parse_handout, serialize_handout
from workstation.ceremony.root import make_root
from workstation.ceremony.roster import Changes, adopt_previous, make_roster, read_last
from workstation.ceremony.succession import name_successor, take_over
from workstation.errors import CourierError, WorkstationError
from workstation.keyring import content
from workstation.keyring.root import RootKeyring, open_root

pytestmark = pytest.mark.slow

BOX = make_mailbox()


def new_root(organisation: Organisation, name: str = "tweede") -> RootKeyring:
    return make_root(organisation.folder / name, ORGANISATION, PASSPHRASE, CHEAP)


def go_on(root: RootKeyring, handover: Handout, changes: Changes | None = None, now: int = NOW) -> Handout:
    """Do what `roster --succession` does."""
    take_over(root, handover)
    return make_roster(root, changes or Changes(), (), now)


def succeed(organisation: Organisation, old: RootKeyring, name: str = "tweede") -> tuple[RootKeyring, Handout]:
    """Hand over to a new root; return it and its first handout."""
    root = new_root(organisation, name)
    return root, go_on(root, name_successor(old, root.pins.root_key))


def pinned(organisation: Organisation, person: str) -> tuple[bytes, int]:
    with organisation.unlocked(person) as keyring:
        return keyring.pins.root_key, keyring.pins.minimum_roster_version


def refused(organisation: Organisation, person: str, handout: Handout, match: str) -> None:
    """Show that a handout is refused, and that not a byte of the keyring is another."""
    path = organisation.station(person) / "keyring"
    before = path.read_bytes()
    with pytest.raises(WorkstationError, match=match):
        organisation.take(person, handout)
    assert path.read_bytes() == before


def test_the_team_goes_on_under_a_new_root(organisation: Organisation) -> None:
    """The list is carried over whole, its versions go on, and the courier's key is another."""
    old = organisation.root()
    last = read_last(old)
    with organisation.unlocked("anna") as keyring:
        credential = keyring.state.credential
    root, handout = succeed(organisation, old)
    for person in PERSONS:
        organisation.take(person, handout)
    keyset = verify(organisation.publish(), root.pins, NOW)
    assert last is not None
    assert (keyset.roster.version, keyset.roster.previous) == (last.version + 1, last.hash)
    assert keyset.roster.workstations == last.workstations
    assert all(keyset.cards.values())
    with organisation.unlocked("anna") as keyring:
        assert keyring.state.credential not in {None, credential}
    # Pages of the release before know nothing of it, and close.
    with pytest.raises(KeysetError, match="signature"):
        verify(organisation.spool("anna").read_keyset() or b"", old.pins, NOW)


def test_taking_it_twice_changes_nothing(organisation: Organisation) -> None:
    """A workstation that has followed finds nothing more to follow."""
    root, handout = succeed(organisation, organisation.root())
    organisation.take("anna", handout)
    with organisation.unlocked("anna") as keyring:
        before = content.serialize(keyring.state)
    organisation.take("anna", handout)
    with organisation.unlocked("anna") as keyring:
        assert content.serialize(keyring.state) == before
        assert len(keyring.state.successions) == 1
        assert keyring.pins.root_key == root.pins.root_key


def test_without_the_succession_a_new_roots_list_is_a_strangers(organisation: Organisation) -> None:
    """Nothing but the old root's own signature moves the pin."""
    _root, handout = succeed(organisation, organisation.root())
    refused(organisation, "anna", replace(handout, successions=()), "niet de lijst van uw eigen team")


def test_a_succession_without_a_list_of_the_new_root_moves_nothing(organisation: Organisation) -> None:
    """The new root must show that it has its key: what was meant for its holder is no handout."""
    handover = name_successor(organisation.root(), new_root(organisation).pins.root_key)
    refused(organisation, "anna", handover, "van de vorige beheerder")


def test_a_succession_that_somebody_else_signed_is_refused(organisation: Organisation) -> None:
    """A counsellor, or the new root itself, cannot name it."""
    root = new_root(organisation)
    genuine = name_successor(organisation.root(), root.pins.root_key)
    handout = go_on(root, genuine)
    with organisation.unlocked("bram") as bram:
        signings = (bram.state.signing, root.signing)
    for signing in signings:
        forged = sign_document(labels.TYPE_SUCCESSION, genuine.successions[0].payload, signing)
        refused(organisation, "anna", replace(handout, successions=(forged,)), "handtekening klopt niet")


def test_a_list_of_the_old_root_is_refused_after_the_succession(organisation: Organisation) -> None:
    """Also a newer one, signed with a copy of the old folder: it may be a thief's."""
    copy = (organisation.station("root") / "root-keyring").read_bytes()
    _root, handout = succeed(organisation, organisation.root())
    organisation.take("anna", handout)
    (organisation.station("root") / "root-keyring").write_bytes(copy)
    organisation.hand_out([])
    refused(organisation, "anna", organisation.hand_out([]), "van de vorige beheerder")


def test_a_root_that_has_handed_over_signs_no_list_and_no_other_successor(organisation: Organisation) -> None:
    """The same successor again gets the same bytes, as when the file was lost."""
    old = organisation.root()
    first = name_successor(old, new_root(organisation).pins.root_key)
    other = new_root(organisation, "derde").pins.root_key
    before = (organisation.station("root") / "root-keyring").read_bytes()
    again = organisation.root()
    assert name_successor(again, parse_succession(first.successions[-1].payload).successor) == first
    with pytest.raises(WorkstationError, match="al aan een ander overgedragen"):
        name_successor(again, other)
    with pytest.raises(WorkstationError, match="tekent niets meer"):
        organisation.hand_out([])
    assert (organisation.station("root") / "root-keyring").read_bytes() == before


def test_a_fork_is_refused_before_and_after(organisation: Organisation) -> None:
    """Who copied the old root names themselves: who has followed the true one, or sees both, stays where they are."""
    copy = (organisation.station("root") / "root-keyring").read_bytes()
    _root, handout = succeed(organisation, organisation.root())
    (organisation.station("root") / "root-keyring").write_bytes(copy)
    _thief, forked = succeed(organisation, organisation.root(), "dief")
    both = replace(forked, successions=(*handout.successions, *forked.successions))
    refused(organisation, "anna", both, "twee verschillende opvolgers")
    organisation.take("anna", handout)
    refused(organisation, "anna", forked, "twee verschillende opvolgers")


def test_a_list_that_the_old_root_did_not_name_is_no_beginning(organisation: Organisation) -> None:
    """The new holder goes on from exactly the list of the succession, neither an older nor another one."""
    copy = (organisation.station("root") / "root-keyring").read_bytes()
    older = organisation.hand_out([])
    organisation.hand_out([])
    root = new_root(organisation)
    handover = name_successor(organisation.root(), root.pins.root_key)
    (organisation.station("root") / "root-keyring").write_bytes(copy)
    for document in (older.roster, organisation.hand_out([], now=NOW + 86_400).roster):
        with pytest.raises(WorkstationError, match="hoort niet bij deze opvolging"):
            take_over(root, replace(handover, roster=document))
    assert root.roster is None


def test_two_lists_of_one_number_are_noticed_at_the_succession_too(organisation: Organisation) -> None:
    """Anna knows another list than the one that the old root says was its last."""
    copy = (organisation.station("root") / "root-keyring").read_bytes()
    organisation.take("anna", organisation.hand_out([], now=NOW + 86_400), NOW + 86_400)
    (organisation.station("root") / "root-keyring").write_bytes(copy)
    organisation.hand_out([])
    _root, handout = succeed(organisation, organisation.root())
    refused(organisation, "anna", handout, "spreken elkaar tegen")


def test_only_the_named_root_can_take_over_and_only_one_that_is_new(organisation: Organisation) -> None:
    """A folder that was mixed up, or has a list of its own, changes nothing."""
    root, other = new_root(organisation), new_root(organisation, "derde")
    handover = name_successor(organisation.root(), root.pins.root_key)
    with pytest.raises(WorkstationError, match="andere hoofdsleutel"):
        take_over(other, handover)
    with pytest.raises(WorkstationError, match="andere hoofdsleutel"):
        take_over(root, replace(handover, successions=()))
    make_roster(root, Changes([open_request(organisation.enrol("dirk"))]), (), NOW)
    with pytest.raises(WorkstationError, match="al een eigen lijst"):
        take_over(root, handover)


def test_the_new_holder_may_repeat_the_beginning(organisation: Organisation) -> None:
    """The same file a second time gives the next number, and everybody follows either."""
    root = new_root(organisation)
    handover = name_successor(organisation.root(), root.pins.root_key)
    first = go_on(root, handover)
    again = go_on(open_root(organisation.folder / "tweede", PASSPHRASE), handover)
    organisation.take("anna", first)
    organisation.take("anna", again)
    organisation.take("bram", again)
    assert pinned(organisation, "anna") == pinned(organisation, "bram")


def test_a_copy_of_the_new_root_from_before_goes_on_from_a_handout(organisation: Organisation) -> None:
    """With --previous: the list, and the way to this root for those who have not followed yet."""
    root = new_root(organisation)
    copy = (organisation.folder / "tweede" / "root-keyring").read_bytes()
    handout = go_on(root, name_successor(organisation.root(), root.pins.root_key))
    (organisation.folder / "tweede" / "root-keyring").write_bytes(copy)
    again = open_root(organisation.folder / "tweede", PASSPHRASE)
    with pytest.raises(WorkstationError, match="andere hoofdsleutel"):
        adopt_previous(again, handout.roster, succeed(organisation, root, "derde")[1].successions)
    adopt_previous(again, handout.roster, handout.successions)
    organisation.take("anna", make_roster(again, Changes(), (), NOW))
    assert pinned(organisation, "anna") == (root.pins.root_key, 3)


def test_somebody_can_come_and_go_in_the_same_step(organisation: Organisation) -> None:
    """The old root holder was a counsellor who leaves: retired by the new root at once."""
    root = new_root(organisation)
    handover = name_successor(organisation.root(), root.pins.root_key)
    request = open_request(organisation.enrol("dirk"))
    with organisation.unlocked("chris") as keyring:
        gone = keyring.id
    handout = go_on(root, handover, Changes([request], [gone]))
    assert {w.person for w in open_roster(handout.roster, root.pins).active.values()} == {"anna", "bram", "dirk"}
    # Enrolled under the old key, Dirk follows as everybody does; Chris is told that it is over.
    for person in ("anna", "bram", "dirk"):
        organisation.take(person, handout)
    refused(organisation, "chris", handout, "staat niet")


def test_who_slept_through_two_successions_follows_both(organisation: Organisation) -> None:
    """Each handout brings the whole way; somebody who enrolled at its end begins there."""
    second, first_handout = succeed(organisation, organisation.root())
    organisation.take("anna", first_handout)
    third, handout = succeed(organisation, second, "derde")
    assert len(handout.successions) == 2
    for person in ("anna", "bram"):
        organisation.take(person, handout)
        assert pinned(organisation, person)[0] == third.pins.root_key
    assert parse_handout(serialize_handout(handout)) == handout


def test_the_old_list_at_the_portal_is_named_as_such(organisation: Organisation) -> None:
    """Until the operator has changed the key, the desk does not speak of forgery; it reads, and does not answer."""
    write(organisation, BOX, "Hallo")
    _root, handout = succeed(organisation, organisation.root())
    organisation.take("anna", handout)
    with organisation.desk("anna") as work:
        assert "vorige beheerder" in work.refusal
        assert work.keyset is None
        assert len(work.inbox()) == 1


def test_the_portal_closes_with_the_new_key_and_opens_with_the_new_list(
    organisation: Organisation, tmp_path: Path
) -> None:
    """On one database: what the old root signed there is nobody's list; one courier's visit makes it whole."""
    folder, old = tmp_path / "portal", organisation.root()
    with real_portal(folder, ORGANISATION, old.pins.root_key, lambda: NOW) as url:
        for person in PERSONS:
            sync_real(organisation, url, person)
    root, handout = succeed(organisation, old)
    with real_portal(folder, ORGANISATION, root.pins.root_key, lambda: NOW) as url:
        # Nobody has taken the handout yet: there is no list, and no courier's key that holds.
        with pytest.raises(CourierError):
            sync_real(organisation, url, "anna")
        for person in PERSONS:
            organisation.take(person, handout)
        for person in (*PERSONS, "anna"):
            assert not sync_real(organisation, url, person).problems
    keyset = verify(organisation.spool("anna").read_keyset() or b"", root.pins, NOW)
    assert all(keyset.cards.values())
    with organisation.desk("anna") as work:
        assert not work.refusal


def test_a_portal_with_the_old_key_only_complains(organisation: Organisation, tmp_path: Path) -> None:
    """Handing out before the operator is ready loses nothing: the list waits in the spool."""
    old = organisation.root()
    root, handout = succeed(organisation, old)
    with real_portal(tmp_path / "portal", ORGANISATION, old.pins.root_key, lambda: NOW) as url:
        sync_real(organisation, url, "bram")
        organisation.take("anna", handout)
        with pytest.raises(CourierError):
            sync_real(organisation, url, "anna")
    with real_portal(tmp_path / "portal", ORGANISATION, root.pins.root_key, lambda: NOW) as url:
        assert not sync_real(organisation, url, "anna").problems


def test_a_backup_from_before_goes_on_after_it(organisation: Organisation, tmp_path: Path) -> None:
    """A workstation restored under the old pin follows when it is listed, with all that it held."""
    write(organisation, BOX, "kanarie-uit")
    with organisation.desk("anna"):
        pass
    kept = back_up(organisation, tmp_path / "anna.kopie")
    with organisation.unlocked("anna") as keyring:
        lost = keyring.id
    root, handout = succeed(organisation, organisation.root())
    for person in ("bram", "chris"):
        organisation.take(person, handout)
    bring_back(organisation, kept)
    request = (organisation.folder / "nieuw" / "aanmelding.json").read_bytes()
    again = make_roster(root, Changes([open_request(request)], [lost]), (), NOW)
    shutil.rmtree(organisation.station("anna"))
    (organisation.folder / "nieuw").rename(organisation.station("anna"))
    for person in PERSONS:
        organisation.take(person, again)
    organisation.publish()
    with organisation.desk("anna") as work:
        assert not work.refusal
        assert [m.payload.body.text for c in work.inbox() for m in c.messages] == ["kanarie-uit"]
        work.answer(work.inbox()[0], "Dag", NOW)
    assert len(organisation.replies("anna")) == 1


def test_a_backup_and_keyrings_without_successions_still_open(organisation: Organisation, tmp_path: Path) -> None:
    """What an earlier version of this program wrote names none."""
    with organisation.unlocked("anna") as keyring:
        fields = content.serialize(keyring.state)
        del fields["successions"]
        assert content.parse(fields) == keyring.state
    root = organisation.root()
    root.save()
    assert organisation.root().successions == ()
    with (back_up(organisation, tmp_path / "kopie")).open("rb") as file:
        opener, data = Opener(file, PASSPHRASE), b""
        while not opener.at_end:
            data += opener.read(1)
    assert b'"successions":[]' in data


def take_until(organisation: Organisation, handout: Handout, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    with watch(disk, monkeypatch):
        try:
            organisation.take("anna", handout)
        except PowerCutError:
            pass


def test_a_power_cut_leaves_the_old_root_or_the_new_one(
    organisation: Organisation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pin, chain and list change in one saving; taking the handout again ends where it would have."""
    old = organisation.root()
    root, handout = succeed(organisation, old)
    wanted = (root.pins.root_key, 2)

    def lie(name: str, cut: int | None) -> tuple[Organisation, Disk]:
        copy = tmp_path / name
        for part in ("anna", "anna-spool"):
            shutil.copytree(organisation.folder / part, copy / part)
        return Organisation(copy), Disk(copy, cut)

    whole, disk = lie("heel", None)
    take_until(whole, handout, disk, monkeypatch)
    assert disk.steps > 10
    seen = set()
    # The keyring is saved first; after it come documents, one like the other.
    for step in (*range(12), *range(12, disk.steps, 12)):
        cut, broken = lie(f"dag-{step}", step)
        take_until(cut, handout, broken, monkeypatch)
        assert broken.dead
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", lambda _descriptor: None)
            loss = LOSSES[step % len(LOSSES)]
            broken.rebuild(tmp_path / f"{loss}-{step}", loss)
            after = Organisation(tmp_path / f"{loss}-{step}")
            found = pinned(after, "anna")
            with after.unlocked("anna") as keyring:
                # Whatever it is, it fits together.
                assert keyring.state.roster is not None
                open_roster(keyring.state.roster, keyring.pins)
                assert len(keyring.state.successions) == (found == wanted)
            seen.add(found)
            after.take("anna", handout)
            assert pinned(after, "anna") == wanted
        shutil.rmtree(tmp_path / f"{loss}-{step}")
        shutil.rmtree(tmp_path / f"dag-{step}")
    assert seen == {(old.pins.root_key, 1), wanted}


def begin_anew(organisation: Organisation, root: RootKeyring) -> None:
    """Enrol everybody once more under a root that knows nobody, each with a stick that was begun anew."""
    requests = []
    for person in PERSONS:
        with organisation.unlocked(person) as keyring:
            pin_anew(keyring, root.pins.root_key)
            requests.append(open_request(serialize_document(make_request(keyring))))
    handout = make_roster(root, Changes(requests), (), NOW)
    for person in PERSONS:
        shutil.rmtree(organisation.folder / f"{person}-spool")
        organisation.take(person, handout)
    organisation.publish()


def test_a_lost_root_costs_nobody_their_conversations(organisation: Organisation) -> None:
    """Everybody enrols anew with the keys that they have: earlier answers stay authentic, later ones are."""
    write(organisation, BOX, "Hallo")
    with organisation.desk("anna") as work:
        work.answer(work.inbox()[0], "Eerste", NOW)
    (first,) = organisation.collect("anna")
    shutil.rmtree(organisation.station("root"))
    root = make_root(organisation.station("root"), ORGANISATION, PASSPHRASE, CHEAP)
    begin_anew(organisation, root)
    with organisation.desk("anna") as work:
        assert not work.refusal
        work.answer(work.inbox()[0], "Tweede", NOW)
    second = next(r for r in organisation.collect("anna") if r != first)
    read = [read_reply(organisation, BOX, record).payload for record in (first, second)]
    assert [(p.number, p.body.text) for p in read] == [(0, "Eerste"), (1, "Tweede")]


def test_a_backup_from_before_the_root_was_lost_still_comes_back(organisation: Organisation, tmp_path: Path) -> None:
    """Restored under the lost root's pin, it is enrolled under the new one as the others are."""
    write(organisation, BOX, "kanarie-uit")
    with organisation.desk("anna"):
        pass
    kept = back_up(organisation, tmp_path / "anna.kopie")
    bring_back(organisation, kept)
    shutil.rmtree(organisation.station("anna"))
    (organisation.folder / "nieuw").rename(organisation.station("anna"))
    begin_anew(organisation, new_root(organisation))
    with organisation.desk("anna") as work:
        assert not work.refusal
        assert [m.payload.body.text for c in work.inbox() for m in c.messages] == ["kanarie-uit"]


def test_a_handout_says_nothing_of_successions_where_there_are_none(organisation: Organisation) -> None:
    """Until a root hands over, handouts are the bytes that they were; an empty list is another spelling."""
    handout = organisation.hand_out([])
    data = serialize_handout(handout)
    assert b"successions" not in data
    with pytest.raises(Exception, match="left out"):
        parse_handout(serialize_json({**parse_json(data), "successions": []}))


def test_a_newer_list_of_the_new_root_heals_a_theft(organisation: Organisation) -> None:
    """A thief of the old root signed a list before anybody heard of the succession: a higher number ends it."""
    copy = (organisation.station("root") / "root-keyring").read_bytes()
    root, handout = succeed(organisation, organisation.root())
    (organisation.station("root") / "root-keyring").write_bytes(copy)
    organisation.take("anna", organisation.hand_out([]))
    refused(organisation, "anna", handout, "spreken elkaar tegen")
    newer = make_roster(root, Changes(), (), NOW)
    organisation.take("anna", newer)
    assert pinned(organisation, "anna") == (root.pins.root_key, 3)


def test_a_list_of_the_new_root_cannot_be_older_than_the_succession(organisation: Organisation) -> None:
    """Its numbers go on; one that begins again would let everybody's clock of versions run back."""
    organisation.hand_out([])
    root = new_root(organisation)
    old = organisation.root()
    last = read_last(old)
    assert last is not None
    signed = Succession(ORGANISATION, old.pins.root_key, root.pins.root_key, last.version + 5, last.hash)
    document = sign_document(labels.TYPE_SUCCESSION, serialize_succession(signed), old.signing)
    handout = go_on(root, name_successor(old, root.pins.root_key))
    refused(organisation, "anna", replace(handout, successions=(document,)), "ouder")
