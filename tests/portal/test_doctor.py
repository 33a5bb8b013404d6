"""The doctor: what needs doing is said in plain words, with the fix, and an exit status."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from portal import doctor
from portal.cli import main
from portal.config import Config
from portal.site import manifest
from tests.portal.servers import write_config
from tests.portal.test_contacts import BOTH, CONTACTS

# The office number is verified on this day, and expires on the last day of a release of this day.
DAY = date(2026, 11, 1)


def examine(config: Config, folder: Path, text: str, on: date, built: date | None = None) -> list[tuple[bool, str]]:
    """Write contacts and a release of the day `built`; return what the doctor says on the day `on`."""
    (folder / "content").mkdir(exist_ok=True)
    (folder / "content" / "contacts.toml").write_text(text)
    release = folder / "built"
    release.mkdir(exist_ok=True)
    manifest.write(release, built or on)
    config = replace(config, site=replace(config.site, release=release))
    return [(finding.to_do, finding.sentence) for finding in doctor.examine(config, on, root=folder)]


def test_all_is_well(config: Config, tmp_path: Path) -> None:
    """Then the one thing it says is until when."""
    sentence = (
        "The release was built for 2026-11-01 and must be built anew by 2027-01-31, in 91 days. "
        "Run `python -m portal build` by then and start the server again."
    )
    assert examine(config, tmp_path, CONTACTS, DAY) == [(False, sentence)]


NUMBERS = [
    (CONTACTS.replace(BOTH, ""), DAY, True, "office (020 123 45 67) is not verified, so no page shows it. Call it, "),
    (
        CONTACTS,
        date(2026, 11, 2),
        True,
        "office (020 123 45 67) expires after 2027-01-31, before a release built today",
    ),
    (CONTACTS, date(2026, 12, 31), True, "office (020 123 45 67) expires after 2027-01-31, before a release built"),
    (CONTACTS, date(2027, 1, 1), True, "office (020 123 45 67) expires in 30 days, after 2027-01-31. Call it again"),
    (CONTACTS, date(2027, 1, 31), True, "office (020 123 45 67) expires in 0 days"),
    (CONTACTS, date(2027, 2, 1), True, "office (020 123 45 67) has expired: its last day was 2027-01-31"),
    (CONTACTS.replace("outside office", "always").replace(BOTH, ""), DAY, False, "office (020 123 45 67) is not verif"),
    (CONTACTS.replace("outside office", "always"), DAY, True, "contacts.toml: office and night are both verified"),
    (CONTACTS.replace("+31201234567", "+31"), DAY, True, "contacts.toml: contact 1 (office): tel is not how"),
]


@pytest.mark.parametrize(("text", "on", "to_do", "sentence"), NUMBERS)
def test_it_says_of_each_number_what_needs_doing(
    config: Config, tmp_path: Path, text: str, on: date, sentence: str, *, to_do: bool
) -> None:
    """Not verified, left out, about to expire, expired, contradicting, badly written: each with the fix."""
    said = examine(config, tmp_path, text, on)
    about = [(needs, each) for needs, each in said if each.startswith(sentence)]
    assert [needs for needs, _ in about] == [to_do]
    assert about[0][1].count("Call") == 1 or not to_do or "write" in about[0][1]


def test_it_says_that_no_number_is_left(config: Config, tmp_path: Path) -> None:
    """A site without a number to call is said so, beside each of them."""
    said = [each for _, each in examine(config, tmp_path, CONTACTS, date(2027, 3, 1))]
    assert "A release built today would show no telephone number but the 112 above every page." in said


@pytest.mark.parametrize(("age", "to_do"), [(0, False), (83, False), (84, True), (91, True), (92, True)])
def test_it_says_when_the_release_must_be_built_anew(config: Config, tmp_path: Path, age: int, *, to_do: bool) -> None:
    """A week ahead, and every day after the last."""
    text = CONTACTS.replace("2027-01-31", "2027-11-01").replace("2027-02-28", "2027-11-01")
    [(needs, sentence)] = examine(config, tmp_path, text, DAY + timedelta(days=age), DAY)
    assert needs == to_do
    assert ("had to be built anew by 2027-01-31" in sentence) == (age > 91)
    assert "python -m portal build" in sentence


def test_without_a_release_it_says_how_to_make_one(config: Config, tmp_path: Path) -> None:
    """On the first day nothing is built yet."""
    examine(config, tmp_path, CONTACTS, DAY)
    config = replace(config, site=replace(config.site, release=tmp_path / "nowhere"))
    [finding] = doctor.examine(config, DAY, root=tmp_path)
    assert finding.to_do
    assert "run `python -m portal build`" in finding.sentence


@pytest.mark.parametrize("age", [0, 100])
def test_the_exit_status_says_whether_something_needs_doing(
    tmp_path: Path, age: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line for each finding; what needs doing stands out."""
    finding = doctor.Finding("Build anew.", to_do=age > 91)
    monkeypatch.setattr(doctor, "examine", lambda *_: [finding])
    status = main(["doctor", "--config", str(write_config(tmp_path, tmp_path, bytes(32), 8000))])
    assert status == int(age > 91)
    assert capsys.readouterr().out == f"{'TO DO' if status else 'ok   '}  Build anew.\n"
