"""The page of the list and the keys: what it shows is what the commands show, and each state has its next step."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest

from crypto.encoding import decode_b64u, encode_b64u, parse_json, serialize_json
from crypto.labels import TYPE_FRESHNESS
from crypto.verifying import Document, document_json
from crypto.week import WEEK_SECONDS, day_of, week_number, week_start
from tests import pseudo
from tests.portal.test_languages import foreign
from tests.workstation.filing import sit_down
from tests.workstation.helpers import CHEAP, ORGANISATION, PASSPHRASE, PERSONS, Organisation
from tests.workstation.rosterpage import PATH, facts, leave, people, press, seat, snapshot, step, told, words
from tests.workstation.test_desk import HOST
from tests.workstation.test_destruction import live_on
from tests.world import NOW
from workstation import texts
from workstation.ceremony.enrolment import REQUEST_NAME, list_words, open_request
from workstation.ceremony.root import list_root_words, make_root
from workstation.ceremony.roster import Changes, make_roster
from workstation.ceremony.succession import name_successor, take_over
from workstation.commands.telling import words as line_of
from workstation.content import CONTENT
from workstation.courier.credential import read_credential
from workstation.desk import steps
from workstation.desk.notices import list_notices
from workstation.desk.steps import find_step

pytestmark = pytest.mark.slow

DAY_SECONDS = 24 * 3_600
# Of the organisation's roster; see tests/workstation/helpers.py.
EXPIRY = NOW + (date(2027, 2, 17) - date(2026, 11, 18)).days * DAY_SECONDS


def number_of(organisation: Organisation, person: str) -> bytes:
    with organisation.unlocked(person) as keyring:
        return keyring.id


def test_the_page_shows_the_list_and_its_words_as_the_commands_do(organisation: Organisation) -> None:
    """Number, last day, who is on it, and the words for the telephone: of the list and of the root key."""
    with organisation.unlocked("anna") as keyring:
        document, me = keyring.state.roster, keyring.state.me
        assert document is not None
        expected = [line_of(list_words(me.root_key, document)), line_of(list_root_words(me.root_key, ORGANISATION))]
    browser = seat(organisation)
    assert words(browser) == [line.strip() for line in expected]
    assert '<h2 id="nummer">Lijst nummer 1</h2>' in browser.page
    assert "Deze lijst geldt tot en met 17 februari 2027." in browser.page
    assert people(browser) == [
        "Anna (anna), dat bent u Verbonden met: Stichting anna",
        "Bram (bram) Verbonden met: Stichting bram",
        "Chris (chris) Verbonden met: Stichting chris",
    ]
    assert "Van de lijst gehaald" not in browser.page


def test_the_page_shows_how_it_stands_with_the_keys(organisation: Organisation) -> None:
    """Whose they are, until when they serve, who vouches, and when the courier was last done."""
    number = encode_b64u(number_of(organisation, "anna"))
    assert facts(seat(organisation)) == {
        "Van wie deze werkplek is": "Anna (anna)",
        "Nummer van deze werkplek": number,
        "Op de lijst": "ja, op lijst nummer 1",
        # The Sunday of the twelfth week after this one.
        "Uw kaarten reiken tot en met": "14 februari 2027",
        "Uw kaarten op het portaal": "deze week en volgende week",
        "De lijst is deze week bevestigd door": "Anna, Bram, Chris (nodig: 2)",
        "Laatst gesynchroniseerd": "18 november 2026",
        "Sleutel voor de koerier": "aanwezig",
    }


def test_a_gap_ends_what_the_cards_reach(organisation: Organisation) -> None:
    """A card after a week without one opens nothing in that week; without one for today there is no day to name."""
    with organisation.unlocked("anna") as keyring:
        weeks = sorted(keyring.state.cards)
        del keyring.state.cards[weeks[2]]
        # The desk makes what is missing, but for weeks up to one whose secret was destroyed.
        keyring.state.destroyed[weeks[2]] = bytes(32)
        keyring.save()
    browser = seat(organisation)
    assert "achter" in browser.page
    assert facts(browser)["Uw kaarten reiken tot en met"] == "29 november 2026"
    assert day_of(week_start(weeks[2]) - 1) == "2026-11-29"


def test_a_second_workstation_and_who_was_removed_are_named(organisation: Organisation) -> None:
    """One person with two workstations is one person; who left is named with the day."""
    chris = number_of(organisation, "chris")
    # The second has the same names in another folder.
    (organisation.folder / "tweede").mkdir()
    request = organisation.enrol("anna", folder="tweede/anna")
    second = encode_b64u(open_request(request).workstation.id)
    handout = organisation.hand_out([request], [chris])
    for person in ("anna", "bram"):
        organisation.take(person, handout)
    organisation.publish(("anna", "bram"))
    browser = seat(organisation)
    assert people(browser)[0].endswith("· 2 werkplekken, één persoon")
    assert [row.split(" ")[0] for row in people(browser)] == ["Anna", "Bram"]
    assert "een werkplek van Chris, op 18 november 2026" in browser.page
    assert facts(browser)["Uw andere werkplek"] == second


def test_every_page_of_the_open_desk_leads_there_and_back(organisation: Organisation) -> None:
    """From the bar; the page says in the bar which one it is. A locked desk has no such page."""
    browser = sit_down(organisation)
    browser.get()
    assert re.search(r'<a href="/lijst"\s*>Lijst en sleutels</a>', browser.page)
    browser.get(PATH)
    assert re.search(r'<a href="/lijst"\s+aria-current="page">Lijst en sleutels</a>', browser.page)
    assert 'href="/"' in browser.page
    leave(browser)
    response = browser.get(PATH)
    assert (response.status_code, response.location) == (303, "/")


def test_the_other_language_is_chosen_without_leaving_the_page(organisation: Organisation) -> None:
    """Everything but names and the words, which are read aloud in Dutch, is English then."""
    browser = seat(organisation)
    button = re.search(r'formaction="(/keuze[^"]*)"', browser.page)
    assert button is not None
    assert browser.post(button[1], {"language": "en"}).location == PATH
    before = words(browser)
    browser.get(PATH)
    assert "The list and your keys" in browser.page
    assert step(browser) == "You need do nothing"
    assert words(browser) == before


def nothing(_organisation: Organisation) -> None:
    """Leave everything as it is."""


def enrol_only(organisation: Organisation) -> None:
    """Let Anna's workstation be new: enrolled, and on no list that it knows."""
    shutil.rmtree(organisation.station("anna"))
    shutil.rmtree(organisation.folder / "anna-spool")
    (organisation.folder / "anna-spool").mkdir()
    request = organisation.enrol("anna")
    (organisation.station("anna") / REQUEST_NAME).write_bytes(request)


