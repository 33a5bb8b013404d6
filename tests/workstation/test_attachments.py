"""Attachments that come in: from a reporter's chunks to a readable copy, and what may be wrong on the way."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from crypto.attachment import CHUNK_SIZE, FILE_SIZE
from crypto.encoding import decode_b64u
from crypto.errors import ForgedError
from crypto.labels import BLOCK_SIZE
from tests.workstation.filing import Filed, download, encrypt, lay, line, link, names_below, peak, sit_down
from tests.workstation.helpers import Organisation, make_mailbox, write
from tests.workstation.test_desk import Browser
from workstation import files
from workstation.attachments import Attachments
from workstation.desk.filenames import save_name, send_name, show_name
from workstation.errors import UnfitFileError, WorkstationError
from workstation.spool import WANTED_COUNT, Spool

pytestmark = pytest.mark.slow

NOT_YET = "nog niet opgehaald – komt bij de volgende synchronisatie mee"
MISSED = "niet (meer) te vinden"
# 416 blocks, and room for a few at a time.
FEW_MEGABYTES = 6 * 2**20


def report(organisation: Organisation, *filed: Filed, text: str = "Zie de bijlage.") -> None:
    write(organisation, make_mailbox(), text, attachments=tuple(each.attachment for each in filed))


def stored(organisation: Organisation) -> list[str]:
    return [name for name in names_below(organisation.station("anna") / "attachments") if "." not in name]


def read(browser: Browser) -> str:
    """Open the first conversation; return its path."""
    return browser.open_first()


def body(browser: Browser, path: str, place: int = 0) -> bytes:
    response = download(browser, path, place)
    assert response.status_code == 200
    return response.get_data()


def test_a_file_goes_from_reporter_to_portal_to_spool_to_desk_and_out_again_byte_for_byte(
    organisation: Organisation, tmp_path: Path
) -> None:
    """Three chunks; afterwards the spool holds nothing of it, and the disk no plaintext."""
    filed = encrypt(os.urandom(2 * CHUNK_SIZE + 5))
    report(organisation, filed)
    with line(organisation, tmp_path) as portal:
        portal.post(filed)
        browser = sit_down(organisation)
        path = read(browser)
        assert NOT_YET in browser.page
        assert organisation.spool("anna").read_wanted() == sorted(address for address, _block in filed.chunks)
        assert portal.sync().chunks == 3
    assert body(browser, path) == filed.data
    spool = organisation.spool("anna")
    assert not spool.list_chunks()
    assert not spool.read_wanted()
    assert not (spool.folder / "wanted").exists()
    kept = (organisation.station("anna") / "attachments" / stored(organisation)[0]).read_bytes()
    assert kept == b"".join(block for _address, block in filed.chunks)


def test_several_files_of_several_messages_are_each_themselves(organisation: Organisation) -> None:
    """The same name twice, and an empty file among them."""
    filed = [encrypt(os.urandom(size), "zelfde.pdf") for size in (0, 1, CHUNK_SIZE, CHUNK_SIZE + 1)]
    report(organisation, *filed[:2])
    write(organisation, make_mailbox(), "Nog meer", number=1, attachments=tuple(f.attachment for f in filed[2:]))
    browser = sit_down(organisation)
    for each in filed:
        lay(organisation.spool("anna"), each)
    path = read(browser)
    assert {body(browser, path, place) for place in range(4)} == {each.data for each in filed}
    assert len(stored(organisation)) == 4


def test_25_mebibytes_need_few_megabytes_of_memory_at_the_courier(organisation: Organisation, tmp_path: Path) -> None:
    """Four blocks at a time; the whole portal, which runs in this process, is in the figure."""
    filed = encrypt(os.urandom(FILE_SIZE), "film.mp4")
    report(organisation, filed)
    lines: list[str] = []
    with line(organisation, tmp_path) as portal:
        portal.post(filed)
        read(sit_down(organisation))
        with peak() as measured:
            assert portal.sync(tell=lines.append).chunks == 416
    assert measured[0] < 2 * FEW_MEGABYTES
    assert lines[-1] == "bijlagen: 416 van 416 blokken opgehaald"
    assert 5 <= len(lines) <= 10


def test_25_mebibytes_need_few_megabytes_of_memory_at_the_desk(organisation: Organisation) -> None:
    """One chunk at a time, into the folder and out again."""
    filed = encrypt(os.urandom(FILE_SIZE), "film.mp4")
    report(organisation, filed)
    browser = sit_down(organisation)
    lay(organisation.spool("anna"), filed)
    with peak() as desk:
        path = read(browser)
    size = 0
    with peak() as out:
        response = download(browser, path)
        for piece in response.iter_encoded():
            assert piece == filed.data[size : size + len(piece)]
            size += len(piece)
    assert size == FILE_SIZE
    assert max(desk[0], out[0]) < FEW_MEGABYTES


def test_where_the_portal_has_no_chunk_the_page_says_so_and_the_search_goes_on(
    organisation: Organisation, tmp_path: Path
) -> None:
    """Filler is removed and stays wanted; the whole comes in when the chunk turns up after all."""
    filed = encrypt(os.urandom(3 * CHUNK_SIZE))
    report(organisation, filed)
    missing = filed.chunks[1][0]
    with line(organisation, tmp_path) as portal:
        portal.post(filed, leave_out=[1])
        browser = sit_down(organisation)
        read(browser)
        assert portal.sync().chunks == 3
        read(browser)
        assert MISSED in browser.page
        assert "/bijlage/" not in browser.page
        assert organisation.spool("anna").read_wanted() == [missing]
        assert missing not in organisation.spool("anna").list_chunks()
        assert not stored(organisation)
        # The rest stays in the spool and is not fetched again.
        assert portal.sync().chunks == 1
        read(browser)
        portal.post(filed, leave_out=[0, 2])
        assert portal.sync().chunks == 1
        assert body(browser, read(browser)) == filed.data
        assert MISSED not in browser.page


def test_a_lost_attachment_is_looked_for_by_its_first_missing_chunk_only(organisation: Organisation) -> None:
    """Otherwise a portal that has lost 25 MB would be asked for all of it at every synchronisation, for ever."""
    filed = encrypt(os.urandom(5 * CHUNK_SIZE))
    report(organisation, filed)
    spool = organisation.spool("anna")
    browser = sit_down(organisation)
    read(browser)
    for address in spool.read_wanted():
        spool.put_chunk(address, os.urandom(BLOCK_SIZE))
    read(browser)
    assert spool.read_wanted() == [filed.chunks[0][0]]
    assert not spool.list_chunks()
    spool.put_chunk(filed.chunks[0][0], os.urandom(BLOCK_SIZE))
    read(browser)
    assert spool.read_wanted() == [filed.chunks[0][0]]
    spool.put_chunk(*filed.chunks[0])
    read(browser)
    assert NOT_YET in browser.page
    assert spool.read_wanted() == sorted(address for address, _block in filed.chunks[1:])


def _change(spool: Spool, filed: Filed) -> None:
    address, block = filed.chunks[1]
    spool.put_chunk(address, block[:100] + bytes([block[100] ^ 1]) + block[101:])


def _swap(spool: Spool, filed: Filed) -> None:
    spool.put_chunk(filed.chunks[0][0], filed.chunks[1][1])
    spool.put_chunk(filed.chunks[1][0], filed.chunks[0][1])


def _truncate(spool: Spool, filed: Filed) -> None:
    (spool.folder / "chunks" / filed.chunks[1][0].hex()).write_bytes(filed.chunks[1][1][:-1])


def _link(spool: Spool, filed: Filed) -> None:
    path = spool.folder / "chunks" / filed.chunks[1][0].hex()
    path.rename(spool.folder.parent / "elders")
    path.symlink_to(spool.folder.parent / "elders")


def _nest(spool: Spool, filed: Filed) -> None:
    path = spool.folder / "chunks" / filed.chunks[1][0].hex()
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("spoil", [_change, _swap, _truncate, _link, _nest])
def test_a_spoiled_chunk_is_never_taken_and_a_sound_one_heals_it(
    organisation: Organisation, spoil: Callable[[Spool, Filed], None]
) -> None:
    """Changed, exchanged, shortened, linked or in the way: nothing is kept until every byte is the author's."""
    filed = encrypt(os.urandom(3 * CHUNK_SIZE))
    report(organisation, filed)
    spool = organisation.spool("anna")
    lay(spool, filed)
    spoil(spool, filed)
    browser = sit_down(organisation)
    read(browser)
    assert not stored(organisation)
    assert filed.chunks[1][0] in spool.read_wanted() or filed.chunks[0][0] in spool.read_wanted()
    obstacle = spool.folder / "chunks" / filed.chunks[1][0].hex()
    if obstacle.is_dir():
        obstacle.rmdir()
    lay(spool, filed)
    assert body(browser, read(browser)) == filed.data


