"""The ceremonies: in any order, repeated, interrupted and attacked."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from crypto import labels
from crypto.age import file as age
from crypto.age.hybrid import recipient_of
from crypto.encoding import digest, parse_json, serialize_json
from crypto.errors import ForgedError
from crypto.keyset import verify
from crypto.roster import open_roster
from crypto.signing import sign_document
from crypto.verifying import Document, parse_document, serialize_document
from crypto.week import WEEK_SECONDS, week_number
from tests.workstation.helpers import CHEAP, ORGANISATION, PASSPHRASE, PERSONS, Organisation, found
from tests.world import NOW
from workstation.ceremony.credential import open_credential
from workstation.ceremony.enrolment import list_words, make_request, open_request
from workstation.ceremony.handout import Handout, parse_handout, serialize_handout
from workstation.ceremony.renewal import renew
from workstation.ceremony.root import make_root
from workstation.ceremony.roster import Changes, adopt_previous, make_roster, read_last
from workstation.errors import WorkstationError
from workstation.keyring.workstation import open_keyring

# Each chain makes and seals a dozen keys and cards for everybody.
pytestmark = pytest.mark.slow


def ids(organisation: Organisation) -> dict[str, bytes]:
    last = read_last(organisation.root())
    assert last is not None
    return {w.person: w.id for w in last.active.values()}


def credential(organisation: Organisation, person: str) -> bytes:
    with organisation.unlocked(person) as keyring:
        assert keyring.state.credential is not None
        return keyring.state.credential


def test_the_chain_of_ceremonies_ends_in_a_keyset_that_verifies(organisation: Organisation) -> None:
    """Root, three enrolments, roster, handout, cards and freshness: every workstation has a card."""
    keyset = organisation.keyset()
    assert {w.person for w in keyset.roster.active.values()} == set(PERSONS)
    assert all(keyset.cards.values())
    assert keyset.roster.threshold == 2


def test_the_keyset_verifies_without_the_counsellor_who_is_away(organisation: Organisation) -> None:
    """Chris enrolled and then never came back: colleagues carry their cards from the handout."""
    data = organisation.publish(("anna", "bram"))
    assert all(verify(data, organisation.pins(), NOW).cards.values())


def test_a_team_of_one_works(tmp_path: Path) -> None:
    """The threshold of a single person is one."""
    organisation = found(tmp_path, ("anna",))
    assert organisation.keyset().roster.threshold == 1


def test_everybody_gets_the_same_credential_which_the_roster_vouches_for(organisation: Organisation) -> None:
    """One team, one credential; the portal knows its hash only."""
    known = {credential(organisation, person) for person in PERSONS}
    assert {digest(c) for c in known} == {organisation.keyset().roster.credential}


def test_both_sides_of_the_telephone_see_the_same_eight_words(organisation: Organisation) -> None:
    """What enrolment shows is what the root holder compares; one changed byte changes the words."""
    data = organisation.enrol("dirk")
    document = parse_document(data)
    request = open_request(data)
    assert request.words == list_words(request.workstation.verifying_key, document)
    assert len(request.words) == 8
    other = Document(document.payload_type, document.payload + b" ", document.signature)
    assert list_words(request.workstation.verifying_key, other) != request.words


@pytest.mark.parametrize("field", ["name", "person", "affiliations", "organisation"])
def test_an_altered_request_is_refused(organisation: Organisation, field: str) -> None:
    """Whoever carries the file cannot change who asks."""
    document = parse_document(organisation.enrol("dirk"))
    fields = parse_json(document.payload)
    fields[field] = ["Bende"] if field == "affiliations" else "mallory"
    altered = Document(document.payload_type, serialize_json(fields), document.signature)
    with pytest.raises(WorkstationError):
        open_request(serialize_document(altered))


def test_a_request_with_a_card_of_somebody_else_is_refused(organisation: Organisation) -> None:
    """A card must be signed by the key that asks."""
    document = parse_document(organisation.enrol("dirk"))
    fields = parse_json(document.payload)
    other = parse_json(parse_document(organisation.enrol("emma")).payload)
    with organisation.unlocked("dirk") as keyring:
        signing = keyring.state.signing
    fields["cards"] = other["cards"]
    forged = sign_document(labels.TYPE_ENROLMENT, serialize_json(fields), signing)
    with pytest.raises(WorkstationError):
        open_request(serialize_document(forged))


def test_a_request_for_another_organisation_is_not_listed(organisation: Organisation) -> None:
    """Two teams may meet at one root holder's table."""
    request = open_request(organisation.enrol("dirk"))
    with pytest.raises(WorkstationError, match="andere organisatie"):
        make_roster(organisation.root(), Changes([replace(request, organisation="andere")]), (), NOW)


