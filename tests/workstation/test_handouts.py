"""Taking a handout at the desk: looked at, then taken as it was shown; whatever is wrong changes nothing."""

from __future__ import annotations

import re
import shutil
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from crypto.card import serialize_card
from crypto.encoding import parse_json, serialize_json
from crypto.labels import TYPE_CARD
from crypto.signing import sign_document
from crypto.verifying import serialize_document
from crypto.week import WEEK_SECONDS, week_number
from tests.workstation.filing import BOUNDARY, Form, peak, pieces_of, sit_down, streamed
from tests.workstation.helpers import CHEAP, ORGANISATION, PASSPHRASE, Organisation, found
from tests.workstation.rosterpage import (
    PATH,
    changes,
    confirm,
    facts,
    give,
    holds,
    leave,
    people,
    press,
    seat,
    snapshot,
    step,
    told,
    words,
)
from tests.workstation.test_confine import served
from tests.workstation.test_desk import Browser
from tests.world import NOW
from workstation import files
from workstation.ceremony.enrolment import list_words
from workstation.ceremony.handout import HANDOUT_SIZE, Handout, serialize_handout
from workstation.ceremony.root import list_root_words, make_root
from workstation.ceremony.roster import Changes, make_roster
from workstation.ceremony.succession import name_successor, take_over
from workstation.cli import main

pytestmark = pytest.mark.slow

TITLE = '<h2 id="uitdeelbestand">'


def number_of(organisation: Organisation, person: str) -> bytes:
    with organisation.unlocked(person) as keyring:
        return keyring.id


def taken(browser: Browser) -> str:
    """Return the number of the list that the page says holds."""
    return re.findall(r'<h2 id="nummer">Lijst nummer (\d+)</h2>', browser.page)[0]


def refusal(browser: Browser) -> str:
    return "".join(re.findall(r'<p class="notice" role="alert">([^<]*)</p>', browser.page)).replace("&#39;", "'")


@pytest.fixture
def next_list(organisation: Organisation) -> Handout:
    """Sign a list on which Dirk is new and Chris is not any more."""
    return organisation.hand_out([organisation.enrol("dirk")], [number_of(organisation, "chris")])


def test_looking_shows_what_would_change_and_changes_nothing(organisation: Organisation, next_list: Handout) -> None:
    """Number, last day, who comes, goes and stays, and the words that the root holder has before them."""
    browser = seat(organisation)
    before = snapshot(organisation)
    give(browser, next_list)
    assert "Uitdeelbestand met lijst nummer 2" in browser.page
    assert "De handtekening klopt. Er is nog niets veranderd." in browser.page
    assert changes(browser) == [
        ("nieuw", "Dirk (dirk), verbonden met: Stichting dirk"),
        ("weg", "Chris (chris), verbonden met: Stichting chris"),
        ("blijft", "Anna (anna), verbonden met: Stichting anna"),
        ("blijft", "Bram (bram), verbonden met: Stichting bram"),
    ]
    root = organisation.root()
    assert words(browser)[0] == " ".join(list_words(root.pins.root_key, next_list.roster))
    assert len(words(browser)) == 3
    assert taken(browser) == "1"
    assert refusal(browser) == ""
    assert snapshot(organisation) == before


def test_what_was_looked_at_is_taken_and_published(organisation: Organisation, next_list: Handout) -> None:
    """As `card` does: list, courier's key and colleagues' cards; the page says what was done and what comes next."""
    browser = seat(organisation)
    give(browser, next_list)
    response = confirm(browser)
    assert (response.status_code, response.location) == (303, PATH)
    assert taken(browser) == "2"
    assert TITLE not in browser.page
    said = told(browser)
    assert said[0] == "Lijst nummer 2 klopt en is overgenomen. Hij geldt tot en met 17 februari 2027."
    assert "De lijst is voor deze week bevestigd." in said
    # Somebody left: the courier's key is another one.
    assert any("De koerier heeft een nieuwe sleutel nodig" in sentence for sentence in said)
    assert [row.split(" ")[0] for row in people(browser)] == ["Anna", "Bram", "Dirk"]
    assert step(browser) == "Breng de lijst naar het portaal"
    leave(browser)
    with organisation.unlocked("anna") as keyring:
        assert keyring.state.roster == next_list.roster
        assert keyring.state.credential == organisation.root().credential
    names = organisation.spool("anna").list_documents()
    assert "1-roster-000002.json" in names
    dirk = number_of(organisation, "dirk").hex()[:16]
    assert [name for name in names if name.startswith(f"2-card-{dirk}")]


