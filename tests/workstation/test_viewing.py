"""Attachments as pixels: honest files show what is in them, hostile ones are bounded and nothing gets out."""

from __future__ import annotations

import http.client
import io
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.workstation import drawn
from tests.workstation.filing import download, encrypt, lay, link
from tests.workstation.helpers import Organisation, make_mailbox, write
from tests.workstation.test_confine import Desk, served, wait_for
from tests.workstation.test_desk import CANARY, PORT, Browser
from tests.workstation.unprotected import unprotected
from tests.world import NOW
from workstation.confine import COMPUTING
from workstation.content import ROOT
from workstation.desk.app import create_app
from workstation.desk.service import Place
from workstation.viewing import pixels
from workstation.viewing.kinds import IMAGES, recognise
from workstation.viewing.outcome import DONE, FAILED, GONE, HEAVY
from workstation.viewing.pixels import Page, PixelsError, encode_png, parse, serialize_count, serialize_page
from workstation.viewing.viewer import Viewer, ViewingError

pytestmark = pytest.mark.slow

# Bounded by the starter in 30; a busy machine starts and ends processes slowly.
LONGEST_SECONDS = 40.0


@pytest.fixture(scope="module")
def viewer() -> Iterator[Viewer]:
    """Begin a real starter."""
    started = Viewer.start()
    yield started
    started.stop()


@contextmanager
def possessed(way: str, seconds: float = 20.0, patience: float = 60.0) -> Iterator[Viewer]:
    """Begin a starter whose converters are taken over."""
    process = subprocess.Popen(
        [sys.executable, "-BEs", "-m", "tests.workstation.possessed", "starter", str(seconds), way],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={},
        bufsize=0,
    )
    taken = Viewer(process, patience)
    try:
        yield taken
    finally:
        taken.stop()
        process.kill()
        process.wait()


def show(viewer: Viewer, kind: str, data: bytes) -> tuple[int, list[Page], str]:
    """Convert a file; return how many pages it has, those that came, and how it ended."""
    count, taken = 0, []
    try:
        count, pages = parse(viewer.convert(kind, [data]))
        for page in pages:
            taken.append(page)  # noqa: PERF402 - those that came before an error count too
    except ViewingError as error:
        return count, taken, error.reason
    except PixelsError:
        return count, taken, FAILED
    return count, taken, DONE


def colour(page: Page, x: int, y: int) -> tuple[int, ...]:
    at = (y * page.width + x) * 3
    return tuple(page.rgb[at : at + 3])


def is_near(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(found, wanted, strict=True))


