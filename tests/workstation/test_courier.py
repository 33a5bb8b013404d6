"""The courier between a portal and a spool: honest, hostile, slow and gone."""

from __future__ import annotations

import ast
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crypto.encoding import encode_b64u
from crypto.keyset import verify
from crypto.labels import BLOCK_SIZE, KIND_HEAD, KIND_REPLY, TYPE_ROSTER
from crypto.verifying import Document, serialize_document
from tests.workstation.helpers import ORGANISATION, PERSONS, Organisation, make_mailbox, read_reply, write
from tests.workstation.portals import Answer, Stub, real_portal, stub_portal
from tests.world import NOW, make_team
from workstation.commands.daily import _describe
from workstation.content import ROOT
from workstation.courier.client import Client
from workstation.courier.credential import read_credential, write_credential
from workstation.courier.service import Courier, Synced
from workstation.errors import CourierError
from workstation.spool import KEYSET_SIZE, RECORD_SIZE, Spool

# Real portals and real time-outs.
pytestmark = pytest.mark.slow

CREDENTIAL = bytes(range(32))
DELETE_HASH = bytes(32)
ENVELOPE = b"age-encryption.org/v1\n-> mlkem768x25519 "
ADDRESSES = [bytes([i]) * 32 for i in range(1, 7)]
KEYSET = ("GET", "/api/v1/keyset")
INTAKE = ("GET", "/api/v1/intake")
INDEX = ("GET", "/api/v1/index")
FETCH = ("POST", "/api/v1/blocks/fetch")
POST = ("POST", "/api/v1/blocks")
PUT = ("PUT", "/api/v1/keyset")


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """Make an empty spool."""
    return Spool.open(tmp_path / "spool", create=True)


def record(address: bytes) -> bytes:
    return (address + DELETE_HASH + bytes([KIND_REPLY]) + ENVELOPE).ljust(RECORD_SIZE, b"x")


def head(address: bytes) -> bytes:
    """Return a record that is an event, or cover: who could tell."""
    return (address + DELETE_HASH + bytes([KIND_HEAD]) + ENVELOPE).ljust(RECORD_SIZE, b"x")


def roster() -> bytes:
    """Return a document of the shape of a roster; only a portal can tell that nobody signed it."""
    payload = make_team().roster_document.payload
    return serialize_document(Document(TYPE_ROSTER, payload, bytes(64)))


@pytest.fixture
def stub() -> Iterator[Stub]:
    """Serve a portal that has nothing new and takes everything."""
    answers = {
        KEYSET: Answer(200, b"{}"),
        INTAKE: Answer(200, b""),
        INDEX: Answer(200, b""),
        FETCH: Answer(200, bytes(4 * BLOCK_SIZE)),
        POST: Answer(204),
        PUT: Answer(204),
    }
    with stub_portal(Stub(answers)) as served:
        yield served


def sync(stub: Stub, spool: Spool, deadline: float = 20.0) -> Synced:
    with Client(stub.url, deadline=deadline) as client:
        return Courier(client, spool, CREDENTIAL).sync(NOW)


def sync_real(organisation: Organisation, url: str, person: str) -> Synced:
    with organisation.unlocked(person) as keyring:
        credential = keyring.state.credential
    assert credential is not None
    with Client(url) as client:
        return Courier(client, organisation.spool(person), credential).sync(NOW)


def test_three_couriers_and_the_real_portal_carry_a_report_and_its_answer(
    organisation: Organisation, tmp_path: Path
) -> None:
    """Documents up, keyset down, a reply up, and down again at a colleague's desk."""
    box = make_mailbox()
    write(organisation, box, "Hallo", persons=PERSONS)
    with real_portal(tmp_path / "portal", ORGANISATION, organisation.pins().root_key, lambda: NOW) as url:
        # Anna came first, before the others had vouched: she comes once more.
        for person in (*PERSONS, "anna"):
            assert not sync_real(organisation, url, person).problems
        assert all(verify(organisation.spool("chris").read_keyset() or b"", organisation.pins(), NOW).cards.values())
        with organisation.desk("anna") as work:
            work.answer(work.inbox()[0], "Dag", NOW)
        (reply,) = organisation.replies("anna")
        address = reply[:32]
        # And that the message was opened, which desks tell each other.
        assert sync_real(organisation, url, "anna").posted == 2
        assert sync_real(organisation, url, "bram").fetched == 2
    block = organisation.spool("bram").read_incoming(address)
    assert read_reply(organisation, box, address + bytes(33) + (block or b"")).payload.body.text == "Dag"
    with organisation.desk("bram") as work:
        (conversation,) = work.inbox()
        assert [m.payload.body.text for m in conversation.messages] == ["Hallo", "Dag"]
        with organisation.unlocked("anna") as keyring:
            assert [keyring.id in authors for authors in conversation.state.opened.values()] == [True]