def test_sound_chunks_that_are_not_what_the_author_signed_are_not_taken(organisation: Organisation) -> None:
    """Whoever reads a conversation knows the key; the digest is the author's alone."""
    key = os.urandom(32)
    honest, other = encrypt(bytes(70_000), key=key), encrypt(b"\x01" + bytes(69_999), key=key)
    report(organisation, honest)
    lay(organisation.spool("anna"), other)
    browser = sit_down(organisation)
    read(browser)
    assert MISSED in browser.page
    assert not stored(organisation)
    assert not organisation.spool("anna").list_chunks()
    lay(organisation.spool("anna"), honest)
    assert body(browser, read(browser)) == honest.data


def test_junk_among_the_chunks_is_counted_and_left_alone(organisation: Organisation) -> None:
    """Names that are none, links and other sizes; and a block that nobody asked for."""
    filed = encrypt(b"inhoud")
    report(organisation, filed)
    spool = organisation.spool("anna")
    folder = spool.folder / "chunks"
    for name in ("x", "A" * 64, "a" * 63, "../sleutel".replace("/", "-"), "\u202egnp"):
        (folder / name).write_bytes(bytes(BLOCK_SIZE))
    (folder / ("b" * 64)).symlink_to("/etc/passwd")
    (folder / ("c" * 64)).write_bytes(b"kort")
    spool.put_chunk(bytes(32), bytes(BLOCK_SIZE))
    lay(spool, filed)
    assert spool.count_junk() == 7
    browser = sit_down(organisation)
    assert body(browser, read(browser)) == filed.data
    assert spool.list_chunks() == {bytes(32)}