def restore(organisation: Organisation) -> None:
    """Let Anna's workstation have new keys, and the list that its backup knew."""
    with organisation.unlocked("anna") as keyring:
        document = keyring.state.roster
    shutil.rmtree(organisation.station("anna"))
    request = organisation.enrol("anna")
    (organisation.station("anna") / REQUEST_NAME).write_bytes(request)
    with organisation.unlocked("anna") as keyring:
        keyring.state.roster = document
        keyring.save()


def remove_anna(organisation: Organisation) -> None:
    handout = organisation.hand_out([], [number_of(organisation, "anna")])
    for person in ("bram", "chris"):
        organisation.take(person, handout)
    data = organisation.publish(("bram", "chris"))
    organisation.spool("anna").put_keyset(data)


def take_a_list(organisation: Organisation) -> None:
    """Let Anna alone take a newer list; the portal has the one before."""
    organisation.take("anna", organisation.hand_out([]))


def let_colleagues_go_ahead(organisation: Organisation) -> None:
    """Let a colleague vouch for a newer list at a portal that withholds it."""
    before = organisation.documents("anna")
    organisation.take("bram", organisation.hand_out([]))
    newer = [d for d in organisation.documents("bram") if d.payload_type == TYPE_FRESHNESS]
    keyset = organisation.spool("anna").read_keyset() or b""
    assert before
    organisation.spool("anna").put_keyset(replace_freshness(keyset, newer))


