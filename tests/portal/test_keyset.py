"""The keyset's two calls. spec: Server, Keyset."""

from dataclasses import replace

import pytest

from crypto import keyset, labels
from crypto.encoding import digest, encode_b64u, serialize_json
from crypto.roster import Roster
from crypto.signing import sign_document, verifying_key
from crypto.verifying import Document, serialize_document
from crypto.week import GRACE_SECONDS
from portal.app import create_app
from portal.config import Config
from portal.upkeep import tasks
from tests.portal.helpers import Portal, Post, SettableClock
from tests.world import NOW, WEEK, Team, make_team, monday, sign_roster

# In this process, and by several workers.
pytestmark = pytest.mark.served


def get(portal: Portal) -> bytes:
    """Return the served keyset."""
    answer = portal.client.get("/api/v1/keyset")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    return bytes(answer.data)


def cards_of(portal: Portal, weeks: range) -> list[Document]:
    """Make the cards of all counsellors for these weeks."""
    return [counsellor.card(week) for counsellor in portal.team.counsellors for week in weeks]


def test_what_was_published_verifies_in_a_browser(portal: Portal) -> None:
    """The served bytes are a keyset that the protocol's own verification accepts."""
    verified = keyset.verify(get(portal), portal.team.pins, NOW)
    assert verified.roster == portal.team.roster
    assert all(verified.cards.values())


def test_the_keyset_does_not_depend_on_the_order_of_publication(portal: Portal) -> None:
    """The same documents put in any order are served as the same bytes."""
    before = get(portal)
    for document in reversed((portal.team.roster_document, *portal.team.cards, *portal.team.freshness)):
        assert portal.put(document).status_code == 204
    assert get(portal) == before
    assert get(portal) == portal.client.get("/api/v1/keyset").data


def test_before_the_first_roster_there_is_no_keyset(empty: Portal) -> None:
    """503, and nobody can publish a card either."""
    assert empty.client.get("/api/v1/keyset").status_code == 503
    assert empty.put(empty.team.cards[0]).status_code == 403
    assert empty.put(empty.team.freshness[0]).status_code == 403
    assert empty.rows("document") == []


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"null",
        b"not json",
        b"\xff",
        b'{"payload":"","payloadType":"x","signatures":[]}',
        b" " * 65_536,
        b"[" * 65_536,
    ],
)
def test_what_is_no_document_is_malformed(portal: Portal, body: bytes) -> None:
    """400, and nothing changes."""
    before = portal.rows("document")
    assert portal.client.put("/api/v1/keyset", data=body).status_code == 400
    assert portal.rows("document") == before


def test_another_type_of_document_is_malformed(portal: Portal) -> None:
    """Even signed by the root: an enrolment, for example, is not the server's business."""
    document = sign_document(labels.TYPE_ENROLMENT, b"{}", portal.team.root)
    assert portal.put(document).status_code == 400


def test_a_document_in_another_spelling_is_malformed(portal: Portal) -> None:
    """JSON that is not canonical is refused, though its signature would hold."""
    body = serialize_document(portal.team.cards[0])
    assert portal.client.put("/api/v1/keyset", data=body.replace(b":", b": ", 1)).status_code == 400


def test_a_roster_by_another_root_is_refused(portal: Portal) -> None:
    """403: only the configured root names counsellors."""
    _, document = sign_roster(replace(portal.team.roster, version=2), make_team("other").root)
    before = portal.rows("document")
    assert portal.put(document).status_code == 403
    assert portal.rows("document") == before


def test_a_roster_of_another_organisation_is_refused(portal: Portal) -> None:
    """403, though the root is ours."""
    _, document = portal.team.next_roster(organisation="elders")
    assert portal.put(document).status_code == 403


def test_a_payload_changed_after_signing_is_refused(portal: Portal) -> None:
    """One altered byte in a card, a statement or a roster is 403."""
    for document in (portal.team.roster_document, portal.team.cards[0], portal.team.freshness[0]):
        payload = document.payload.replace(b'"organisation":"proef"', b'"organisation":"groep"')
        assert payload != document.payload
        assert portal.put(replace(document, payload=payload)).status_code == 403


def test_a_newer_roster_replaces_the_one_in_force(portal: Portal) -> None:
    """The version counts upwards; only the newest is kept and served."""
    new, document = portal.team.next_roster(expires_on="2027-02-19")
    assert portal.put(document).status_code == 204
    assert serialize_document(document) in get(portal)
    assert [row[2] for row in portal.rows("document") if row[0] == "roster"] == [new.version]


