"""The doctor: what needs doing is said in plain words, with the fix, and an exit status."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.engine import make_url

from crypto import keyset as protocol
from crypto.errors import KeysetError
from crypto.week import week_number
from portal import config as configuration
from portal import database
from portal.calendar import store as calendar
from portal.cli import main
from portal.config import Config
from portal.doctor import clock as clocks
from portal.doctor import contacts, disk, examination, expiry, keyset, postgresql, private, release, upkeep
from portal.doctor import database as databases
from portal.doctor.finding import Finding
from portal.metrics import figures, listener
from portal.site import manifest
from portal.tables import block, budget
from portal.upkeep import tasks
from portal.vitals.keyset import look as look_at_keyset
from tests.portal.helpers import Portal, Post, SettableClock, held, make_impatient
from tests.portal.servers import write_config
from tests.portal.test_contacts import BOTH, CONTACTS
from tests.world import NOW, WEEK, monday

ROOT = Path(__file__).resolve().parent.parent.parent
# The office number is verified on this day, and expires on the last day of a release of this day.
DAY = date(2026, 11, 1)


def examine(config: Config, folder: Path, text: str, on: date, built: date | None = None) -> list[tuple[bool, str]]:
    """Write contacts and a release of the day `built`; return what the doctor says of both on the day `on`."""
    (folder / "contacts.toml").write_text(text)
    built_in = folder / "built"
    built_in.mkdir(exist_ok=True)
    manifest.write(built_in, built or on)
    config = replace(config, site=replace(config.site, release=built_in))
    return said(contacts.examine(config, on, folder / "contacts.toml"), release.examine(config, on))


def said(*findings: Iterator[Finding]) -> list[tuple[bool, str]]:
    """Return what was found, as a plain list."""
    return [(finding.to_do, finding.sentence) for each in findings for finding in each]


def only(*findings: Iterator[Finding]) -> str:
    """Return the one sentence of what needs doing."""
    [sentence] = [sentence for to_do, sentence in said(*findings) if to_do]
    return sentence


def test_all_is_well_with_contacts_and_release(config: Config, tmp_path: Path) -> None:
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
    """On the first day nothing is built yet, and the clock has nothing to be compared with."""
    config = replace(config, site=replace(config.site, release=tmp_path / "nowhere"))
    assert "run `python -m portal build`" in only(release.examine(config, DAY))
    assert said(clocks.examine_release(config, DAY)) == []


# What is private.


def test_secrets_of_the_demo_are_found(config: Config, tmp_path: Path) -> None:
    """The demo's root key and ticket secret are everybody's."""
    path = tmp_path / "config.toml"
    path.touch(0o600)
    config = replace(config, ticket=replace(config.ticket, secret=bytes(32)))
    assert not [sentence for _, sentence in said(private.examine(config, path)) if "demo" in sentence]
    example = configuration.load(ROOT / "config.example.toml")
    config = replace(config, organisation=example.organisation, ticket=example.ticket)
    key, secret, *_ = said(private.examine(config, path))
    assert key[0]
    assert key[1].startswith("[organisation] root_key is the demo's: ")
    assert secret[0]
    assert "`python -m portal secret`" in secret[1]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602])
def test_files_that_others_may_read_or_write_are_found(portal: Portal, tmp_path: Path, mode: int) -> None:
    """The configuration, and each file of an SQLite database: each with the command that closes it."""
    path = tmp_path / "config.toml"
    path.touch()
    path.chmod(mode)
    files = [path, *(portal.files() if portal.engine.name == "sqlite" else [])]
    for file in files[1:]:
        file.chmod(mode)
    config = replace(portal.config, ticket=replace(portal.config.ticket, secret=bytes(32)))
    sentences = [sentence for _, sentence in said(private.examine(config, path))]
    assert sorted(sentences) == sorted(
        f"{file} is open to others than its owner. Run `chmod 600 {file}`." for file in files
    )


# The clock.


def test_a_clock_before_the_release_is_found(config: Config, tmp_path: Path) -> None:
    """Somebody looked at a calendar when it was built."""
    manifest.write(tmp_path, DAY)
    config = replace(config, site=replace(config.site, release=tmp_path))
    assert said(clocks.examine_release(config, DAY)) == []
    sentence = only(clocks.examine_release(config, DAY - timedelta(days=1)))
    assert sentence.startswith("This machine's clock says 2026-10-31, which is before 2026-11-01, the day of the")


CLOCKS = [
    (NOW, False, "The clock agrees with the last week in which the upkeep worked (2026-W47)."),
    (monday(1) + 24 * 3600 - 1, False, "The clock agrees"),
    (
        monday(1) + 24 * 3600,
        True,
        "The upkeep has not worked since week 2026-W47: nothing was deleted. Start the server",
    ),
    (monday(3) - 1, True, "The upkeep has not worked since week 2026-W47"),
    (monday(3), True, "The clock is 3 weeks past the last week in which this portal worked (2026-W47), so nothing is"),
    (monday(0) - 1, True, "The clock is 1 week behind the last week in which this portal worked (2026-W47). Set the"),
    (monday(-52), True, "The clock is 52 weeks behind"),
]


@pytest.mark.parametrize(("now", "to_do", "sentence"), CLOCKS)
def test_the_clock_is_compared_with_the_last_week(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, now: int, sentence: str, *, to_do: bool
) -> None:
    """Agreeing, behind, too far ahead, or an upkeep that does not run: each with the fix."""
    monkeypatch.setattr("portal.vitals.store.now", lambda _connection: now)
    tasks.expire(portal.config, portal.database, portal.clock)
    [(needs, found)] = said(clocks.examine(portal.database, now))
    assert needs == to_do
    assert found.startswith(sentence)


def test_a_database_that_no_upkeep_has_seen_is_found(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between `migrate` and the first `serve`."""
    monkeypatch.setattr("portal.vitals.store.now", lambda _connection: NOW)
    assert only(clocks.examine(portal.database, NOW)).startswith("The upkeep has never run on this database.")