def replace_freshness(keyset: bytes, statements: Sequence[Document]) -> bytes:
    fields = parse_json(keyset)
    assert isinstance(fields, dict)
    return serialize_json({**fields, "freshness": [document_json(s) for s in statements]})


def let_nobody_vouch(organisation: Organisation) -> None:
    keyset = organisation.spool("anna").read_keyset() or b""
    organisation.spool("anna").put_keyset(replace_freshness(keyset, []))


def succeed(organisation: Organisation, takers: tuple[str, ...], publishers: tuple[str, ...]) -> None:
    root = make_root(organisation.folder / "tweede", ORGANISATION, PASSPHRASE, CHEAP)
    take_over(root, name_successor(organisation.root(), root.pins.root_key))
    handout = make_roster(root, Changes(), (), NOW)
    for person in takers:
        organisation.take(person, handout)
    if publishers:
        organisation.spool("anna").put_keyset(organisation.publish(publishers))


def follow_before_the_server(organisation: Organisation) -> None:
    succeed(organisation, ("anna",), ())


def miss_a_succession(organisation: Organisation) -> None:
    succeed(organisation, ("bram", "chris"), ("bram", "chris"))


def fork(organisation: Organisation) -> None:
    """Let Anna and her colleagues hold two lists of one number."""
    copy = (organisation.station("root") / "root-keyring").read_bytes()
    organisation.take("anna", organisation.hand_out([]))
    (organisation.station("root") / "root-keyring").write_bytes(copy)
    other = organisation.hand_out([], now=NOW + DAY_SECONDS)
    for person in ("bram", "chris"):
        organisation.take(person, other)
    organisation.spool("anna").put_keyset(organisation.publish(("bram", "chris")))


def lose_the_key(organisation: Organisation) -> None:
    """Let the courier's key be that of another list."""
    with organisation.unlocked("anna") as keyring:
        keyring.state.credential = bytes(32)
        keyring.save()


def let_a_copy_work(organisation: Organisation) -> None:
    """Let the portal have another card of Anna's than she made: somebody else has her keyring."""
    with organisation.unlocked("anna") as keyring:
        keyring.make_card(week_number(NOW))
        keyring.save()


def forget_keyset(organisation: Organisation) -> None:
    """Let Anna have a new stick."""
    shutil.rmtree(organisation.folder / "anna-spool")
    (organisation.folder / "anna-spool").mkdir()


def pull_out(organisation: Organisation) -> None:
    shutil.rmtree(organisation.folder / "anna-spool")


def damage_keyset(organisation: Organisation) -> None:
    organisation.spool("anna").put_keyset(b"{}")


def grow_old(organisation: Organisation) -> None:
    live_on(organisation, EXPIRY - 21 * DAY_SECONDS)


def grow_older(organisation: Organisation) -> None:
    live_on(organisation, EXPIRY)


def leave_out_chris(organisation: Organisation) -> None:
    organisation.publish(("anna", "bram"))


def keep_next_week_back(organisation: Organisation) -> None:
    """Let the courier have been there this week, when the portal had no newer card of Anna's."""
    organisation.spool("anna").put_synced(day_of(NOW + WEEK_SECONDS))


