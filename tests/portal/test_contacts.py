"""Telephone numbers: shown is what somebody verified, nothing that expires too soon, and never two for one moment."""

import gzip
import re
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import brotli
import pytest

from portal.config import Config
from portal.errors import BuildError
from portal.site import contacts, hours
from portal.site.build import ROOT, build

# Nothing here is about the database.
pytestmark = pytest.mark.only("sqlite")

DAY = date(2026, 11, 1)
WEEKS = 13

CONTACTS = """
[[contacts]]
key = "office"
service = "help"
name = "Hulp"
what_for = "Praten."
number = "020 123 45 67"
tel = "+31201234567"
hours = "Op werkdagen."
open = ["mon-fri 09:00-17:00"]
source = "https://example.org"
verified_on = 2026-11-01
expires_on = 2027-01-31

[[contacts]]
key = "night"
service = "help"
name = "Hulp"
what_for = "Praten."
number = "088 330 51 12"
tel = "+31883305112"
hours = ""
open = "outside office"
source = "https://example.org"
verified_on = 2026-11-01
expires_on = 2027-02-28
"""
BOTH = "verified_on = 2026-11-01\nexpires_on = 2027-01-31\n"


def write(folder: Path, text: str) -> Path:
    """Write contacts."""
    path = folder / "contacts.toml"
    path.write_text(text)
    return path


def shown(path: Path, on: date = DAY, weeks: int = WEEKS) -> list[str]:
    """Return the keys of what a release of this day shows."""
    return [contact.key for contact in contacts.choose_shown(path, contacts.read_contacts(path), on, weeks)]


def test_a_number_that_nobody_verified_is_never_shown(tmp_path: Path) -> None:
    """It stands in the file for the next editor, and on no page."""
    path = write(tmp_path, CONTACTS.replace(BOTH, ""))
    assert shown(path) == ["night"]
    assert [contact.key for contact in contacts.read_contacts(path)] == ["office", "night"]


def test_a_number_that_expires_before_the_release_is_left_out(tmp_path: Path) -> None:
    """Whoever has no script sees what was built, so it must hold as long as the release does, its last day included."""
    path = write(tmp_path, CONTACTS)
    assert shown(path, date(2026, 11, 1)) == ["office", "night"]
    assert shown(path, date(2026, 11, 2)) == ["night"]
    assert shown(path, date(2026, 11, 2), WEEKS - 1) == ["office", "night"]
    assert shown(path, date(2027, 3, 1), 1) == []


CONTRADICTIONS = [
    ('open = "outside office"', 'open = "always"', "mon 09:00"),
    ('open = "outside office"', 'open = "unknown"', "mon 09:00"),
    ('open = "outside office"', 'open = ["fri 16:59-24:00"]', "fri 16:59"),
    ('open = ["mon-fri 09:00-17:00"]', 'open = ["mon 09:00-17:00", "holidays 09:00-09:01"]', None),
    ('open = "outside office"', 'open = ["fri 17:00-24:00"]', None),
    ('open = "outside office"\nsource', 'open = "always"\nsource', "mon 09:00"),
]


@pytest.mark.parametrize(("right", "wrong", "moment"), CONTRADICTIONS)
def test_two_numbers_of_one_service_are_never_open_at_the_same_moment(
    tmp_path: Path, right: str, wrong: str, moment: str | None
) -> None:
    """Nobody in distress is to choose between two numbers; the build stops, and says which moment and what to do."""
    path = write(tmp_path, CONTACTS.replace(right, wrong))
    if moment is None:
        assert shown(path) == ["office", "night"]
    else:
        with pytest.raises(BuildError, match=rf"office and night are both verified .* \({moment}\). Call both; remove"):
            shown(path)
    # Another service, or a number that is not shown, contradicts nobody.
    other = CONTACTS.replace(right, wrong).replace(
        'key = "night"\nservice = "help"', 'key = "night"\nservice = "other"'
    )
    assert shown(write(tmp_path, other)) == ["office", "night"]
    assert shown(write(tmp_path, CONTACTS.replace(right, wrong).replace(BOTH, ""))) == ["night"]