@pytest.mark.only("postgresql")
@pytest.mark.parametrize("apart", [0, 290, -290, 360, -3600])
def test_the_clock_is_compared_with_that_of_the_database(portal: Portal, apart: int) -> None:
    """PostgreSQL may run on another machine."""
    with portal.database.read() as connection:
        theirs = connection.execute(text("SELECT extract(epoch FROM now())::bigint")).scalar_one()
    with portal.database.write() as connection:
        calendar.write(connection, week_number(theirs + apart))
    found = [sentence for to_do, sentence in said(clocks.examine(portal.database, theirs + apart)) if to_do]
    assert [sentence[:53] for sentence in found] == ["The clock of the database's machine differs from this"] * (
        abs(apart) > 300
    )


# The database.


def test_a_database_that_is_not_there_is_found_and_not_made(config: Config, tmp_path: Path) -> None:
    """The doctor leaves no empty file behind, which the next one would take for a database."""
    path = tmp_path / "none.sqlite"
    config = replace(config, store=replace(config.store, url=f"sqlite:///{path}"))
    trouble = databases.find_trouble(database.connect(config.store.url), config)
    assert trouble == Finding("The database is not there yet. Run `python -m portal migrate`, or correct [store] url.")
    assert not path.exists()


def test_a_server_that_does_not_answer_is_found(config: Config) -> None:
    """Without a word of the address, which may hold a password."""
    url = "postgresql+psycopg://portal:kanarie@127.0.0.1:1/portal"
    config = replace(config, store=replace(config.store, url=url))
    trouble = databases.find_trouble(database.connect(url), config)
    assert trouble == Finding("The database cannot be opened (OperationalError); check [store] url.")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("DELETE FROM alembic_version", "The database is empty; run `python -m portal migrate` first."),
        ("UPDATE alembic_version SET version_num = '9999'", "The database is of another version; stop the server and"),
    ],
)
def test_a_database_of_another_version_is_found(portal: Portal, change: str, sentence: str) -> None:
    """Also one that was never migrated."""
    with portal.database.write() as connection:
        connection.execute(text(change))
    trouble = databases.find_trouble(portal.database, portal.config)
    assert trouble is not None
    assert trouble.to_do
    assert trouble.sentence.startswith(sentence)