STATES = [
    (nothing, NOW, "U hoeft niets te doen"),
    (enrol_only, NOW, "Laat uw werkplek op de lijst zetten"),
    (restore, NOW, "Deze werkplek staat niet op de lijst"),
    (remove_anna, NOW, "Deze werkplek is van de lijst gehaald"),
    (nothing, EXPIRY + DAY_SECONDS, "De lijst is verlopen"),
    (grow_older, EXPIRY, "Vraag om een nieuwe lijst"),
    (grow_old, EXPIRY - 21 * DAY_SECONDS, "Vraag om een nieuwe lijst"),
    (forget_keyset, NOW, "Breng de lijst naar het portaal"),
    (take_a_list, NOW, "Breng de lijst naar het portaal"),
    (let_colleagues_go_ahead, NOW, "Er is een nieuwere lijst dan de uwe"),
    (follow_before_the_server, NOW, "Wacht tot de site de nieuwe hoofdsleutel heeft"),
    (miss_a_succession, NOW, "Het portaal toont een lijst van een andere hoofdsleutel"),
    (let_nobody_vouch, NOW, "Laat uw collega's de lijst bevestigen"),
    (fork, NOW, "Antwoord niet, en bel uw collega's"),
    (let_a_copy_work, NOW, "Antwoord niet, en bel uw collega's"),
    (lose_the_key, NOW, "Haal de sleutel voor de koerier uit het uitdeelbestand"),
    (pull_out, NOW, "Antwoorden kan nu niet"),
    (damage_keyset, NOW, "Antwoorden kan nu niet"),
    (nothing, NOW + 2 * DAY_SECONDS, "Synchroniseer"),
    (keep_next_week_back, NOW + WEEK_SECONDS, "Breng uw kaart voor volgende week naar het portaal"),
    (leave_out_chris, NOW, "Vraag een collega het bureau te openen"),
]


@pytest.mark.parametrize(("prepare", "now", "title"), STATES)
def test_each_state_has_one_step_and_the_warnings_agree_with_it(
    organisation: Organisation, prepare: Callable[[Organisation], None], now: int, title: str
) -> None:
    """What is done, what to check and what comes next, each said; a step is due exactly where there is a warning."""
    prepare(organisation)
    browser = seat(organisation, now=now)
    assert step(browser) == title
    part = browser.page.partition('<h2 id="stap">')[2].partition("</section>")[0]
    assert re.findall(r"<dt>([^<]*)</dt>", part) == ["Gedaan", "Controleer", "Daarna"]
    assert len(re.findall(r"<dd>[^<]+</dd>", part)) == 3
    warned = 'class="notices"' in browser.page
    assert warned == (title != "U hoeft niets te doen")
    browser.get()
    assert ('<a href="/lijst">' + title.replace("'", "&#39;") + ": stap voor stap</a>" in browser.page) == warned
    leave(browser)
    with organisation.desk("anna", now) as work:
        assert bool(list_notices(work, now)) == find_step(work, now).is_due == warned


def test_every_step_is_reached_by_some_state() -> None:
    """So that a step that is added is met by a test."""
    source = re.findall(r'return Step\(\s*_\("([^"]+)"\)', Path(steps.__file__).read_text(encoding="utf-8"))
    assert sorted(source) == sorted({title for _prepare, _now, title in STATES})


def test_who_is_not_on_the_list_reads_the_words_of_the_request(organisation: Organisation) -> None:
    """They are those of the file that was brought away, though cards were made since."""
    enrol_only(organisation)
    expected = open_request((organisation.station("anna") / REQUEST_NAME).read_bytes()).words
    browser = seat(organisation, now=NOW + 2 * WEEK_SECONDS)
    assert " ".join(expected) in words(browser)
    assert facts(browser)["Op de lijst"] == "nee"
    assert facts(browser)["Sleutel voor de koerier"].startswith("ontbreekt")
    # One that was damaged, or is not there, is left out.
    for data in (b"{", None):
        path = organisation.station("anna") / REQUEST_NAME
        path.unlink() if data is None else path.write_bytes(data)
        browser.get(PATH)
        assert len(words(browser)) == 1


def test_renewing_is_said_and_repeating_it_does_no_harm(organisation: Organisation) -> None:
    """The desk did it already when it was opened: no card is made twice, and the same documents wait."""
    browser = seat(organisation)
    before = snapshot(organisation)
    for _again in range(2):
        assert press(browser, "vernieuwen").location.endswith(PATH)
        said = told(browser)
        assert said[:2] == ["0 nieuwe weekkaarten gemaakt.", "De lijst is voor deze week bevestigd."]
        assert "Van iedereen op de lijst is een kaart bekend." in said
        assert said[-1] == "Synchroniseer, en laad deze pagina opnieuw."
    assert snapshot(organisation) == before
    # Said once.
    browser.get(PATH)
    assert told(browser) == []