def test_the_same_request_twice_changes_nothing_but_the_version(organisation: Organisation) -> None:
    """Repetition is harmless; versions form a chain of hashes."""
    with organisation.unlocked("anna") as keyring:
        again = serialize_document(make_request(keyring))
    before = read_last(organisation.root())
    organisation.hand_out([again])
    after = read_last(organisation.root())
    assert before is not None
    assert after is not None
    assert after.workstations == before.workstations
    assert (after.version, after.previous) == (before.version + 1, before.hash)
    assert after.credential == before.credential


def test_a_removal_rotates_the_credential_and_its_handout_is_not_for_the_removed(organisation: Organisation) -> None:
    """Who left keeps nothing that works."""
    old = credential(organisation, "chris")
    gone = ids(organisation)["chris"]
    handout = organisation.hand_out([], [gone])
    assert gone not in handout.credentials
    for person in ("anna", "bram"):
        organisation.take(person, handout)
        assert credential(organisation, person) != old
    with pytest.raises(WorkstationError, match="niet \\(meer\\) op de lijst"):
        organisation.take("chris", handout)
    keyset = verify(organisation.publish(("anna", "bram")), organisation.pins(), NOW)
    assert gone not in keyset.cards
    assert gone in keyset.roster.listed


def test_a_retired_workstation_never_comes_back_and_is_forgotten_after_thirty_weeks(organisation: Organisation) -> None:
    """Ids are never used again; old replies can be verified for as long as they may lie there."""
    with organisation.unlocked("chris") as keyring:
        again = serialize_document(make_request(keyring))
    gone = ids(organisation)["chris"]
    organisation.hand_out([], [gone])
    with pytest.raises(WorkstationError, match="eerder afgemeld"):
        organisation.hand_out([again])
    for weeks, listed in ((29, True), (31, False)):
        organisation.hand_out([], now=NOW + weeks * WEEK_SECONDS)
        last = read_last(organisation.root())
        assert last is not None
        assert (gone in last.listed) is listed


def test_the_last_one_cannot_be_removed_and_strangers_cannot_be_either(organisation: Organisation) -> None:
    """A mistake at the table changes nothing."""
    before = read_last(organisation.root())
    for retire in ([*ids(organisation).values()], [bytes(32)]):
        with pytest.raises(WorkstationError):
            organisation.hand_out([], retire)
    assert read_last(organisation.root()) == before


def test_a_handout_of_another_root_is_refused(organisation: Organisation, tmp_path: Path) -> None:
    """The root key was pinned at enrolment."""
    stranger = found(tmp_path / "vreemd", ("anna",))
    handout = stranger.hand_out([])
    with pytest.raises(WorkstationError, match="niet de lijst van uw eigen team"):
        organisation.take("anna", handout)


def test_an_older_handout_is_refused_after_a_newer_one(organisation: Organisation) -> None:
    """Rolling back would bring back whoever was removed."""
    first = organisation.hand_out([])
    organisation.take("anna", organisation.hand_out([]))
    with pytest.raises(WorkstationError, match="ouder"):
        organisation.take("anna", first)


def test_two_rosters_of_one_version_are_an_alarm(organisation: Organisation) -> None:
    """A root that signs twice, or a copy of it, is noticed."""
    backup = (organisation.station("root") / "root-keyring").read_bytes()
    first = organisation.hand_out([])
    (organisation.station("root") / "root-keyring").write_bytes(backup)
    second = organisation.hand_out([], now=NOW + 24 * 3600)
    organisation.take("anna", first)
    with pytest.raises(WorkstationError, match="spreken elkaar tegen"):
        organisation.take("anna", second)