def test_the_page_takes_what_the_command_takes(organisation: Organisation, next_list: Handout) -> None:
    """Keyring and spool are the same afterwards, but for seals and what is laid as cover."""
    file = organisation.folder / "uitdeelbestand.json"
    file.write_bytes(serialize_handout(next_list))
    twin = Organisation(organisation.folder.parent / "tweeling")
    shutil.copytree(organisation.folder, twin.folder)
    browser = seat(organisation)
    give(browser, file.read_bytes())
    confirm(browser)
    leave(browser)
    twin.take("anna", next_list)
    assert holds(organisation) == holds(twin)
    assert organisation.spool("anna").list_documents() == twin.spool("anna").list_documents()


def test_after_synchronising_all_is_well(organisation: Organisation, next_list: Handout) -> None:
    """Once everybody has taken it and the couriers were there, nothing is left to do."""
    browser = seat(organisation)
    give(browser, next_list)
    confirm(browser)
    for person in ("bram", "dirk"):
        organisation.take(person, next_list)
    organisation.publish(("anna", "bram", "dirk"))
    browser.get(PATH)
    assert step(browser) == "U hoeft niets te doen"
    assert facts(browser)["De lijst is deze week bevestigd door"] == "Anna, Bram, Dirk (nodig: 2)"


def test_the_first_handout_of_all_is_taken_on_the_page_too(organisation: Organisation) -> None:
    """With a stick on which nothing is yet; the courier's key can be saved then."""
    request = organisation.enrol("dirk")
    (organisation.folder / "dirk-spool").mkdir()
    browser = seat(organisation, "dirk")
    assert step(browser) == "Laat uw werkplek op de lijst zetten"
    give(browser, organisation.hand_out([request]))
    assert {what for what, _who in changes(browser)} == {"nieuw"}
    confirm(browser)
    assert taken(browser) == "2"
    assert "koerier.key opslaan" in browser.page
    assert facts(browser)["Op de lijst"] == "ja, op lijst nummer 2"


def test_a_list_that_the_courier_brought_still_lacks_its_key(organisation: Organisation, next_list: Handout) -> None:
    """Somebody left and colleagues were quicker: the list is here, and the handout is needed for the courier's key."""
    for person in ("bram", "dirk"):
        organisation.take(person, next_list)
    organisation.spool("anna").put_keyset(organisation.publish(("bram", "dirk")))
    browser = seat(organisation)
    assert taken(browser) == "2"
    assert step(browser) == "Haal de sleutel voor de koerier uit het uitdeelbestand"
    assert "koerier.key opslaan" not in browser.page
    give(browser, replace(next_list, credentials={}))
    assert "is hier al overgenomen" in browser.page
    give(browser, next_list)
    assert "Dit bestand brengt de sleutel voor de koerier, die hier nog ontbreekt." in browser.page
    press(browser, "overnemen")
    assert any("De koerier heeft een nieuwe sleutel nodig" in sentence for sentence in told(browser))
    assert "koerier.key opslaan" in browser.page
    assert "Haal de sleutel" not in step(browser)


def test_a_list_without_a_courier_s_key_for_us_says_so(organisation: Organisation, next_list: Handout) -> None:
    """The key from before is of no use any more, since somebody left."""
    browser = seat(organisation)
    give(browser, replace(next_list, credentials={}))
    confirm(browser)
    assert any("geen koerierssleutel voor u" in sentence for sentence in told(browser))
    assert "koerier.key opslaan" not in browser.page