def test_a_roster_is_never_rolled_back(portal: Portal) -> None:
    """An earlier version, and another roster of this version, are 409; the same again is 204."""
    _, newer = portal.team.next_roster()
    _, rival = portal.team.next_roster(threshold=1)
    assert portal.put(newer).status_code == 204
    before = portal.rows("document")
    assert portal.put(portal.team.roster_document).status_code == 409
    assert portal.put(rival).status_code == 409
    assert portal.put(newer).status_code == 204
    assert portal.rows("document") == before


def test_a_roster_below_the_minimum_is_refused(config: Config, empty: Portal, clock: SettableClock) -> None:
    """What the release would not accept, its server does not take: 409."""
    strict = replace(config, organisation=replace(config.organisation, minimum_roster_version=2))
    client = create_app(strict, clock=clock).test_client()
    assert client.put("/api/v1/keyset", data=serialize_document(empty.team.roster_document)).status_code == 409
    _, second = empty.team.next_roster()
    assert client.put("/api/v1/keyset", data=serialize_document(second)).status_code == 204


def test_a_stored_roster_of_another_root_is_no_roster(config: Config, portal: Portal, clock: SettableClock) -> None:
    """After the configured root changed, the old roster gives neither a keyset nor a credential, and is replaced."""
    other = make_team("other")
    organisation = replace(config.organisation, root_key=verifying_key(other.root))
    client = create_app(replace(config, organisation=organisation), clock=clock).test_client()
    assert client.get("/api/v1/keyset").status_code == 503
    assert client.get("/api/v1/intake", headers={"Authorization": portal.courier}).status_code == 401
    assert client.put("/api/v1/keyset", data=serialize_document(other.roster_document)).status_code == 204
    assert client.get("/api/v1/keyset").status_code == 200


def test_a_new_credential_ends_the_old_one(portal: Portal) -> None:
    """With a roster that names another credential, the one before it holds no longer."""
    credential = bytes(32)
    _, document = portal.team.next_roster(credential=digest(credential))
    portal.put(document)
    assert portal.post(Post(), authorization=portal.courier).status_code == 401
    assert portal.post(Post(), authorization="Courier " + encode_b64u(credential)).status_code == 204


def test_there_is_one_card_for_a_workstation_and_week(portal: Portal) -> None:
    """Another card is 409, the same again 204, and the first stays."""
    counsellor = portal.team.counsellors[0]
    before = portal.rows("document")
    assert portal.put(counsellor.card(WEEK, identity=bytes(32))).status_code == 409
    assert portal.put(counsellor.card(WEEK)).status_code == 204
    assert portal.rows("document") == before


def test_only_active_workstations_publish(portal: Portal) -> None:
    """A stranger's and a retired workstation's cards and statements are 403, and the retired one's vanish."""
    stranger = make_team("other").counsellors[0]
    assert portal.put(stranger.card(WEEK)).status_code == 403
    assert portal.put(stranger.freshness(portal.team.roster, ())).status_code == 403
    roster, document = retire(portal.team, 0)
    portal.put(document)
    retired = portal.team.counsellors[0]
    assert portal.put(retired.card(WEEK + 2)).status_code == 403
    assert portal.put(retired.freshness(roster, ())).status_code == 403
    assert serialize_document(portal.team.cards[0]) not in get(portal)


def retire(team: Team, index: int, **changes: object) -> tuple[Roster, Document]:
    """Make a roster in which one workstation is retired."""
    stations = list(team.roster.workstations)
    stations[index] = replace(stations[index], retired_on="2026-11-18")
    return team.next_roster(workstations=tuple(stations), **changes)


def test_a_keyset_verifies_again_once_the_others_have_signed_the_new_roster(portal: Portal) -> None:
    """After somebody left, a colleague's earlier statement that asks for their card is not served any more."""
    roster, document = retire(portal.team, 0, threshold=1)
    portal.put(document)
    assert portal.put(portal.team.counsellors[1].freshness(roster, portal.team.cards[2:])).status_code == 204
    assert serialize_document(portal.team.freshness[2]) not in get(portal)
    assert keyset.verify(get(portal), portal.team.pins, NOW).roster == roster


def test_a_card_of_another_organisation_is_refused(portal: Portal) -> None:
    """403: a key of ours that signs for others is not used here."""
    assert portal.put(portal.team.counsellors[0].card(WEEK + 2, organisation="elders")).status_code == 403


@pytest.mark.parametrize(("week", "status"), [(-2, 409), (-1, 204), (2, 204), (12, 204), (26, 204), (27, 409)])
def test_cards_are_taken_for_weeks_that_matter(portal: Portal, week: int, status: int) -> None:
    """From last week to half a year ahead."""
    assert portal.put(portal.team.counsellors[0].card(WEEK + week)).status_code == status