def test_an_expired_handout_is_refused(organisation: Organisation) -> None:
    """Thirteen weeks, and not a day longer."""
    handout = organisation.hand_out([])
    organisation.take("anna", handout, NOW + 13 * WEEK_SECONDS)
    with pytest.raises(WorkstationError, match="verlopen"):
        organisation.take("anna", handout, NOW + 13 * WEEK_SECONDS + 24 * 3600)


def test_a_restored_root_goes_on_from_a_later_handout(organisation: Organisation) -> None:
    """With --previous, an old backup of the root does not sign a version twice."""
    backup = (organisation.station("root") / "root-keyring").read_bytes()
    handout = organisation.hand_out([])
    (organisation.station("root") / "root-keyring").write_bytes(backup)
    root = organisation.root()
    adopt_previous(root, handout.roster)
    assert root.roster == handout.roster
    with pytest.raises(WorkstationError):
        adopt_previous(root, Document(handout.roster.payload_type, handout.roster.payload, bytes(64)))


def test_a_handout_is_read_only_as_it_is_written(organisation: Organisation) -> None:
    """Parse and serialize are inverse, and nobody's credential opens for another."""
    handout = organisation.hand_out([])
    assert serialize_handout(parse_handout(serialize_handout(handout))) == serialize_handout(handout)
    roster = open_roster(handout.roster, organisation.pins())
    with organisation.unlocked("anna") as keyring:
        identities = [card.identity for card in keyring.state.cards.values()]
        assert open_credential(handout.credentials[keyring.id], identities, roster)
        with pytest.raises(Exception, match="no identity opens"):
            open_credential(handout.credentials[ids(organisation)["bram"]], identities, roster)


def test_a_credential_that_the_roster_does_not_name_is_refused(organisation: Organisation) -> None:
    """Anybody can seal something to a card; only the root can say which credential is ours."""
    handout = organisation.hand_out([])
    roster = open_roster(handout.roster, organisation.pins())
    with organisation.unlocked("anna") as keyring:
        identity = keyring.state.cards[week_number(NOW)].identity
        forged = age.encrypt(os.urandom(32), [recipient_of(identity)], os.urandom)
        with pytest.raises(ForgedError):
            open_credential(forged, [identity], roster)
    before = credential(organisation, "anna")
    organisation.take("anna", Handout(handout.roster, handout.cards, {ids(organisation)["anna"]: forged}))
    assert credential(organisation, "anna") == before


def test_renewing_twice_changes_nothing(organisation: Organisation) -> None:
    """Cards are made once; documents that were sent are not sent again."""
    spool = organisation.spool("anna")
    for name in spool.list_documents():
        spool.mark_document_sent(name)
    with organisation.unlocked("anna") as keyring:
        before = dict(keyring.state.cards)
        done = renew(keyring, spool, NOW)
        assert (done.cards, done.waiting, done.vouched) == (0, 0, True)
        assert keyring.state.cards == before


def test_cards_reach_twelve_weeks_ahead_in_every_week(organisation: Organisation) -> None:
    """A week later one card is added, and a new statement waits."""
    spool = organisation.spool("anna")
    with organisation.unlocked("anna") as keyring:
        assert max(keyring.state.cards) == week_number(NOW) + 12
        done = renew(keyring, spool, NOW + WEEK_SECONDS)
        assert done.cards == 1
    assert sum(name.startswith("3-") for name in spool.list_documents()) == 1


def test_what_the_portal_lost_is_published_again(organisation: Organisation) -> None:
    """Its keyset lacks Anna's card although it once acknowledged it."""
    spool = organisation.spool("anna")
    for name in spool.list_documents():
        spool.mark_document_sent(name)
    fields = parse_json(spool.read_keyset() or b"")
    with organisation.unlocked("anna") as keyring:
        own = serialize_document(keyring.sign_card(week_number(NOW)))
        fields["cards"] = [card for card in fields["cards"] if serialize_json(card) != own]
        spool.put_keyset(serialize_json(fields))
        assert renew(keyring, spool, NOW).waiting == 1
    assert spool.list_documents()[0].startswith("2-card-")