def test_a_succession_shows_the_words_of_the_new_root(organisation: Organisation) -> None:
    """Before it is taken; afterwards they stand where those of the old root stood."""
    root = make_root(organisation.folder / "tweede", ORGANISATION, PASSPHRASE, CHEAP)
    take_over(root, name_successor(organisation.root(), root.pins.root_key))
    handout = make_roster(root, Changes(), (), NOW)
    new = " ".join(list_root_words(root.pins.root_key, ORGANISATION))
    browser = seat(organisation)
    assert new not in words(browser)
    give(browser, handout)
    assert "De acht woorden van de nieuwe hoofdsleutel" in browser.page
    assert words(browser)[:2] == [" ".join(list_words(root.pins.root_key, handout.roster)), new]
    assert words(browser)[-1] == " ".join(list_root_words(organisation.pins().root_key, ORGANISATION))
    confirm(browser)
    assert "De vorige hoofdsleutel heeft een nieuwe aangewezen. Vanaf nu geldt alleen de nieuwe." in told(browser)
    assert words(browser)[-1] == new
    assert step(browser) == "Wacht tot de site de nieuwe hoofdsleutel heeft"


# -- what is wrong with a file


def damaged(_organisation: Organisation, handout: Handout) -> bytes:
    data = serialize_handout(handout)
    return data[: len(data) // 2]


def with_another_name_in_it(_organisation: Organisation, handout: Handout) -> bytes:
    payload = handout.roster.payload.replace(b'"Bram"', b'"Brom"')
    return serialize_handout(replace(handout, roster=replace(handout.roster, payload=payload)))


def older(organisation: Organisation, handout: Handout) -> bytes:
    organisation.take("anna", organisation.hand_out([]))
    return serialize_handout(handout)


def of_another_organisation(organisation: Organisation, _handout: Handout) -> bytes:
    other = found(organisation.folder / "ander", ["anna"])
    return serialize_handout(other.hand_out([]))


def without_us(organisation: Organisation, _handout: Handout) -> bytes:
    return serialize_handout(organisation.hand_out([], [number_of(organisation, "anna")]))


def expired(organisation: Organisation, _handout: Handout) -> bytes:
    return serialize_handout(organisation.hand_out([], now=NOW - 14 * WEEK_SECONDS))


def with_a_false_card(organisation: Organisation, handout: Handout) -> bytes:
    """Return a handout with a second card of Bram's for this week, signed by Bram's own key."""
    with organisation.unlocked("bram") as keyring:
        payload = serialize_card(ORGANISATION, keyring.id, week_number(NOW), b"\x01" * 1216)
        card = sign_document(TYPE_CARD, payload, keyring.state.signing)
    return serialize_handout(replace(handout, cards=(*handout.cards, card)))


def a_request(organisation: Organisation, _handout: Handout) -> bytes:
    return organisation.enrol("els")


def a_keyset(organisation: Organisation, _handout: Handout) -> bytes:
    return organisation.spool("anna").read_keyset() or b""


def a_handover(organisation: Organisation, _handout: Handout) -> bytes:
    root = make_root(organisation.folder / "tweede", ORGANISATION, PASSPHRASE, CHEAP)
    return serialize_handout(name_successor(organisation.root(), root.pins.root_key))


def a_roster_alone(_organisation: Organisation, handout: Handout) -> bytes:
    return serialize_document(handout.roster)


def deep(_organisation: Organisation, _handout: Handout) -> bytes:
    return b"[" * 100_000


def as_people_write_json(_organisation: Organisation, handout: Handout) -> bytes:
    return serialize_json(parse_json(serialize_handout(handout))) + b"\n"


def empty(_organisation: Organisation, _handout: Handout) -> bytes:
    return b""


def too_large(_organisation: Organisation, _handout: Handout) -> bytes:
    return b"x" * (HANDOUT_SIZE + 1)


def a_picture(_organisation: Organisation, _handout: Handout) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100


NO_HANDOUT = "Dit is geen uitdeelbestand, of het is beschadigd."
WRONG: list[tuple[Callable[[Organisation, Handout], bytes], str]] = [
    (damaged, NO_HANDOUT),
    (with_another_name_in_it, "De handtekening klopt niet. Dit is niet de lijst van uw eigen team."),
    (older, "Dit uitdeelbestand is ouder dan de lijst die hier al geldt."),
    (of_another_organisation, "De handtekening klopt niet. Dit is niet de lijst van uw eigen team."),
    (without_us, "Deze werkplek staat niet (meer) op de lijst."),
    (expired, "De lijst van vertrouwenspersonen is verlopen."),
    (with_a_false_card, "Twee gegevens over dezelfde sleutel spreken elkaar tegen."),
    (a_request, NO_HANDOUT),
    (a_keyset, NO_HANDOUT),
    (a_handover, "Deze lijst is van de vorige beheerder."),
    (a_roster_alone, NO_HANDOUT),
    (deep, NO_HANDOUT),
    (as_people_write_json, NO_HANDOUT),
    (empty, "Kies eerst het uitdeelbestand"),
    (too_large, "Dit bestand is te groot voor een uitdeelbestand."),
    (a_picture, NO_HANDOUT),
]


@pytest.mark.parametrize(("make", "sentence"), WRONG)
def test_what_is_no_handout_for_us_is_refused_in_a_sentence_and_changes_nothing(
    organisation: Organisation, next_list: Handout, make: Callable[[Organisation, Handout], bytes], sentence: str
) -> None:
    """Nor is it kept to be taken after all, nor what was looked at before it."""
    data = make(organisation, next_list)
    browser = seat(organisation)
    number, before = taken(browser), snapshot(organisation)
    if make is not older:
        give(browser, next_list)
    give(browser, data)
    assert refusal(browser).startswith(sentence)
    assert TITLE not in browser.page
    confirm(browser, name="x")
    assert refusal(browser) == "Er ligt geen uitdeelbestand klaar. Kies het eerst, en kijk het na."
    assert taken(browser) == number
    assert snapshot(organisation) == before
    # The sentence is said once.
    browser.get(PATH)
    assert refusal(browser) == ""


def test_two_files_at_once_are_not_chosen_from(organisation: Organisation, next_list: Handout) -> None:
    """And of many none is kept in memory."""
    browser = seat(organisation)
    give(browser, next_list, next_list)
    assert refusal(browser) == "Kies één bestand. Er is niets veranderd."
    data = b"x" * (HANDOUT_SIZE - 1)
    with peak() as measured:
        give(browser, *[data] * 20)
    assert refusal(browser) == "Kies één bestand. Er is niets veranderd."
    assert measured[0] < 4 * HANDOUT_SIZE


def test_an_enormous_file_is_read_to_its_end_and_costs_no_memory(organisation: Organisation) -> None:
    """A browser that is cut off would show no sentence."""
    browser = seat(organisation)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.page)
    assert token is not None
    form = Form({"csrf_token": token[1]}, [("film.mp4", pieces_of(200_000_000))])
    with peak() as measured:
        response = browser.client.post(
            f"{browser.below}{PATH}/nakijken",
            environ_overrides=streamed(form),
            headers={**browser.headers, "Origin": "null"},
        )
    assert response.status_code == 303
    assert measured[0] < 4 * HANDOUT_SIZE
    assert form.read(1) == b""
    browser.get(PATH)
    assert refusal(browser).startswith("Dit bestand is te groot")