@pytest.mark.parametrize(("week", "status"), [(-2, 409), (-1, 204), (0, 204), (1, 204), (2, 409)])
def test_statements_are_taken_for_weeks_that_matter(portal: Portal, week: int, status: int) -> None:
    """From last week to the next, since a desk's clock may be a little ahead."""
    statement = portal.team.counsellors[0].freshness(portal.team.roster, (), WEEK + week)
    assert portal.put(statement).status_code == status


def test_a_statement_names_the_roster_in_force(portal: Portal) -> None:
    """One that names an earlier, a later or another roster is 409, so it cannot close the site by mistake."""
    later, document = portal.team.next_roster()
    counsellor = portal.team.counsellors[0]
    before = portal.rows("document")
    assert portal.put(counsellor.freshness(later, portal.team.cards)).status_code == 409
    assert portal.put(counsellor.freshness(replace(portal.team.roster, hash=bytes(32)), ())).status_code == 409
    assert portal.rows("document") == before
    portal.put(document)
    assert portal.put(counsellor.freshness(portal.team.roster, portal.team.cards)).status_code == 409


def test_an_earlier_statement_never_replaces_a_later_one(portal: Portal) -> None:
    """Last week's may still arrive, but this week's is served."""
    counsellor = portal.team.counsellors[0]
    before = get(portal)
    assert portal.put(counsellor.freshness(portal.team.roster, (), WEEK - 1)).status_code == 204
    assert get(portal) == before


def test_the_last_statement_of_a_week_is_served(portal: Portal) -> None:
    """A desk that learned of more cards signs anew."""
    counsellor = portal.team.counsellors[0]
    statement = counsellor.freshness(portal.team.roster, portal.team.cards[:2])
    portal.put(statement)
    assert serialize_document(statement) in get(portal)
    assert serialize_document(portal.team.freshness[0]) not in get(portal)


def test_last_weeks_statement_serves_until_this_weeks_comes(portal: Portal) -> None:
    """In the week after, the statement still counts; two weeks after it is not served."""
    portal.clock.now = monday(1) + GRACE_SECONDS
    assert serialize_document(portal.team.freshness[0]) in get(portal)
    portal.clock.now = monday(2)
    assert serialize_document(portal.team.freshness[0]) not in get(portal)


@pytest.mark.parametrize(
    ("now", "weeks"),
    [
        (monday(1), (0, 1, 2)),
        (monday(1) + GRACE_SECONDS - 1, (0, 1, 2)),
        (monday(1) + GRACE_SECONDS, (1, 2)),
        (monday(2) - 1, (1, 2)),
        (monday(2), (1, 2, 3)),
    ],
)
def test_the_keyset_holds_the_cards_that_may_be_sealed_to(portal: Portal, now: int, weeks: tuple[int, ...]) -> None:
    """The cards of this week and the next, and last week's in the first 48 hours."""
    for card in cards_of(portal, range(WEEK, WEEK + 5)):
        assert portal.put(card).status_code == 204
    portal.clock.now = now
    served = get(portal)
    for week in range(5):
        for card in cards_of(portal, range(WEEK + week, WEEK + week + 1)):
            assert (serialize_document(card) in served) == (week in weeks)


def test_old_documents_are_forgotten_and_the_roster_stays(portal: Portal) -> None:
    """Cards go after thirteen weeks, statements after the next week, the roster never by itself."""
    portal.clock.now = monday(2)
    tasks.expire(portal.config, portal.database, portal.clock)
    assert {row[0] for row in portal.rows("document")} == {"roster", "card"}
    portal.clock.now = monday(13)
    tasks.expire(portal.config, portal.database, portal.clock, clock_is_right=True)
    assert len([row for row in portal.rows("document") if row[0] == "card"]) == len(portal.team.cards)
    portal.clock.now = monday(15)
    tasks.expire(portal.config, portal.database, portal.clock)
    assert {row[0] for row in portal.rows("document")} == {"roster"}


def test_a_key_id_is_ignored_and_not_kept(portal: Portal) -> None:
    """A DSSE keyid is nobody's to trust; the document is stored without it."""
    document = portal.team.counsellors[0].card(WEEK + 5)
    body = serialize_document(document).replace(b'"keyid":""', b'"keyid":"root"')
    assert portal.client.put("/api/v1/keyset", data=body).status_code == 204
    assert serialize_document(document) in [row[3] for row in portal.rows("document")]


def test_the_bytes_are_canonical(portal: Portal) -> None:
    """The keyset is canonical JSON with exactly three keys."""
    served = portal.client.get("/api/v1/keyset")
    assert serialize_json(served.get_json()) == served.data
    assert set(served.get_json()) == {"cards", "freshness", "roster"}