def test_a_portal_that_begins_anew_gets_everything_again(organisation: Organisation, tmp_path: Path) -> None:
    """Its database was lost; the next synchronisation opens the site again."""
    root_key = organisation.pins().root_key
    for number in range(2):
        with real_portal(tmp_path / f"portal-{number}", ORGANISATION, root_key, lambda: NOW) as url:
            assert sync_real(organisation, url, "anna").documents > 0
            assert sync_real(organisation, url, "anna").documents == 0


def test_a_wrong_credential_is_explained(organisation: Organisation, tmp_path: Path) -> None:
    """The documents are published; for the rest the courier says what to ask for."""
    with (
        real_portal(tmp_path / "portal", ORGANISATION, organisation.pins().root_key, lambda: NOW) as url,
        Client(url) as client,
        pytest.raises(CourierError, match="kent de sleutel van deze koerier niet"),
    ):
        Courier(client, organisation.spool("anna"), bytes(32)).sync(NOW)


def test_it_fetches_four_at_a_time_and_fills_up_with_random_addresses(stub: Stub, spool: Spool) -> None:
    """The size of a request does not tell how much is new; what is there is not fetched again."""
    stub.answers[INTAKE] = Answer(200, b"".join(ADDRESSES))
    spool.put_incoming(ADDRESSES[0], bytes(BLOCK_SIZE))
    assert sync(stub, spool).fetched == 5
    bodies = [body for method, path, body in stub.asked if (method, path) == FETCH]
    assert [len(body) for body in bodies] == [128, 128]
    asked = {body[i : i + 32] for body in bodies for i in range(0, 128, 32)}
    assert len(asked) == 8
    assert ADDRESSES[0] not in asked
    assert spool.list_incoming() == set(ADDRESSES)
    assert spool.read_synced() == "2026-11-18"


def test_it_posts_one_record_a_request_with_a_pause_between(stub: Stub, spool: Spool) -> None:
    """The portal cannot see which replies go together."""
    for address in ADDRESSES[:3]:
        spool.put_outgoing(record(address))
    pauses: list[float] = []
    with Client(stub.url) as client:
        done = Courier(client, spool, CREDENTIAL, pause=5.0, sleep=pauses.append).sync(NOW)
    assert done.posted == 3
    assert [len(body) for method, path, body in stub.asked if (method, path) == POST] == [RECORD_SIZE] * 3
    assert len(pauses) == 2
    assert all(0 <= pause <= 5 for pause in pauses)
    assert all(spool.was_sent(record(address)) for address in ADDRESSES[:3])


def test_the_index_comes_along(stub: Stub, spool: Spool) -> None:
    """The desk learns what a reporter can find already; everybody may ask for this list, so asking tells nothing."""
    assert spool.read_index() is None
    stub.answers[INDEX] = Answer(200, b"aaaabbbb")
    sync(stub, spool)
    assert spool.read_index() == {b"aaaa", b"bbbb"}


@pytest.mark.parametrize("status", [400, 401, 403, 409, 413, 500, 503])
def test_a_reply_that_is_not_taken_stays(stub: Stub, spool: Spool, status: int) -> None:
    """Nothing is lost, and the rest goes on."""
    spool.put_outgoing(record(ADDRESSES[0]))
    stub.answers[POST] = Answer(status)
    done = sync(stub, spool)
    assert done.posted == 0
    assert len(done.problems) == 1
    assert spool.list_outgoing() == {ADDRESSES[0]}