@pytest.mark.parametrize("step", ["rename", "drop", "wanted"])
def test_a_power_cut_between_any_two_steps_repairs_itself(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Before the file has its name, before the chunks are removed, before the list is written."""
    filed = encrypt(os.urandom(3 * CHUNK_SIZE))
    report(organisation, filed)
    spool = organisation.spool("anna")
    with organisation.desk("anna"):
        pass
    lay(spool, filed)

    def cut(*_args: object) -> None:
        raise OSError("stroom weg")

    with monkeypatch.context() as patch:
        if step == "rename":
            # What was written stays under its temporary name, as after a real cut.
            patch.setattr("pathlib.Path.unlink", lambda *_args, **_named: None)
            patch.setattr("workstation.files.make_durable", cut)
        else:
            patch.setattr(Spool, {"drop": "drop_chunks", "wanted": "put_wanted"}[step], cut)
        with organisation.desk("anna") as work:
            assert "kan niet worden gebruikt" in work.trouble
    browser = sit_down(organisation)
    assert body(browser, read(browser)) == filed.data
    assert not spool.list_chunks()
    assert not spool.read_wanted()
    assert len(stored(organisation)) == 1
    assert not [n for n in names_below(organisation.station("anna") / "attachments") if n.startswith(".half")]


def test_an_interrupted_synchronisation_goes_on_where_it_was(
    organisation: Organisation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in the spool is not fetched again; what is half there is not taken."""
    filed = encrypt(os.urandom(20 * CHUNK_SIZE))
    report(organisation, filed)
    with line(organisation, tmp_path) as portal:
        browser = sit_down(organisation)
        read(browser)
        portal.post(filed)
        kept = Spool.put_chunk
        with monkeypatch.context() as patch:
            patch.setattr(
                Spool, "put_chunk", lambda s, a, b: kept(s, a, b) if len(s.list_chunks()) < 7 else _pull_out()
            )
            with pytest.raises(OSError, match="eruit"):
                portal.sync()
        read(browser)
        assert NOT_YET in browser.page
        assert len(organisation.spool("anna").read_wanted()) == 13
        assert portal.sync().chunks == 13
    assert body(browser, read(browser)) == filed.data


def _pull_out() -> None:
    raise OSError("stick eruit")


def test_a_spool_that_is_almost_full_keeps_its_room_for_messages(
    organisation: Organisation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attachments wait, and the courier says so."""
    filed = encrypt(b"x")
    report(organisation, filed)
    with line(organisation, tmp_path) as portal:
        sit_down(organisation)
        monkeypatch.setattr("workstation.spool.ROOM_SIZE", 2**62)
        done = portal.sync()
    assert done.chunks == 0
    assert any("bijna vol" in problem for problem in done.problems)


@pytest.mark.parametrize(
    "data",
    [bytes(33), bytes(64), b"\x02" * 32 + b"\x01" * 32, bytes(32 * (WANTED_COUNT + 1))],
    ids=["odd", "twice", "unsorted", "enormous"],
)
def test_a_list_of_wanted_chunks_that_is_none_is_reported_and_not_followed(
    organisation: Organisation, tmp_path: Path, data: bytes
) -> None:
    """The stick was in other hands; the mail still goes, and the desk writes the list anew."""
    spool = organisation.spool("anna")
    with line(organisation, tmp_path) as portal:
        (spool.folder / "wanted").write_bytes(data)
        done = portal.sync()
    assert done.chunks == 0
    assert any("wanted" in problem for problem in done.problems)
    filed = encrypt(b"x")
    report(organisation, filed)
    sit_down(organisation)
    assert spool.read_wanted() == [filed.chunks[0][0]]


def test_a_link_in_the_place_of_the_list_is_not_followed(organisation: Organisation, tmp_path: Path) -> None:
    """Neither read nor written through."""
    target = tmp_path / "doel"
    target.write_bytes(bytes(32))
    spool = organisation.spool("anna")
    (spool.folder / "wanted").symlink_to(target)
    with pytest.raises(UnfitFileError):
        spool.read_wanted()
    spool.put_wanted([b"\x01" * 32])
    assert spool.read_wanted() == [b"\x01" * 32]
    assert target.read_bytes() == bytes(32)


def test_a_damaged_copy_is_refused_and_fetched_again(organisation: Organisation) -> None:
    """The disk gave back other bytes: the page says so before anything goes out."""
    filed = encrypt(os.urandom(3 * CHUNK_SIZE))
    report(organisation, filed)
    lay(organisation.spool("anna"), filed)
    browser = sit_down(organisation)
    path = read(browser)
    kept = organisation.station("anna") / "attachments" / stored(organisation)[0]
    spoiled = bytearray(kept.read_bytes())
    spoiled[-1] ^= 1
    kept.write_bytes(spoiled)
    assert download(browser, path).headers["Location"] == "/melding"
    browser.get("/melding")
    assert "beschadigd" in browser.page
    assert not stored(organisation)
    read(browser)
    assert len(organisation.spool("anna").read_wanted()) == 3


@pytest.mark.parametrize("place", [3, 4, 5])
def test_a_file_that_is_damaged_while_it_goes_out_breaks_off(organisation: Organisation, place: int) -> None:
    """It never ends as if it were whole: the length was told first, and the last piece is held back."""
    filed = encrypt(os.urandom(5 * CHUNK_SIZE + 1))
    report(organisation, filed)
    lay(organisation.spool("anna"), filed)
    browser = sit_down(organisation)
    path = read(browser)
    kept = organisation.station("anna") / "attachments" / stored(organisation)[0]
    response = download(browser, path)
    spoiled = bytearray(kept.read_bytes())
    spoiled[place * BLOCK_SIZE] ^= 1
    kept.write_bytes(spoiled)
    assert int(response.headers["Content-Length"]) == len(filed.data)
    received: list[bytes] = []
    with pytest.raises(ForgedError, match="authenticate"):
        received.extend(response.iter_encoded())
    assert len(b"".join(received)) <= (place - 1) * CHUNK_SIZE


def test_a_swapped_whole_breaks_off_before_its_last_piece(organisation: Organisation) -> None:
    """Each chunk is sound under the key, and the digest is not the author's."""
    key = os.urandom(32)
    filed, other = (encrypt(bytes(4 * CHUNK_SIZE - 1) + end, key=key) for end in (b"a", b"b"))
    report(organisation, filed)
    lay(organisation.spool("anna"), filed)
    browser = sit_down(organisation)
    path = read(browser)
    response = download(browser, path)
    kept = organisation.station("anna") / "attachments" / stored(organisation)[0]
    kept.write_bytes(b"".join(block for _address, block in other.chunks))
    received: list[bytes] = []
    with pytest.raises(ForgedError, match="not the attachment"):
        received.extend(response.iter_encoded())
    assert len(b"".join(received)) == 3 * CHUNK_SIZE


def test_locking_ends_a_download(organisation: Organisation) -> None:
    """Whoever locks the desk is sure that nothing more goes out."""
    filed = encrypt(os.urandom(5 * CHUNK_SIZE))
    report(organisation, filed)
    lay(organisation.spool("anna"), filed)
    browser = sit_down(organisation)
    path = read(browser)
    pieces = iter(download(browser, path).iter_encoded())
    next(pieces)
    browser.get(path)
    browser.post("/vergrendelen")
    with pytest.raises(WorkstationError, match="vergrendeld"):
        next(pieces)


def test_a_readable_copy_is_made_only_after_the_question_and_with_its_token(organisation: Organisation) -> None:
    """The question says what is dangerous; no link, no other page and no locked desk gives the file."""
    filed = encrypt(b"inhoud van het bestand", "verslag.pdf")
    report(organisation, filed)
    lay(organisation.spool("anna"), filed)
    browser = sit_down(organisation)
    path = link(browser, read(browser))
    browser.get(path)
    for words in ("leesbare kopie", "gevaarlijk", "zonder netwerk", "Verwijder"):
        assert words in browser.page
    assert "inhoud van het bestand" not in browser.page
    page = browser.page
    assert browser.post(path, token="").headers["Location"] == "/melding"
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}):
        assert browser.post(path, **headers).status_code == 403
    assert browser.post("/bijlage/onzin").headers["Location"] == "/melding"
    assert browser.post(path).get_data() == b"inhoud van het bestand"
    browser.get()
    browser.post("/vergrendelen")
    browser.page = page
    assert b"inhoud" not in browser.post(path).get_data()
    assert browser.get(path).status_code == 303