def test_no_byte_of_a_file_that_was_chosen_touches_the_disk(
    organisation: Organisation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody may choose the wrong file: it is in no temporary file, also where it is no handout."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.TemporaryFile", forbidden)
    monkeypatch.setattr("tempfile.SpooledTemporaryFile", forbidden)
    browser = seat(organisation)
    give(browser, b"kanarie-3e7a" * 200_000)
    assert refusal(browser) == NO_HANDOUT
    assert not [data for data in snapshot(organisation).values() if b"kanarie-3e7a" in data]
    assert "kanarie-3e7a" not in browser.page


def forbidden(*_arguments: object, **_named: object) -> None:
    raise AssertionError("a temporary file was made")


# -- wrong order, repetition, interruption


def test_the_same_handout_again_is_said_and_may_be_taken_once_more(
    organisation: Organisation, next_list: Handout
) -> None:
    """In a sentence; it asks for no comparison, and what it would change is nothing."""
    browser = seat(organisation)
    give(browser, next_list)
    confirm(browser)
    before = snapshot(organisation)
    give(browser, next_list)
    assert "Lijst nummer 2 is hier al overgenomen. Er is niets veranderd." in browser.page
    assert 'name="compared"' not in browser.page
    assert snapshot(organisation) == before
    press(browser, "overnemen")
    assert told(browser)[0] == "Lijst nummer 2 was al overgenomen. Hij geldt tot en met 17 februari 2027."
    assert not any("nieuwe sleutel" in sentence for sentence in told(browser))
    documents = {path: data for path, data in before.items() if not path.endswith("/keyring")}
    assert {path: data for path, data in snapshot(organisation).items() if not path.endswith("/keyring")} == documents
    assert taken(browser) == "2"