def test_a_database_that_can_be_written_is_well(portal: Portal) -> None:
    """Nothing was changed by finding out."""
    before = portal.everything()
    assert databases.find_trouble(portal.database, portal.config) is None
    assert said(databases.examine(portal.database)) == [(False, "The database is of this version and can be written.")]
    assert portal.everything() == before


@pytest.mark.only("sqlite")
def test_a_database_that_cannot_be_written_is_found(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here another program holds it for too long."""
    make_impatient(monkeypatch)
    with held(portal):
        sentence = only(databases.examine(database.connect(portal.config.store.url)))
    assert sentence.startswith("The database cannot be written (OperationalError at database.py:")
    assert "whether its disk is full" in sentence


@pytest.mark.only("postgresql")
def test_a_server_that_takes_no_writes_is_found(portal: Portal) -> None:
    """As a standby does, or a server whose operator has stopped all changes."""
    name = make_url(portal.config.store.url).database
    with portal.database.alone() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
    sentence = only(databases.examine(database.connect(portal.config.store.url)))
    assert sentence.startswith("The database cannot be written (InternalError at ")


def test_a_database_that_breaks_off_is_one_finding(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happens between two looks, the doctor ends with a sentence and goes on with the rest."""

    def fail(*_: object) -> Iterator[Finding]:
        with database.connect(config.store.url).read() as connection:
            connection.execute(text("SELECT kanarie"))
        yield Finding("never")

    monkeypatch.setattr(expiry, "examine", fail)
    found = [sentence for _, sentence in said(examination._examine_database(config, NOW))]
    assert found[-1].startswith("The database broke off while the doctor looked at it (")
    assert "kanarie" not in "".join(found)


# The disk.


class Usage(NamedTuple):
    """What the system tells of a disk, as far as anybody asks."""

    free: int


@pytest.mark.only("sqlite")
def test_the_disk_must_hold_what_this_week_allows_and_a_rewrite(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One byte less than that is said; what has come in already is not asked for again."""
    size = sum(path.stat().st_size for path in portal.files())
    config = replace(
        portal.config,
        budget=replace(portal.config.budget, heads_per_week=10**9, chunks_per_week=10**9, courier_per_week=10**9),
    )
    with portal.database.write() as connection:
        connection.execute(insert(budget), {"week": WEEK, "kind": "head", "part": 0, "bytes": 10**9})
    files = sum(path.stat().st_size for path in portal.files())
    assert files >= size
    needed = 2 * int(1.07 * 2 * 10**9) + files
    for free in (needed, needed - 1):
        monkeypatch.setattr("shutil.disk_usage", lambda _folder, free=free: Usage(free))
        [(to_do, sentence)] = said(disk.examine(portal.database, config, NOW))
        assert to_do == (free < needed)
        assert "4.3 GB" in sentence
        assert ("lower the numbers in [budget]" in sentence) == to_do


@pytest.mark.only("postgresql")
def test_the_disk_of_postgresql_is_for_its_machine_to_watch(portal: Portal) -> None:
    """It is said how much, and that it cannot be seen."""
    [(to_do, sentence)] = said(disk.examine(portal.database, portal.config, NOW))
    assert not to_do
    assert sentence.startswith("PostgreSQL's disk cannot be seen from here. Watch on its machine that")
    assert "26.0 GB more" in sentence


# Expiry.


@pytest.mark.parametrize(("weeks", "lag"), [(0, 0), (1, 1), (7, 7)])
def test_what_is_kept_too_long_is_found(portal: Portal, weeks: int, lag: int) -> None:
    """By whole weeks, from a day after the week's beginning: expiry has a night for it."""
    portal.post(Post(), authorization=portal.courier)
    with portal.database.write() as connection:
        connection.execute(update(block).values(expiry_week=WEEK))
    for moment, expected in ((monday(weeks) + 86_400, lag), (monday(weeks) + 86_399, max(0, lag - 1))):
        [(to_do, sentence)] = said(expiry.examine(portal.database, moment))
        assert to_do == (expected > 0)
        assert (f"{expected} week" in sentence) == to_do
    tasks.expire(portal.config, portal.database, SettableClock(monday(weeks)), clock_is_right=True)
    assert said(expiry.examine(portal.database, monday(weeks) + 86_400)) == [
        (False, "Nothing is kept longer than its term.")
    ]


# The keyset.


def keyset_says(portal: Portal, now: int, config: Config | None = None) -> list[str]:
    """Return what needs doing about the keyset."""
    organisation = (config or portal.config).organisation
    return [sentence for to_do, sentence in said(keyset.examine(portal.database, organisation, now)) if to_do]


def test_a_site_without_a_list_is_closed(empty: Portal, portal: Portal) -> None:
    """Before the first list, and under another root key."""
    other = replace(portal.config, organisation=replace(portal.config.organisation, root_key=bytes(32)))
    [sentence] = keyset_says(portal, NOW, other)
    assert sentence.startswith("The site is closed: there is no list of counsellors under [organisation] id")
    with empty.database.write() as connection:
        connection.execute(text("DELETE FROM document"))
    assert keyset_says(empty, NOW) == [sentence]


def test_a_team_that_has_just_synced_is_well(portal: Portal) -> None:
    """Four sentences, none of which asks for anything."""
    found = said(keyset.examine(portal.database, portal.config.organisation, NOW))
    assert [to_do for to_do, _ in found] == [False] * 4
    assert found[1][1].startswith("The site closes on 2026-11-30, 00:00 UTC (frozen), if nobody does anything. ")


def test_the_end_of_a_statement_is_said_five_days_before(portal: Portal) -> None:
    """Statements of week 47 hold through week 48; counsellors sync, nobody else can."""
    end = monday(2)
    assert not any("closes" in sentence for sentence in keyset_says(portal, end - 5 * 86_400 - 1))
    for seconds in (5 * 86_400, 1):
        [sentence] = [each for each in keyset_says(portal, end - seconds) if "closes" in each]
        assert sentence == (
            "The site closes on 2026-11-30, 00:00 UTC (frozen), if nobody does anything. Counsellors must open their "
            "desks and sync, of at least as many persons as the list asks for."
        )
    assert any(
        sentence.startswith("The site is closed, and shows telephone numbers only (frozen).")
        for sentence in keyset_says(portal, end)
    )


@pytest.mark.parametrize(("days", "said_so"), [(15, False), (14, True), (0, True), (-1, True)])
def test_the_end_of_the_list_is_said_two_weeks_before(portal: Portal, days: int, *, said_so: bool) -> None:
    """The root holder signs, before it and after."""
    now = NOW + ((date(2027, 2, 12) - date(2026, 11, 18)).days - days) * 86_400
    found = [each for each in keyset_says(portal, now) if each.startswith("The list of counsellors")]
    assert [f"expires in {days} days, after 2027-02-12" in each for each in found] == [days >= 0] * said_so
    assert all("The root holder signs a new list" in each for each in found)
    assert all("expired: its last day was 2027-02-12" in each for each in found if days < 0)


def test_what_browsers_refuse_is_what_the_doctor_says(portal: Portal) -> None:
    """On the very second that is foreseen `crypto.keyset` begins to refuse, and not before."""
    standing = look_at_keyset(portal.database, portal.config.organisation, NOW)
    assert standing is not None
    assert standing.closes_at is not None
    for now in (standing.closes_at - 1, standing.closes_at):
        portal.clock.now = now
        served = portal.client.get("/api/v1/keyset").data
        try:
            protocol.verify(served, portal.team.pins, now)
            refused = ""
        except KeysetError as error:
            refused = error.reason
        assert refused == (standing.reason if now == standing.closes_at else "")


def test_missing_cards_are_named(portal: Portal) -> None:
    """Who has none for this week, or for the next, cannot read what is written then."""
    bram = next(each for each in portal.team.counsellors if each.workstation.person == "bram")
    with portal.database.write() as connection:
        connection.execute(
            text("DELETE FROM document WHERE kind = 'card' AND subject = :id AND number = :week"),
            {"id": bram.id, "week": WEEK + 1},
        )
    found = keyset_says(portal, NOW)
    assert found[-1] == (
        "1 of 3 workstations have no card for next week, and cannot read what is written then: bram. They must open "
        "their desks, which makes new cards, and sync."
    )
    # His colleagues have vouched for that card, so its absence closes the site when the week begins.
    assert "closes on 2026-11-23, 00:00 UTC (missing)" in found[0]
    found = keyset_says(portal, monday(1))
    assert found[0].startswith("The site is closed, and shows telephone numbers only (missing). Every counsellor must")
    assert found[1].startswith("1 of 3 workstations have no card for this week")
    assert found[2].startswith("3 of 3 workstations have no card for next week")


def test_a_list_below_the_minimum_closes_the_site(portal: Portal) -> None:
    """After the operator has raised it, and before the next list came."""
    raised = replace(portal.config, organisation=replace(portal.config.organisation, minimum_roster_version=2))
    [sentence] = keyset_says(portal, NOW, raised)
    assert sentence.startswith("The site is closed: list number 1 is older than [organisation] minimum_roster_version.")


# PostgreSQL's settings.


@pytest.mark.only("postgresql")
def test_settings_that_keep_more_than_they_need_are_found(portal: Portal) -> None:
    """As an ordinary role sees them; the tests' own server is set as OPERATING says."""
    assert said(postgresql.examine(portal.database)) == [(False, "PostgreSQL's settings keep no more than they need.")]
    name = make_url(portal.config.store.url).database
    with portal.database.alone() as connection:
        connection.execute(text(f"ALTER DATABASE \"{name}\" SET log_statement = 'all'"))
        connection.execute(text(f'ALTER DATABASE "{name}" SET log_min_duration_statement = 250'))
    first, second = said(postgresql.examine(ordinary(portal)))
    assert first == (
        True,
        (
            "PostgreSQL has log_statement = all: statements are written into the log, with their time. As its "
            "administrator run `ALTER SYSTEM SET log_statement = 'none'`, then run `SELECT pg_reload_conf()`."
        ),
    )
    assert second[0]
    assert second[1].startswith("PostgreSQL has log_min_duration_statement = 250ms: slow statements")


def ordinary(portal: Portal) -> database.Database:
    """Connect as a role that may do nothing but connect."""
    with portal.database.alone() as connection:
        connection.execute(text("DROP ROLE IF EXISTS watcher"))
        connection.execute(text("CREATE ROLE watcher LOGIN"))
    url = make_url(portal.config.store.url).set(username="watcher")
    return database.connect(url.render_as_string(hide_password=False))


WRONG = {
    "track_commit_timestamp": "on",
    "archive_mode": "on",
    "wal_level": "logical",
    "wal_keep_size": "1GB",
    "log_min_messages": "warning",
    "log_min_error_statement": "error",
    "log_statement": "mod",
    "log_min_duration_statement": "0",
    "log_min_duration_sample": "0",
    "log_transaction_sample_rate": "1",
    "log_parameter_max_length_on_error": "-1",
}


@pytest.mark.parametrize("name", postgresql.SETTINGS)
def test_every_setting_has_its_fix(name: str) -> None:
    """One wrong setting is one finding, with the command that sets it right; one that does not exist is none."""
    right = {each: setting.right[0] for each, setting in postgresql.SETTINGS.items()}
    assert said(postgresql.judge(right)) == []
    assert said(postgresql.judge(right | {name: None})) == []
    sentence = only(postgresql.judge(right | {name: WRONG[name]}))
    assert sentence.startswith(f"PostgreSQL has {name} = {WRONG[name]}: ")
    assert f"`ALTER SYSTEM SET {name} = '{right[name]}'`" in sentence


@pytest.mark.only("sqlite")
def test_sqlite_has_no_such_settings(portal: Portal) -> None:
    """Nothing is said about a server that is not there."""
    assert said(postgresql.examine(portal.database)) == []


# The upkeep.


def with_socket(config: Config, path: Path | None) -> Config:
    """Return a configuration with this socket for the figures."""
    return replace(config, metrics=replace(config.metrics, socket=path))


def shown(**hours: int) -> Callable[[], bytes]:
    """Return what writes figures with these ages."""
    return lambda: figures.write(None, None, None, dict.fromkeys(figures.FAILURES, 0) | hours)


def test_an_upkeep_that_does_not_run_is_found(config: Config, tmp_path: Path) -> None:
    """No socket, or one that a killed server has left."""
    path = tmp_path / "s"
    config = with_socket(config, path)
    assert "(FileNotFoundError): nothing is published or deleted. Start the server" in only(upkeep.examine(config))
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    assert "(ConnectionRefusedError)" in only(upkeep.examine(config))


@pytest.mark.parametrize(("task", "hours"), [("tick", 2), ("expiry", 26), ("rewrite", 26)])
def test_a_task_that_is_late_is_found(config: Config, tmp_path: Path, task: str, hours: int) -> None:
    """Where to look for the reason is said; an hour earlier nothing is late."""
    path = tmp_path / "s"
    config = with_socket(config, path)
    with listener.listening(path, shown(**{task: hours})):
        assert said(upkeep.examine(config)) == [(False, "The upkeep runs, and none of its tasks is late.")]
    with listener.listening(path, shown(**{task: hours + 1})):
        sentence = only(upkeep.examine(config))
    assert sentence.startswith(f"The upkeep runs, but its {task} last succeeded {hours + 1} hours ago.")
    assert f"“{figures.FAILURES[task]}”" in sentence


def test_without_a_socket_it_says_that_it_cannot_see(config: Config) -> None:
    """Which the operator has chosen."""
    assert said(upkeep.examine(with_socket(config, None))) == [
        (False, "Whether the upkeep runs cannot be seen, because [metrics] socket is empty.")
    ]


# The whole.


def test_the_whole_visit_changes_nothing(portal: Portal, tmp_path: Path) -> None:
    """Every subject is looked at; the database is as it was."""
    path = write_config(tmp_path, portal.config.site.release, portal.team.pins.root_key, 8000)
    path.write_text(path.read_text().replace("sqlite:///var/portal.sqlite", portal.config.store.url))
    tasks.expire(portal.config, portal.database, portal.clock)
    before = portal.everything()
    found = [finding.sentence for finding in examination.examine(path, portal.clock)]
    assert portal.everything() == before
    beginnings = [
        "[ticket] secret is the demo's", "The database is of this version", "The clock agrees", "Nothing is kept",
        "The list of counsellors", "The site closes on", "All 3 workstations have a card for this",
        "The upkeep does not", "The release was built",
    ]  # fmt: skip
    for beginning in beginnings:
        assert any(sentence.startswith(beginning) for sentence in found), beginning


def test_a_configuration_that_cannot_be_read_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the same form as every other one, and with the same exit status."""
    assert main(["doctor", "--config", str(tmp_path / "config.toml")]) == 1
    assert capsys.readouterr().out == (
        f"TO DO  {tmp_path}/config.toml does not exist; copy config.example.toml to it and fill it in.\n"
    )


@pytest.mark.parametrize("to_do", [True, False])
def test_the_exit_status_says_whether_something_needs_doing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *, to_do: bool
) -> None:
    """One line for each finding; what needs doing stands out."""
    monkeypatch.setattr("portal.cli.examine", lambda *_: iter([Finding("Build anew.", to_do)]))
    assert main(["doctor"]) == int(to_do)
    assert capsys.readouterr().out == f"{'TO DO' if to_do else 'ok   '}  Build anew.\n"