def test_a_download_tells_the_browser_to_save_and_never_to_show(organisation: Organisation) -> None:
    """Neutral type, no guessing, no storing, and a sandbox should it be shown all the same."""
    filed = encrypt(b"<script>alert(1)</script>", "a\u202egnp.html")
    report(organisation, filed)
    lay(organisation.spool("anna"), filed)
    browser = sit_down(organisation)
    headers = download(browser, read(browser)).headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"].endswith("; sandbox")
    assert headers["Content-Disposition"] == "attachment; filename=bijlage.bin; filename*=UTF-8''a_gnp.html"


@pytest.mark.parametrize(
    ("name", "shown", "saved"),
    [
        ("../../x", "../../x", "_.._x"),
        ("a\u202egnp.exe", "a\ufffdgnp.exe", "a_gnp.exe"),
        ("foto.jpg" + " " * 50 + ".exe", "foto.jpg .exe", "foto.jpg .exe"),
        ("\u200b", "\ufffd", "_"),
        (" ", "bijlage", "bijlage"),
        (".bashrc", ".bashrc", "bashrc"),
        ('"<b>"\\x', '"<b>"\\x', "__b___x"),
        ("שלום.txt", "שלום.txt", "שלום.txt"),
    ],
)
def test_a_received_name_is_shown_and_saved_without_what_could_deceive(
    organisation: Organisation, name: str, shown: str, saved: str
) -> None:
    """Turned text is made visible, white space is one space, and no name is a path."""
    assert (show_name(name), save_name(name)) == (shown, saved)
    filed = encrypt(b"x", name)
    report(organisation, filed)
    lay(organisation.spool("anna"), filed)
    browser = sit_down(organisation)
    path = read(browser)
    escaped = shown.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;")
    assert f'<bdi dir="auto">{escaped}</bdi>' in browser.page
    assert "\u202e" not in browser.page
    header = download(browser, path).headers["Content-Disposition"]
    assert header.isascii()
    assert not re.search(r"[\r\n/\\<>]", header)