def test_nothing_is_taken_before_it_was_looked_at(organisation: Organisation) -> None:
    """A form that a page of before left, or none at all."""
    browser = seat(organisation)
    before = snapshot(organisation)
    for fields in ({}, {"name": ""}, {"name": "x", "compared": "ja"}):
        press(browser, "overnemen", **fields)
        assert refusal(browser) == "Er ligt geen uitdeelbestand klaar. Kies het eerst, en kijk het na."
    assert snapshot(organisation) == before


@pytest.mark.parametrize("compared", ["", "nee", "Ja", "on"])
def test_nothing_is_taken_before_somebody_says_that_the_words_are_the_same(
    organisation: Organisation, next_list: Handout, compared: str
) -> None:
    """The handout stays to be looked at."""
    browser = seat(organisation)
    give(browser, next_list)
    before = snapshot(organisation)
    press(browser, "overnemen", compared=compared)
    assert refusal(browser) == "Vergelijk eerst de acht woorden, en kruis aan dat ze dezelfde zijn."
    assert snapshot(organisation) == before
    confirm(browser)
    assert taken(browser) == "2"


def test_exactly_what_was_shown_is_taken(organisation: Organisation, next_list: Handout) -> None:
    """In two windows: what the second looks at is not taken by the first's form."""
    browser = seat(organisation)
    give(browser, next_list)
    first = browser.page
    give(browser, organisation.hand_out([]))
    assert "Uitdeelbestand met lijst nummer 3" in browser.page
    browser.page = first
    confirm(browser)
    assert refusal(browser) == "Dit is niet meer wat u hebt nagekeken. Kijk het hieronder opnieuw na."
    assert taken(browser) == "1"
    assert "Uitdeelbestand met lijst nummer 3" in browser.page
    confirm(browser)
    assert taken(browser) == "3"


def test_a_newer_list_that_comes_in_between_is_not_undone(organisation: Organisation, next_list: Handout) -> None:
    """The courier brought it while somebody was on the telephone: the older handout is not offered any more."""
    browser = seat(organisation)
    give(browser, next_list)
    newer = organisation.hand_out([])
    for person in ("bram", "dirk"):
        organisation.take(person, newer)
    organisation.publish(("bram", "dirk"))
    organisation.spool("anna").put_keyset(organisation.spool("bram").read_keyset() or b"")
    shown = browser.page
    browser.get(PATH)
    assert refusal(browser).startswith("Dit uitdeelbestand is ouder dan de lijst die hier al geldt.")
    assert taken(browser) == "3"
    browser.page = shown
    confirm(browser)
    assert refusal(browser).startswith("Er ligt geen uitdeelbestand klaar.")
    assert taken(browser) == "3"