def test_renewing_without_a_stick_says_so(organisation: Organisation) -> None:
    """And with a stick of somebody else's."""
    browser = seat(organisation)
    shutil.rmtree(organisation.folder / "anna-spool")
    press(browser, "vernieuwen")
    assert "Zit de USB-stick erin?" in browser.page
    assert told(browser) == []


def test_the_couriers_key_is_saved_as_the_courier_reads_it(organisation: Organisation) -> None:
    """The same bytes as `card --credential-file` writes; in no page, and only for a form of the desk's own."""
    browser = seat(organisation)
    response = browser.post(f"{PATH}/koerier")
    data = response.get_data()
    assert response.headers["Content-Disposition"] == "attachment; filename=koerier.key"
    assert response.headers["Cache-Control"] == "no-store"
    assert data.decode().strip() not in browser.page
    leave(browser)
    path = organisation.folder / "koerier.key"
    path.write_bytes(data)
    with organisation.unlocked("anna") as keyring:
        assert read_credential(path) == keyring.state.credential == decode_b64u(data.decode().strip())
    browser.unlock()
    browser.get(PATH)
    refused = browser.post(f"{PATH}/koerier", token="onzin")
    assert (refused.status_code, refused.location) == (303, "/melding")
    stranger = browser.client.post(
        f"{browser.below}{PATH}/koerier", headers={"Host": HOST, "Sec-Fetch-Site": "cross-site"}
    )
    assert stranger.status_code == 403


def test_a_couriers_key_that_no_list_names_is_not_offered(organisation: Organisation) -> None:
    """Of a list from before, or none at all: the page says what to do."""
    with organisation.unlocked("anna") as keyring:
        keyring.state.credential = bytes(32)
        keyring.save()
    browser = seat(organisation)
    assert "koerier.key opslaan" not in browser.page
    assert facts(browser)["Sleutel voor de koerier"].startswith("van een vorige lijst")
    assert browser.post(f"{PATH}/koerier").status_code == 303
    browser.get(PATH)
    assert "nog geen koerierssleutel" in browser.page


@pytest.mark.parametrize(("prepare", "now", "title"), STATES)
def test_no_sentence_of_the_page_lies_outside_the_catalogue(
    organisation: Organisation,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    prepare: Callable[[Organisation], None],
    now: int,
    title: str,
) -> None:
    """In a language that nobody speaks every word is of that language, but for names, numbers and the words."""
    folder = tmp_path_factory.mktemp("pseudo")
    shutil.copytree(CONTENT, folder / "content")
    pseudo.add(folder / "content" / "translations")
    monkeypatch.setattr("workstation.texts.CONTENT", folder / "content")
    monkeypatch.setitem(texts.LANGUAGES, pseudo.CODE, pseudo.CODE)
    prepare(organisation)
    browser = seat(organisation, now=now)
    browser.post("/keuze?lijst=1", {"language": pseudo.CODE})
    browser.get(PATH)
    assert title not in browser.page
    own = re.compile(
        r"anna-spool|Vertrouwenspost|English|Nederlands|(?i:anna|bram|chris|stichting)|[\w-]{43}|Esc|Pause|^[jka]$|^uit$"
        r"|\d+ .*20\d\d|\d{4}|\.json|\.key"
    )
    left = [own.sub("", text) for text in foreign(browser.page, pseudo.CODE)]
    assert [text for text in left if re.search("[a-z]", text)] == []


def test_three_desks_read_the_same_words(organisation: Organisation) -> None:
    """The comparison by telephone is of one list."""
    assert len({tuple(words(seat(organisation, person))) for person in PERSONS}) == 1