@pytest.mark.parametrize("name", ["", "\n", "x" * 300, "\x00"])
def test_a_message_with_a_name_that_is_none_is_not_shown_at_all(organisation: Organisation, name: str) -> None:
    """Its payload does not parse. spec: Payload."""
    report(organisation, encrypt(b"x", name))
    with organisation.desk("anna") as work:
        assert not work.inbox()


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("../../x", "x"),
        ("C:\\Users\\anna\\geheim.docx", "geheim.docx"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("\n", "bijlage"),
        ("", "bijlage"),
        ("x" * 300 + ".pdf", "x" * 76 + ".pdf"),
        ("é" * 300, "é" * 80),
        ("." + "x" * 300, "." + "x" * 79),
    ],
)
def test_a_counsellors_name_goes_out_without_folders_and_within_the_spec(name: str, sent: str) -> None:
    """What a name says of the counsellor's own computer stays there."""
    assert send_name(name) == sent


def test_names_of_kept_attachments_tell_nothing_and_need_the_local_key(
    organisation: Organisation, tmp_path: Path
) -> None:
    """Not the digest, not the address, not what another workstation calls it."""
    filed = encrypt(b"x")
    report(organisation, filed)
    lay(organisation.spool("anna"), filed)
    sit_down(organisation)
    (name,) = stored(organisation)
    known = {filed.attachment.digest.hex(), filed.attachment.key.hex(), filed.chunks[0][0].hex()}
    assert name not in known
    other = Attachments.open(tmp_path / "andere", decode_b64u("A" * 43))
    assert name != other.name(make_mailbox().conversation, filed.attachment)
    assert files.is_regular(organisation.station("anna") / "attachments" / name, BLOCK_SIZE)
    assert (organisation.station("anna") / "attachments" / name).stat().st_mode & 0o777 == 0o600


def test_attachments_are_read_without_the_spool(organisation: Organisation) -> None:
    """The workstation's own folder suffices."""
    filed = encrypt(os.urandom(100_000))
    report(organisation, filed)
    lay(organisation.spool("anna"), filed)
    browser = sit_down(organisation)
    path = read(browser)
    shutil.move(organisation.folder / "anna-spool", organisation.folder / "weg")
    assert body(browser, path) == filed.data