def test_another_list_that_comes_in_between_is_compared_anew(organisation: Organisation, next_list: Handout) -> None:
    """What changes depends on what holds: the form of before takes nothing, and the page shows the difference."""
    browser = seat(organisation)
    newest = organisation.hand_out([organisation.enrol("els")])
    give(browser, newest)
    assert ("nieuw", "Dirk (dirk), verbonden met: Stichting dirk") in changes(browser)
    shown = browser.page
    for person in ("bram", "dirk"):
        organisation.take(person, next_list)
    organisation.publish(("bram", "dirk"))
    organisation.spool("anna").put_keyset(organisation.spool("bram").read_keyset() or b"")
    browser.get(PATH)
    browser.page = shown
    confirm(browser)
    assert refusal(browser) == "Dit is niet meer wat u hebt nagekeken. Kijk het hieronder opnieuw na."
    assert taken(browser) == "2"
    assert [what for what, who in changes(browser) if who.startswith("Dirk")] == ["blijft"]


def test_what_is_looked_at_is_forgotten_when_it_is_put_away_or_the_desk_is_locked(
    organisation: Organisation, next_list: Handout
) -> None:
    """Then it has to be looked at once more."""
    browser = seat(organisation)
    before = snapshot(organisation)
    give(browser, next_list)
    assert TITLE in browser.page
    press(browser, "weg")
    assert TITLE not in browser.page
    give(browser, next_list)
    form = browser.page
    browser.post("/vergrendelen")
    browser.unlock()
    browser.get(PATH)
    assert TITLE not in browser.page
    token = browser.page
    browser.page = form
    # The form of before the locking has expired; with a token that holds, there is nothing to take.
    assert confirm(browser).location == "/melding"
    browser.page = token
    confirm(browser)
    assert refusal(browser).startswith("Er ligt geen uitdeelbestand klaar.")
    assert snapshot(organisation) == before


def test_neither_a_strangers_nor_an_expired_form_is_looked_at(organisation: Organisation, next_list: Handout) -> None:
    """Nor one that meets a locked desk."""
    browser = seat(organisation)
    assert give(browser, next_list, token="onzin").location == "/melding"
    assert TITLE not in browser.page
    own = dict(browser.headers)
    browser.headers["Sec-Fetch-Site"] = "cross-site"
    assert give(browser, next_list).status_code == 403
    browser.headers.update(own)
    browser.get(PATH)
    assert TITLE not in browser.page
    leave(browser)
    assert give(browser, next_list).status_code == 303
    browser.unlock()
    browser.get(PATH)
    assert TITLE not in browser.page