def is_ours(page: Page) -> bool:
    """Say whether it is red with a green corner."""
    return is_near(colour(page, page.width // 8, page.height // 8), drawn.GREEN) and is_near(
        colour(page, page.width // 2, page.height // 2), drawn.RED
    )


def descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children]


@pytest.mark.parametrize("kind", IMAGES)
def test_an_image_shows_its_pixels(viewer: Viewer, kind: str) -> None:
    """In its own size."""
    data = drawn.make_image(kind)
    assert recognise(data) == kind
    count, (page,), end = show(viewer, kind, data)
    assert (count, end, page.width, page.height) == (1, DONE, 400, 300)
    assert is_ours(page)


def test_a_document_shows_its_pages(viewer: Viewer) -> None:
    """All of them, up to twenty, and how many there are."""
    data = drawn.make_pdf((drawn.make_pdf.__defaults__[0][0],) * 23)  # type: ignore[index]
    assert recognise(data) == "PDF"
    count, pages, end = show(viewer, "PDF", data)
    assert (count, len(pages), end) == (23, 20, DONE)
    assert all(is_ours(page) for page in pages)
    assert sum(len(page.rgb) for page in pages) <= pixels.TOTAL_SIZE


def test_a_photo_is_turned_as_it_was_held_and_made_smaller(viewer: Viewer) -> None:
    """As a telephone takes it: 12 million pixels, lying on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    _count, (page,), end = show(viewer, "JPEG", drawn.make_image("JPEG", (4000, 3000), exif=exif))
    assert end == DONE
    assert page.width < page.height
    assert page.width * page.height <= pixels.PAGE_PIXELS
    # What was left above is right above now.
    assert is_near(colour(page, page.width * 7 // 8, page.height // 8), drawn.GREEN)
    assert is_near(colour(page, page.width // 8, page.height // 8), drawn.RED)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_every_way_to_store_colours_is_shown(viewer: Viewer, mode: str) -> None:
    """What lets through what is behind it stands on white."""
    image = Image.new(mode, (20, 10), 0)
    file, kind = io.BytesIO(), "JPEG" if mode == "CMYK" else "PNG"
    image.save(file, kind)
    _count, (page,), end = show(viewer, kind, file.getvalue())
    assert end == DONE
    assert (page.width, page.height) == (20, 10)
    white = mode in {"LA", "RGBA", "CMYK"}
    assert is_near(colour(page, 5, 5), (255, 255, 255) if white else (0, 0, 0))


def test_what_the_desk_makes_of_a_page_is_a_png(viewer: Viewer) -> None:
    """Other software reads the same pixels out of it."""
    _count, (page,), _end = show(viewer, "PNG", drawn.make_image("PNG", (33, 7)))
    with Image.open(io.BytesIO(encode_png(page))) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", (33, 7))
        assert image.tobytes() == page.rgb


@pytest.mark.parametrize("name", drawn.HARMFUL)
def test_what_is_made_to_harm_is_bounded(viewer: Viewer, name: str) -> None:
    """In time, pages and pixels; and the next file is shown as ever."""
    kind, make = drawn.HARMFUL[name]
    data = make()
    assert recognise(data) == kind
    began = time.monotonic()
    _count, pages, end = show(viewer, kind, data)
    assert time.monotonic() - began < LONGEST_SECONDS
    assert end in {DONE, FAILED, HEAVY}
    assert len(pages) <= pixels.PAGES
    assert all(page.width * page.height <= pixels.PAGE_PIXELS for page in pages)
    count, (page,), end = show(viewer, "PNG", drawn.make_image("PNG"))
    assert (count, end) == (1, DONE)
    assert is_ours(page)


def test_what_wants_to_run_does_not(viewer: Viewer) -> None:
    """A document with script, programs and addresses is a picture like others."""
    _count, (page,), end = show(viewer, "PDF", drawn.make_active_pdf("http://127.0.0.1:9/x", CANARY))
    assert end == DONE
    assert is_ours(page)


@pytest.mark.parametrize("kind", [*IMAGES, "PDF"])
def test_truncated_and_altered_files_end_in_a_word(viewer: Viewer, kind: str) -> None:
    """Whatever the libraries make of them; afterwards an honest one is shown."""
    chance = random.Random(kind)  # noqa: S311
    data = drawn.make_pdf() if kind == "PDF" else drawn.make_image(kind, (60, 40))
    for turn in range(16):
        altered = bytearray(data[: chance.randrange(len(data))] if turn % 4 == 0 else data)
        for _unused in range(0 if turn % 4 == 0 else 1 << turn % 6):
            altered[chance.randrange(len(altered))] = chance.randrange(256)
        _count, _pages, end = show(viewer, kind, bytes(altered))
        assert end in {DONE, FAILED, HEAVY}
    assert show(viewer, kind, data)[2] == DONE


def test_nothing_is_a_file_of_its_kind(viewer: Viewer) -> None:
    """No bytes, and bytes of another kind."""
    for kind in (*IMAGES, "PDF"):
        for data in (b"", b"x" * 70_000, drawn.make_image("GIF" if kind == "PNG" else "PNG")):
            assert show(viewer, kind, data)[1:] == ([], FAILED)


def test_a_converter_that_is_taken_over_can_only_compute() -> None:
    """It tries files, sockets, processes, programs, memory that runs, and its own limits."""
    with possessed("escape") as taken:
        tried = json.loads(b"".join(taken.convert("PNG", [b""])))
    assert len(tried) == 23
    assert set(tried.values()) <= {"EPERM"}, tried


def test_without_confinement_the_same_ways_are_open() -> None:
    """So the test before this one can fail."""
    with possessed("open-escape") as taken:
        tried = json.loads(b"".join(taken.convert("PNG", [b""])))
    assert {name for name, how in tried.items() if how != "out"} == set(), tried


def test_what_leads_out_is_not_among_what_computing_needs() -> None:
    """Nor what looks at files, or waits for others."""
    leading = {"open", "openat", "socket", "connect", "fork", "clone", "clone3", "execve", "kill", "stat", "newfstatat"}
    assert not {*leading, "mmap", "mprotect", "prlimit64", "prctl", "poll", "sendto", "ioctl"} & set(COMPUTING)


@pytest.mark.parametrize(
    ("way", "end"),
    [
        ("hang", HEAVY),
        ("silent", HEAVY),
        ("read", HEAVY),
        ("eat", HEAVY),
        ("flood", HEAVY),
        ("lie", FAILED),
        ("half", FAILED),
        ("more", FAILED),
        ("crash", FAILED),
    ],
)
def test_a_converter_that_is_taken_over_is_stopped(way: str, end: str) -> None:
    """Whether it hangs, eats, floods, lies or dies; the starter goes on, and keeps no process."""
    with possessed(way, seconds=3.0) as taken:
        for _turn in range(2):
            began = time.monotonic()
            _count, _pages, ended = show(taken, "PNG", os.urandom(300_000))
            assert ended == (FAILED if way == "flood" else end)
            assert time.monotonic() - began < 10
        assert descendants(taken._process.pid) == []


def test_a_starter_that_is_dead_or_hangs_is_told_from_one_that_works() -> None:
    """Nobody waits longer than the patience, and it is not asked again."""
    with possessed("hang", patience=2.0) as taken:
        os.kill(taken._process.pid, signal.SIGSTOP)
        began = time.monotonic()
        assert show(taken, "PNG", os.urandom(1_000_000))[2] == GONE
        assert time.monotonic() - began < 10
        assert show(taken, "PNG", b"")[2] == GONE
        os.kill(taken._process.pid, signal.SIGCONT)
    with possessed("hang") as taken:
        taken._process.kill()
        taken._process.wait()
        assert show(taken, "PNG", os.urandom(1_000_000))[2] == GONE


def test_whoever_wants_no_more_of_a_file_gets_the_next_one_at_once(viewer: Viewer) -> None:
    """Given up while it is drawn, and while it is handed over."""
    slow = drawn.make_endless_pdf()
    began = time.monotonic()
    with pytest.raises(ViewingError):
        list(viewer.convert("PDF", [slow], is_wanted=lambda: time.monotonic() - began < 0.5))

    def break_off() -> Iterator[bytes]:
        yield bytes(200_000)
        raise PixelsError("the disk is gone")

    with pytest.raises(PixelsError):
        list(viewer.convert("PDF", break_off()))
    assert show(viewer, "PNG", drawn.make_image("PNG"))[2] == DONE
    assert time.monotonic() - began < 10


def test_a_starter_ends_with_its_desk_and_takes_its_converter_along() -> None:
    """In the middle of a file that would take long."""
    with possessed("hang") as taken:
        conversion = taken.convert("PNG", [b""], is_wanted=lambda: descendants(taken._process.pid) == [])
        with pytest.raises(ViewingError):
            list(conversion)
        taken._frame(1, b"PNG")
        taken._frame(3)
        wait_for(lambda: descendants(taken._process.pid) != [])
        (child,) = descendants(taken._process.pid)
        taken.stop()
        taken._process.wait(10)
    wait_for(lambda: not Path(f"/proc/{child}").exists())


PAGES = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=4)


@given(PAGES, st.data())
def test_pages_come_back_and_nothing_else_is_taken_for_them(sizes: list[tuple[int, int]], data: st.DataObject) -> None:
    """In whatever pieces they come; shorter, longer or altered in its sizes it is refused."""
    pages = [Page(width, height, os.urandom(width * height * 3)) for width, height in sizes]
    raw = serialize_count(len(pages)) + b"".join(serialize_page(page) for page in pages)
    cut = data.draw(st.integers(0, len(raw)))
    count, parsed = parse([raw[:cut], b"", raw[cut:]])
    assert (count, list(parsed)) == (len(pages), pages)
    for wrong in (raw[:-1], raw + b"x", raw[:3], b"", bytes(4) + raw[4:], raw[:4] + b"\xff\xff" + raw[6:]):
        with pytest.raises(PixelsError):
            list(parse([wrong])[1])


def test_pages_beyond_what_was_agreed_are_refused_before_they_come() -> None:
    """By their sizes alone: nobody waits for their pixels, or holds them."""
    for width, height in ((0, 5), (5, 0), (8_193, 1), (1, 8_193), (2_001, 2_000)):
        head = serialize_count(1) + width.to_bytes(2, "big") + height.to_bytes(2, "big")
        with pytest.raises(PixelsError, match="larger"):
            next(parse([head])[1])


def sit_down(organisation: Organisation, viewer: Viewer | None) -> Browser:
    """Open a desk that can show attachments."""
    place = Place(organisation.station("anna"), organisation.folder / "anna-spool", PORT)
    browser = Browser(create_app(place, lambda: NOW, viewer=viewer).test_client(), [NOW])
    assert browser.unlock().status_code == 303
    return browser


def bring(organisation: Organisation, data: bytes, name: str = "brief.pdf") -> None:
    """Let a report with a file come in."""
    filed = encrypt(data, name)
    write(organisation, make_mailbox(), "Zie de bijlage.", attachments=(filed.attachment,))
    lay(organisation.spool("anna"), filed)


def look(browser: Browser) -> str:
    """Look at the first attachment of the first conversation; return where it is shown."""
    path = browser.open_first()
    # The chunks were fetched by the page before.
    place = link(browser, path)
    browser.get(place)
    assert browser.post(f"{place}/bekijken").location == f"{place}/bekijken"
    browser.get(f"{place}/bekijken")
    end = time.monotonic() + LONGEST_SECONDS
    while 'id="drawing"' in browser.page:
        assert time.monotonic() < end
        time.sleep(0.2)
        browser.get(f"{place}/bekijken")
    return place


def everything_below(folder: Path) -> dict[str, bytes]:
    """Return every file but the cover, of which each page lays some."""
    return {
        str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.parent.name != "cover"
    }


def test_an_attachment_is_looked_at_without_a_trace_on_the_disk(organisation: Organisation, viewer: Viewer) -> None:
    """Pictures on the page; on the disk the same files with the same bytes as before, and nothing anywhere else."""
    bring(organisation, drawn.make_image("PNG") + CANARY.encode(), "foto.png")
    browser = sit_down(organisation, viewer)
    path = browser.open_first()
    browser.get(path)
    before, began = everything_below(organisation.folder), time.time()
    place = look(browser)
    assert "Bladzijde 1 van 1" in browser.page
    (source,) = re.findall(r'<img src="([^"]+)"', browser.page)
    picture = browser.client.get(browser.below + source, headers=browser.headers)
    assert picture.mimetype == "image/png"
    assert picture.headers["Cache-Control"] == "no-store"
    with Image.open(io.BytesIO(picture.data)) as image:
        assert image.getpixel((1, 1)) == drawn.GREEN
    assert CANARY.encode() not in picture.data
    assert everything_below(organisation.folder) == before
    for folder in {Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path.home()}:  # noqa: S108
        for found in folder.iterdir():
            if found.is_file() and found.stat().st_mtime >= began and found.stat().st_size < 10**8:
                assert CANARY.encode() not in found.read_bytes()
    browser.post("/vergrendelen")
    browser.below = ""
    assert browser.client.get(source, headers=browser.headers).status_code == 404
    assert place


def test_other_files_are_only_handed_out_and_these_too_if_asked_for(organisation: Organisation, viewer: Viewer) -> None:
    """What a file is, is in how it begins: its name is a stranger's word."""
    data = os.urandom(5_000)
    bring(organisation, data, "foto.jpg")
    browser = sit_down(organisation, viewer)
    browser.open_first()
    path = browser.open_first()
    place = link(browser, path)
    browser.get(place)
    assert "Bekijk veilig" not in browser.page
    assert "Van dit soort bestand kan het bureau geen plaatjes maken." in browser.page
    assert download(browser, path).get_data() == data
    browser.get(place)
    assert browser.post(f"{place}/bekijken").status_code == 303
    browser.get(f"{place}/bekijken")
    assert "<img" not in browser.page


def test_the_desk_stays_usable_while_a_file_hangs(organisation: Organisation) -> None:
    """Other pages come at once; then a sentence says what happened, and the file itself can still be taken."""
    bring(organisation, drawn.make_pdf())
    with possessed("hang", seconds=10.0) as taken:
        browser = sit_down(organisation, taken)
        browser.open_first()
        path = browser.open_first()
        place = link(browser, path)
        browser.get(place)
        assert browser.post(f"{place}/bekijken").status_code == 303
        browser.get(f"{place}/bekijken")
        assert "Het bestand wordt omgezet." in browser.page
        for _unused in range(3):
            browser.get("/")
            browser.get(path)
            assert "Zie de bijlage." in browser.page
        # All that while it still hung.
        browser.get(f"{place}/bekijken")
        assert "Het bestand wordt omgezet." in browser.page
        look(browser)
        assert "te veel geheugen of te veel tijd" in browser.page
        browser.get(place)
        assert "Leesbare kopie opslaan" in browser.page


def test_locking_gives_up_what_is_being_drawn(organisation: Organisation) -> None:
    """And its pictures: after the next unlocking there is nothing to see of it."""
    bring(organisation, drawn.make_pdf())
    with possessed("hang", seconds=60.0) as taken:
        browser = sit_down(organisation, taken)
        browser.open_first()
        place = link(browser, browser.open_first())
        browser.get(place)
        browser.post(f"{place}/bekijken")
        assert descendants(taken._process.pid) != []
        browser.post("/vergrendelen")
        wait_for(lambda: descendants(taken._process.pid) == [])
        assert browser.unlock().status_code == 303
        assert browser.get(f"{place}/bekijken").status_code in {303, 404}


def test_without_protection_it_takes_two_decisions(organisation: Organisation) -> None:
    """The library is not there: nothing is shown, until somebody insists, and insists again."""
    bring(organisation, drawn.make_pdf())
    with unprotected() as lacking:
        browser = sit_down(organisation, lacking)
        browser.open_first()
        place = look(browser)
        assert "niet worden afgesloten" in browser.page
        assert "<img" not in browser.page
        for said in ("Weet u het zeker?", "Bladzijde 1 van 1"):
            assert said not in browser.page
            assert browser.post(f"{place}/bekijken", {"insist": "1"}).status_code == 303
            browser.get(f"{place}/bekijken")
            assert said in browser.page
        # It is asked again for the next look.
        look(browser)
        assert "niet worden afgesloten" in browser.page


def test_without_a_starter_the_page_says_so(organisation: Organisation) -> None:
    """In plain words, and the file itself can be taken."""
    bring(organisation, drawn.make_pdf())
    browser = sit_down(organisation, None)
    browser.open_first()
    look(browser)
    assert "Stop het bureau en start het opnieuw." in browser.page


def ask_for_picture(desk: Desk, source: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=60)
    headers = {"Host": f"127.0.0.1:{desk.port}", "Sec-Fetch-Site": "same-origin", "Cookie": desk.cookie}
    connection.request("GET", desk.below + source, headers=headers)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    assert answer.status == 200
    return data


def test_the_confined_desk_shows_a_document_and_survives_its_starter(organisation: Organisation) -> None:
    """Over real HTTP, in the processes that gunicorn made; nothing of the file is in its log."""
    bring(organisation, drawn.make_pdf() + CANARY.encode(), f"{CANARY}.pdf")
    with served(organisation, "confined") as desk:
        desk.unlock()
        (path,) = set(re.findall(r'href="(/gesprek/[^"]+)"', desk.page))
        desk.ask(path)
        desk.ask(path)
        place = re.findall(r'href="(/bijlage/[^"]+)"', desk.page)[0]
        desk.ask(place)
        assert desk.ask(f"{place}/bekijken", f"csrf_token={desk.token()}".encode()) == 303
        wait_for(lambda: desk.ask(f"{place}/bekijken") == 200 and "<img" in desk.page)
        (source,) = re.findall(r'<img src="([^"]+)"', desk.page)
        with Image.open(io.BytesIO(ask_for_picture(desk, source))) as image:
            assert is_near(image.getpixel((10, 10)), drawn.GREEN)  # type: ignore[arg-type]
        started = [
            pid
            for pid in descendants(desk.process.pid)
            if b"viewing.starter" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        (starter,) = started
        # It was begun before the desk had keys, and has no file or socket of the desk's.
        links = {str(each.readlink()).partition(":")[0] for each in Path(f"/proc/{starter}/fd").iterdir()}
        assert links <= {"pipe", "/dev/null"}
        os.kill(starter, signal.SIGKILL)
        desk.ask(place)
        assert desk.ask(f"{place}/bekijken", f"csrf_token={desk.token()}".encode()) == 303
        wait_for(lambda: desk.ask(f"{place}/bekijken") == 200 and "start het opnieuw" in desk.page)
        assert desk.ask(path) == 200
        desk.process.terminate()
        assert desk.process.stderr is not None
        assert desk.process.stderr.read() == ""


def test_the_starter_ends_with_the_desk(organisation: Organisation) -> None:
    """Even where its first process is killed."""
    with served(organisation, "confined") as desk:
        (starter,) = (
            pid
            for pid in descendants(desk.process.pid)
            if b"viewing.starter" in Path(f"/proc/{pid}/cmdline").read_bytes()
        )
        desk.process.kill()
        wait_for(lambda: not Path(f"/proc/{starter}/fd/0").exists())