def test_the_two_numbers_of_the_sources_cannot_both_be_shown(tmp_path: Path) -> None:
    """088 55 43 288 in one source, 0800-2800200 in the other: whoever verifies both is asked to choose."""
    text = (ROOT / "content" / "contacts.toml").read_text()
    on = date(2026, 11, 21)
    assert shown(write(tmp_path, text), on) == ["emergency", "vertrouwenslijn", "ivp-office", "ivp-night"]
    free = text.index('key = "vertrouwenslijn-free"')
    end = text.index("\n\n", free)
    dated = text[:end] + "\nverified_on = 2026-11-01\nexpires_on = 2027-05-01" + text[end:]
    with pytest.raises(BuildError, match="vertrouwenslijn and vertrouwenslijn-free are both verified"):
        shown(write(tmp_path, dated), on)


WRONG = [
    ("[[contacts]]", "[[contact]]", "contact is unknown"),
    ('hours = "Op werkdagen."\n', "", r"contact 1 \(office\): hours is missing; add it"),
    ('service = "help"\n', "", r"contact 1 \(office\): service is missing; add it"),
    ('key = "office"', 'key = "office"\ncolour = "red"', r"contact 1 \(office\): colour is unknown; remove it"),
    ('key = "office"', 'key = "The office"', r"contact 1 \(The office\): key: .* an id is not 1 to 32"),
    ('name = "Hulp"', 'name = " "', r"contact 1 \(office\): name: .* must be text is empty"),
    ('name = "Hulp"', "name = 3", r"contact 1 \(office\): name: .* must be text of one line is not"),
    ("2027-01-31", '"2027-01-31"', r"\(office\): expires_on: .* must be a day is not written as 2026-11-30"),
    ("2027-01-31", "2027-01-31T00:00:00", r"\(office\): expires_on: .* must be a day is not"),
    ("2027-01-31", "2026-11-01", r"\(office\): expires_on must come after verified_on; correct"),
    ("expires_on = 2027-01-31\n", "", r"\(office\): verified_on and expires_on belong together; add the other"),
    ("verified_on = 2026-11-01\nexpires_on = 2027-02-28", "expires_on = 2027-02-28", r"\(night\): verified_on and"),
    ("2026-11-01", "2026-11-02", "office: verified_on is a day after 2026-11-01; write the day"),
    ('"+31201234567"', '"+31201234568"', r'\(office\): tel is not how 020 123 45 67 is dialled; write "\+31201234567"'),
    ('"020 123 45 67"', '"020 123 45 68"', r"\(office\): tel is not how .*, or correct number"),
    ('["mon-fri 09:00-17:00"]', '"mon-fri 09:00-17:00"', r'\(office\): open: .* not a list like .* nor "always"'),
    ('["mon-fri 09:00-17:00"]', "[]", r"\(office\): open: .* is not a list"),
    ('["mon-fri 09:00-17:00"]', "[9]", r"\(office\): open: .* holds 9, which is not written like"),
    ("mon-fri 09:00", "mon-fri 9:00", r"\(office\): open: .* holds 'mon-fri 9:00-17:00', which is not written like"),
    ("mon-fri 09:00", "ma-vr 09:00", r"\(office\): open: .* which is not written like"),
    ("mon-fri 09:00", "fri-mon 09:00", r"\(office\): open: .* ends before it begins; make two rows"),
    ("09:00-17:00", "17:00-09:00", r"\(office\): open: .* ends before it begins; make two rows"),
    ("09:00-17:00", "09:00-24:01", r"\(office\): open: .* ends before it begins"),
    ("outside office", "outside nobody", r"\(night\): open: .* with the key of an entry that has such a list"),
    ("outside office", "outside night", r"\(night\): open: .* with the key of an entry that has such a list"),
    ("[[contacts]]", "[[contacts", "cannot be read"),
    (CONTACTS, CONTACTS + CONTACTS, "office stands there twice"),
    (CONTACTS, "", r"holds no \[\[contacts\]\]"),
    (CONTACTS, "contacts = [1]", "contact 1 must be a table"),
    (CONTACTS, CONTACTS + '[[held_back]]\nkey = "other"\n', "held_back is unknown; remove it"),
]