@pytest.fixture
def full_disk(organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Let files below a folder of this name be refused from here on; "" ends it."""
    write, chosen = files.write_atomic, [""]

    def refuse(path: Path, data: bytes) -> None:
        if chosen[0] and (organisation.folder / chosen[0]) in path.parents:
            raise OSError(28, "vol")
        write(path, data)

    monkeypatch.setattr("workstation.files.write_atomic", refuse)
    yield lambda name: chosen.__setitem__(0, name)
    chosen[0] = ""


def test_a_full_disk_leaves_the_list_as_it_was(
    organisation: Organisation, next_list: Handout, full_disk: Callable[[str], None]
) -> None:
    """In memory as on the disk; when there is room, the same handout is taken, without being chosen again."""
    browser = seat(organisation)
    give(browser, next_list)
    before = snapshot(organisation)
    full_disk("anna")
    confirm(browser)
    assert refusal(browser).endswith("Er is niets overgenomen.")
    assert taken(browser) == "1"
    assert [row.split(" ")[0] for row in people(browser)] == ["Anna", "Bram", "Chris"]
    assert snapshot(organisation) == before
    full_disk("")
    confirm(browser)
    assert taken(browser) == "2"


def test_a_full_stick_is_said_and_taking_it_again_finishes(
    organisation: Organisation, next_list: Handout, full_disk: Callable[[str], None]
) -> None:
    """The list is in the keyring; what the courier needs follows, without a second comparison."""
    twin = Organisation(organisation.folder.parent / "tweeling")
    shutil.copytree(organisation.folder, twin.folder)
    twin.take("anna", next_list)
    browser = seat(organisation)
    give(browser, next_list)
    full_disk("anna-spool")
    confirm(browser)
    assert refusal(browser).endswith("De lijst is overgenomen. Neem hetzelfde bestand straks nog eens over.")
    assert taken(browser) == "2"
    assert "1-roster-000002.json" not in organisation.spool("anna").list_documents()
    full_disk("")
    press(browser, "overnemen")
    assert told(browser)[0].startswith("Lijst nummer 2 was al overgenomen.")
    assert organisation.spool("anna").list_documents() == twin.spool("anna").list_documents()


def test_without_the_stick_nothing_is_taken(organisation: Organisation, next_list: Handout) -> None:
    """Nor with one of another organisation, and no folder is made where the stick was."""
    browser = seat(organisation)
    give(browser, next_list)
    stick, away = organisation.folder / "anna-spool", organisation.folder / "weg"
    stick.rename(away)
    confirm(browser)
    assert "Zit de USB-stick erin?" in refusal(browser)
    assert not stick.exists()
    assert taken(browser) == "1"
    shutil.copytree(away, stick)
    keyset = (away / "keyset.json").read_bytes()
    roster = re.search(rb'"payload":"([^"]+)"', keyset)
    assert roster is not None
    found(organisation.folder / "ander", ["anna"])
    (stick / "keyset.json").write_bytes(foreign_keyset(keyset))
    confirm(browser)
    assert "hoort bij een andere organisatie" in refusal(browser)
    assert taken(browser) == "1"
    (stick / "keyset.json").write_bytes(keyset)
    confirm(browser)
    assert taken(browser) == "2"


def foreign_keyset(keyset: bytes) -> bytes:
    """Return a keyset whose roster, unverified, names another organisation."""
    fields = parse_json(keyset)
    assert isinstance(fields, dict)
    roster = fields["roster"]
    assert isinstance(roster, dict)
    payload = b64decode(str(roster["payload"])).replace(b'"organisation":"proef"', b'"organisation":"ander"')
    return serialize_json({**fields, "roster": {**roster, "payload": b64encode(payload).decode()}})


def test_a_desk_and_the_command_do_not_take_at_once(
    organisation: Organisation, next_list: Handout, capsys: pytest.CaptureFixture[str]
) -> None:
    """While a desk is open, the keyring is its own: the command says so, and the page is there for it."""
    browser = sit_down(organisation)
    file, word = organisation.folder / "uit.json", organisation.folder / "wachtzin"
    file.write_bytes(serialize_handout(next_list))
    word.write_text(PASSPHRASE)
    arguments = ["card", "--folder", organisation.station("anna"), "--spool", organisation.folder / "anna-spool"]
    arguments += ["--handout", file, "--passphrase-file", word]
    assert main([str(a) for a in arguments]) != 0
    assert "al open in een ander venster" in capsys.readouterr().err
    browser.get(PATH)
    give(browser, next_list)
    confirm(browser)
    assert taken(browser) == "2"


@pytest.mark.slow
def test_a_desk_that_is_shut_off_takes_a_handout_too(organisation: Organisation, next_list: Handout) -> None:
    """In a process of its own, confined as a counsellor's: nothing that it needs is refused by the kernel."""
    with served(organisation, "confined") as desk:
        desk.unlock()
        assert desk.ask(PATH) == 200
        form = Form({"csrf_token": desk.token()}, [("uit.json", [serialize_handout(next_list)])])
        body = form.read(HANDOUT_SIZE)
        assert desk.ask(f"{PATH}/nakijken", body, f"multipart/form-data; boundary={BOUNDARY}") == 303
        assert desk.ask(PATH) == 200
        name = re.search(r'name="name"[^>]*value="([^"]+)"', desk.page)
        assert name is not None
        fields = f"csrf_token={desk.token()}&name={name[1]}&compared=ja"
        assert desk.ask(f"{PATH}/overnemen", fields.encode()) == 303
        assert desk.ask(PATH) == 200
        assert "Lijst nummer 2 klopt en is overgenomen." in desk.page
        desk.ask("/vergrendelen", b"x=1")
    with organisation.unlocked("anna") as keyring:
        assert keyring.state.roster == next_list.roster