def test_a_busy_portal_is_asked_again_when_it_says(stub: Stub, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the seconds that it names, ten at most; what it takes then has gone out once."""
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        stub.answers[POST] = Answer(503, headers={"Retry-After": "999"}) if len(pauses) < 3 else Answer()

    spool.put_outgoing(record(ADDRESSES[0]))
    stub.answers[POST] = Answer(503, headers={"Retry-After": "5"})
    monkeypatch.setattr("workstation.courier.client.time.sleep", sleep)
    done = sync(stub, spool)
    assert pauses == [5, 10, 10]
    assert (done.posted, list(done.problems)) == (1, [])


@pytest.mark.parametrize("value", ["", "0", "-1", "soon", "1e9", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_only_a_number_of_seconds_is_waited_for(
    stub: Stub, spool: Spool, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """Whatever else stands there, the portal is asked once."""
    spool.put_outgoing(record(ADDRESSES[0]))
    stub.answers[POST] = Answer(503, headers={"Retry-After": value})
    monkeypatch.setattr("workstation.courier.client.time.sleep", pytest.fail)
    sync(stub, spool)
    assert [(method, path) for method, path, _ in stub.asked].count(POST) == 1


def test_a_portal_that_stays_busy_is_given_up(stub: Stub, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    """After seven times the reply waits in the folder, as after any other refusal."""
    spool.put_outgoing(record(ADDRESSES[0]))
    stub.answers[POST] = Answer(503, headers={"Retry-After": "5"})
    monkeypatch.setattr("workstation.courier.client.time.sleep", lambda _seconds: None)
    done = sync(stub, spool)
    assert [(method, path) for method, path, _ in stub.asked].count(POST) == 7
    assert spool.list_outgoing() == {ADDRESSES[0]}
    assert "Synchroniseer later nog eens." in done.problems[0]


@pytest.mark.parametrize(
    ("status", "about"),
    [
        (401, "Vraag de beheerder van de lijst"),
        (403, "Vraag de beheerder van de lijst"),
        (404, "Klopt het adres?"),
        (409, "Schrijf het in het bureau nog eens"),
        (410, "Klopt het adres?"),
        (413, "Meld dit aan wie de server beheert."),
        (500, "code 500"),
        (503, "Synchroniseer later nog eens."),
    ],
)
def test_of_what_is_refused_people_hear_what_it_was_why_and_what_to_do(
    stub: Stub, spool: Spool, status: int, about: str
) -> None:
    """Answers are counted in one sentence; what colleagues tell each other is told of without a number."""
    for address in ADDRESSES[:3]:
        spool.put_outgoing(record(address))
    for address in ADDRESSES[3:]:
        spool.put_outgoing(head(address))
    stub.answers[POST] = Answer(status)
    done = sync(stub, spool)
    answers, notes = done.problems
    assert answers.startswith("Antwoorden die niet zijn aangenomen: 3. ")
    assert notes.startswith("Notities van het team zijn niet allemaal aangenomen. ")
    for sentence in (answers, notes):
        assert about in sentence
        assert "in de map" in sentence
    assert not re.search(r"[0-9]", notes.replace(str(status), ""))
    assert done.notes_wait
    assert spool.list_outgoing() == set(ADDRESSES)


@pytest.mark.parametrize("status", [204, 409, 503])
def test_cover_is_told_to_nobody(stub: Stub, spool: Spool, status: int) -> None:
    """Whether it went or not, and however much of it: who synchronises reads the same."""
    stub.answers[POST] = Answer(status)
    told = []
    # Of a larger mean, e to its negative power is nought.
    for mean in (0.0, 500.0):
        for address in ADDRESSES:
            spool.put_cover(head(address))
        with Client(stub.url) as client:
            told.append(_describe(Courier(client, spool, CREDENTIAL, cover=mean).sync(NOW)))
    assert sum((method, path) == POST for method, path, _body in stub.asked) == len(ADDRESSES)
    assert told[0] == told[1]
    assert told[0] == [
        "Gesynchroniseerd: 0 opgehaald, 0 documenten gepubliceerd. Weggebracht: 0 antwoorden, en wat het team noteerde."
    ]


def test_answers_that_went_are_counted_and_notes_are_not(stub: Stub, spool: Spool) -> None:
    """Two answers and a note: the number is that of the answers."""
    for address in ADDRESSES[:2]:
        spool.put_outgoing(record(address))
    spool.put_outgoing(head(ADDRESSES[2]))
    done = sync(stub, spool)
    assert (done.answers, done.posted, done.notes_wait) == (2, 3, False)
    assert _describe(done)[0].endswith("Weggebracht: 2 antwoorden, en wat het team noteerde.")


@pytest.mark.parametrize("status", [400, 403, 409, 503])
def test_a_document_that_is_not_taken_stays(stub: Stub, spool: Spool, status: int) -> None:
    """The sentence names the document and the reason."""
    spool.put_document("1-roster-000001.json", roster())
    stub.answers[PUT] = Answer(status)
    (problem,) = sync(stub, spool).problems
    assert problem.startswith("De lijst is niet aangenomen")
    assert spool.list_documents()


@pytest.mark.parametrize("call", [KEYSET, INTAKE, INDEX, FETCH, POST, PUT])
def test_an_endless_answer_ends(stub: Stub, spool: Spool, call: tuple[str, str]) -> None:
    """A hostile portal sends gigabytes; the courier reads as much as an honest one may send."""
    spool.put_document("1-roster-000001.json", roster())
    spool.put_outgoing(record(ADDRESSES[0]))
    stub.answers[INTAKE] = Answer(200, b"".join(ADDRESSES))
    stub.answers[call] = Answer(200, endless=True)
    with pytest.raises(CourierError, match="te veel of te langzaam"):
        sync(stub, spool)
    assert stub.sent < 2**28
    # The index is asked for when everything has gone out.
    assert bool(spool.list_outgoing()) == (call != INDEX)


@pytest.mark.parametrize("call", [KEYSET, INTAKE, INDEX, FETCH])
def test_a_dripping_answer_ends(stub: Stub, spool: Spool, call: tuple[str, str]) -> None:
    """A byte now and then does not hold the courier."""
    stub.answers[INTAKE] = Answer(200, b"".join(ADDRESSES))
    stub.answers[call] = Answer(200, bytes(500), drip_seconds=0.05)
    start = time.monotonic()
    with pytest.raises(CourierError):
        sync(stub, spool, deadline=0.3)
    assert time.monotonic() - start < 3


def test_a_silent_portal_is_out_of_reach(stub: Stub, spool: Spool) -> None:
    """Nothing comes for a while: one sentence."""
    stub.answers[KEYSET] = Answer(200, bytes(2), drip_seconds=2)
    with pytest.raises(CourierError, match="niet te bereiken"):
        sync(stub, spool, deadline=0.3)


@pytest.mark.parametrize(
    ("call", "body"),
    [
        (INTAKE, bytes(33)),
        (FETCH, bytes(4 * BLOCK_SIZE - 1)),
        (FETCH, b""),
        (KEYSET, bytes(KEYSET_SIZE + 1)),
    ],
)
def test_an_answer_of_a_wrong_size_stores_nothing(stub: Stub, spool: Spool, call: tuple[str, str], body: bytes) -> None:
    """Half a list or half a block is none."""
    stub.answers[INTAKE] = Answer(200, b"".join(ADDRESSES))
    stub.answers[call] = Answer(200, body)
    with pytest.raises(CourierError):
        sync(stub, spool)
    assert not spool.list_incoming()
    assert spool.read_synced() is None


def test_an_index_of_a_wrong_size_is_not_kept(stub: Stub, spool: Spool) -> None:
    """What was learned before stays."""
    spool.put_index(b"aaaa")
    stub.answers[INDEX] = Answer(200, bytes(33))
    with pytest.raises(CourierError, match="onleesbare lijst"):
        sync(stub, spool)
    assert spool.read_index() == {b"aaaa"}
    assert spool.read_synced() is None


def test_a_redirect_is_not_followed(stub: Stub, spool: Spool) -> None:
    """The credential goes to the portal that the person named, and nowhere else."""
    stub.answers[INTAKE] = Answer(302, headers={"Location": stub.url + "/elders"})
    with pytest.raises(CourierError, match="302"):
        sync(stub, spool)
    assert not any(path == "/elders" for _method, path, _body in stub.asked)


def test_a_compressed_answer_is_not_unpacked(stub: Stub, spool: Spool) -> None:
    """What claims to be gzip is kept as the bytes it is: no bomb goes off here."""
    bomb = b"\x1f\x8b" + bytes(100)
    stub.answers[KEYSET] = Answer(200, bomb, headers={"Content-Encoding": "gzip"})
    sync(stub, spool)
    assert spool.read_keyset() == bomb


def test_an_enormous_list_is_fetched_in_parts(stub: Stub, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hostile portal cannot fill the disk in one go."""
    monkeypatch.setattr("workstation.courier.service._BLOCKS_PER_SYNC", 8)
    stub.answers[INTAKE] = Answer(200, os.urandom(32 * 1_000))
    done = sync(stub, spool)
    assert done.fetched == 8
    assert "Synchroniseer nog eens" in done.problems[0]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://[", "niets", "ftp://127.0.0.1"])
def test_a_portal_that_is_not_there_is_one_sentence(spool: Spool, url: str) -> None:
    """No traceback, and nothing lost."""
    spool.put_outgoing(record(ADDRESSES[0]))
    with pytest.raises(CourierError) as caught, Client(url) as client:
        Courier(client, spool, CREDENTIAL).sync(NOW)
    assert len(str(caught.value)) < 200
    assert spool.list_outgoing()


def test_before_the_first_roster_the_courier_says_what_to_do(stub: Stub, spool: Spool) -> None:
    """503 and nothing to publish."""
    stub.answers[KEYSET] = Answer(503)
    with pytest.raises(CourierError, match="card"):
        sync(stub, spool)


def test_junk_in_the_spool_is_reported_and_not_fatal(stub: Stub, spool: Spool) -> None:
    """An enemy's files do not stop the mail."""
    (spool.folder / "outgoing" / "blocks" / ("a" * 64)).symlink_to("/etc/passwd")
    (spool.folder / "incoming" / "x").write_bytes(b"x")
    done = sync(stub, spool)
    assert done.problems == ("2 vreemde of beschadigde bestanden in de map zijn overgeslagen.",)
    assert not any((method, path) == POST for method, path, _body in stub.asked)


def test_a_folder_with_a_blocks_name_keeps_no_other_block_away(stub: Stub, spool: Spool) -> None:
    """It is reported each time, and the rest of the mail comes in."""
    (spool.folder / "incoming" / ADDRESSES[0].hex()).mkdir()
    stub.answers[INTAKE] = Answer(200, b"".join(ADDRESSES))
    done = sync(stub, spool)
    assert done.fetched == 5
    assert len(done.problems) == 2
    assert spool.list_incoming() == set(ADDRESSES[1:])


def test_the_credential_is_read_as_it_is_written(tmp_path: Path) -> None:
    """One line that only its owner may read; anything else is refused without repeating it."""
    path = tmp_path / "courier"
    write_credential(path, CREDENTIAL)
    assert read_credential(path) == CREDENTIAL
    assert path.stat().st_mode & 0o777 == 0o600
    for data in (b"", b"geheim", b"\xff", encode_b64u(CREDENTIAL).encode() * 2):
        path.write_bytes(data)
        with pytest.raises(CourierError) as caught:
            read_credential(path)
        assert "geheim" not in str(caught.value).replace("geheime", "")


NETWORK = {"httpx", "socket", "ssl", "urllib", "http", "requests", "asyncio"}
KEYS = {"workstation.keyring", "workstation.archive", "workstation.desk", "crypto.envelope", "crypto.mailbox"}


def imports(folder: Path) -> set[str]:
    names = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
    return names


def test_only_the_courier_has_a_network_client_and_it_has_no_keys() -> None:
    """The two halves of the workstation meet in the spool, nowhere else."""
    base = ROOT / "workstation"
    for folder in base.iterdir():
        if folder.is_dir() and folder.name not in {"courier", "__pycache__"}:
            assert not {name.split(".")[0] for name in imports(folder)} & NETWORK
    courier = imports(base / "courier")
    assert "httpx" in courier
    assert not {name for name in courier if any(name.startswith(key) for key in KEYS)}
    assert not {name for name in imports(base / "desk") if name.startswith("workstation.courier")}