@pytest.mark.parametrize(("right", "wrong", "message"), WRONG)
def test_a_slip_in_the_contacts_stops_the_build(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    """A wrong number is worse than none: the error names the entry, the key and the fix, in one sentence or two."""
    assert right in CONTACTS
    with pytest.raises(BuildError, match=message) as error:
        shown(write(tmp_path, CONTACTS.replace(right, wrong, 1)))
    assert "\n" not in str(error.value) or "cannot be read" in message


def test_hours_are_said_in_eight_words() -> None:
    """Rows of one day add up, neighbours join, and what is outside is the rest."""
    week = hours.parse_week(["mon-tue 09:00-12:00", "tue 12:00-17:00", "sun 00:00-24:00", "holidays 10:00-14:30"])
    assert hours.serialize_week(week) == "540-720 540-1020 - - - - 0-1440 600-870"
    rest = "0-540,720-1440 0-540,1020-1440 0-1440 0-1440 0-1440 0-1440 - 0-600,870-1440"
    assert hours.serialize_week(hours.outside(week)) == rest
    assert hours.find_common(week, hours.outside(week)) is None


def test_the_days_on_which_an_office_is_closed_are_those_of_the_calendar() -> None:
    """Written out by hand: no Good Friday; Liberation Day in 2025 and 2030 only; King's Day a day early in 2025."""
    assert hours.list_holidays(2025) == [
        *("2025-01-01", "2025-04-20", "2025-04-21", "2025-04-26", "2025-05-05"),
        *("2025-05-29", "2025-06-08", "2025-06-09", "2025-12-25", "2025-12-26"),
        *("2026-01-01", "2026-04-05", "2026-04-06", "2026-04-27", "2026-05-14"),
        *("2026-05-24", "2026-05-25", "2026-12-25", "2026-12-26"),
        *("2027-01-01", "2027-03-28", "2027-03-29", "2027-04-27", "2027-05-06"),
        *("2027-05-16", "2027-05-17", "2027-12-25", "2027-12-26"),
    ]
    assert [day for day in hours.list_holidays(2029) if day.endswith("-05-05")] == ["2030-05-05"]


@pytest.mark.slow
def test_an_expired_or_unverified_number_is_nowhere_in_a_real_release(config: Config, tmp_path: Path) -> None:
    """Not in a page, a script or a compressed form, however it is written; the others are in all of them."""
    root = tmp_path / "checkout"
    for name in ("node_modules", "templates", "web"):
        root.mkdir(exist_ok=True)
        (root / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "content", root / "content")
    path = root / "content" / "contacts.toml"
    before, night, after = path.read_text().rpartition('key = "ivp-night"')
    path.write_text(before + night + after.replace("2027-11-01", "2027-02-19"))
    release = tmp_path / "release"
    config = replace(config, site=replace(config.site, release=release))
    build(config, date(2026, 11, 21), root=root)
    assert digits_in(release, "0883305112") == digits_in(release, "08002800200") == set()
    assert {"index.html", "index.html.gz", "index.html.br", "en/bellen/index.html"} <= digits_in(release, "0208407620")


def digits_in(release: Path, number: str) -> set[str]:
    """Return the files that hold a number, with whatever between its digits, as dialled at home or from abroad."""
    between = rb"[\s().-]*".join(digit.encode() for digit in number[1:])
    unpack = {".gz": gzip.decompress, ".br": brotli.decompress}
    files = {str(path.relative_to(release)): path for path in release.rglob("*") if path.is_file()}
    assert len(files) > 30
    return {
        name for name, path in files.items() if re.search(between, unpack.get(path.suffix, bytes)(path.read_bytes()))
    }