def test_a_card_that_contradicts_a_known_one_stops_the_statement(organisation: Organisation) -> None:
    """A portal that swaps a colleague's card, with that colleague's key or without, is not vouched for."""
    spool = organisation.spool("anna")
    with organisation.unlocked("bram") as bram:
        bram.make_card(week_number(NOW))
        swapped = bram.sign_card(week_number(NOW))
    fields = parse_json(spool.read_keyset() or b"")
    fields["cards"] = [parse_json(serialize_document(swapped))]
    spool.put_keyset(serialize_json(fields))
    with organisation.unlocked("anna") as keyring, pytest.raises(WorkstationError, match="spreken elkaar tegen"):
        renew(keyring, spool, NOW)


def test_a_copy_of_a_workstation_is_noticed(organisation: Organisation) -> None:
    """A card of ours that we did not make means that our keys are at work elsewhere."""
    spool = organisation.spool("anna")
    with organisation.unlocked("anna") as keyring:
        mine = keyring.state.cards[week_number(NOW)]
        keyring.make_card(week_number(NOW))
        copied = keyring.sign_card(week_number(NOW))
        keyring.state.cards[week_number(NOW)] = mine
        fields = parse_json(spool.read_keyset() or b"")
        fields["cards"] = [parse_json(serialize_document(copied))]
        spool.put_keyset(serialize_json(fields))
        with pytest.raises(WorkstationError, match="spreken elkaar tegen"):
            renew(keyring, spool, NOW)


def test_nothing_is_vouched_for_before_everybodys_cards_are_known(tmp_path: Path) -> None:
    """A handout without Bram's cards is no ground to speak for the team."""
    organisation = Organisation(tmp_path)
    make_root(organisation.station("root"), ORGANISATION, PASSPHRASE, CHEAP)
    handout = organisation.hand_out([organisation.enrol(person) for person in ("anna", "bram")])
    with organisation.unlocked("anna") as keyring:
        own = [d for d in handout.cards if d.payload in {keyring.sign_card(w).payload for w in keyring.state.cards}]
    organisation.take("anna", Handout(handout.roster, tuple(own), handout.credentials))
    assert not [name for name in organisation.spool("anna").list_documents() if name.startswith("3-")]
    organisation.take("anna", handout)
    assert [name for name in organisation.spool("anna").list_documents() if name.startswith("3-")]


def test_two_workstations_of_one_person_count_once(organisation: Organisation) -> None:
    """Anna's second machine is listed beside the first."""
    request = organisation.enrol("anna", folder="anna-twee")
    last = parse_document(serialize_document(organisation.hand_out([request]).roster))
    roster = open_roster(last, organisation.pins())
    assert sorted(w.person for w in roster.active.values()) == ["anna", "anna", "bram", "chris"]


def test_a_roster_holds_eleven_workstations_at_most(organisation: Organisation) -> None:
    """The twelfth is refused, and the keyring of the root stays as it was."""
    before = read_last(organisation.root())
    requests = [organisation.enrol(f"persoon-{i}") for i in range(9)]
    with pytest.raises(WorkstationError, match="1 tot 11"):
        organisation.hand_out(requests)
    assert read_last(organisation.root()) == before


def test_an_interrupted_handout_can_be_taken_again(organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Power loss between adopting and saving leaves a workstation that can simply repeat the step."""
    handout = organisation.hand_out([])

    def cut(*_args: object) -> None:
        raise OSError("stroom weg")

    with monkeypatch.context() as patch:
        patch.setattr("workstation.files.write_atomic", cut)
        with pytest.raises(OSError, match="stroom"):
            organisation.take("anna", handout)
    organisation.take("anna", handout)
    keyring = open_keyring(organisation.station("anna"), PASSPHRASE)
    assert keyring.state.roster == handout.roster
    keyring.close()
