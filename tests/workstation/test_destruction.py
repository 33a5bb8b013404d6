"""The secrets of old cards go, when their term is over and not a moment before; and what was recorded stays shut."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crypto.age import file as age
from crypto.age.hybrid import Identity
from crypto.card import parse_card
from crypto.encoding import Json, decode_b64u, parse_json, serialize_json
from crypto.errors import MalformedError, ProtocolError
from crypto.verifying import parse_document, serialize_document
from crypto.week import WEEK_SECONDS, day_of, week_start
from tests.workstation.helpers import (
    PASSPHRASE,
    PERSONS,
    Organisation,
    found,
    make_mailbox,
    withdraw,
    write,
)
from tests.workstation.test_cli import run
from tests.world import NOW, WEEK
from workstation.ceremony.card import TERM_WEEKS, WEEKS_AHEAD, renew_cards
from workstation.ceremony.renewal import renew
from workstation.errors import UnfitFileError, WorkstationError
from workstation.keyring import content
from workstation.keyring.workstation import open_keyring

pytestmark = pytest.mark.slow

YEAR = 52 * WEEK_SECONDS
# The first second at which the secret of NOW's week may go, and the last at which it may not.
OVER = week_start(WEEK + TERM_WEEKS + 1)


def live_on(organisation: Organisation, now: int, persons: tuple[str, ...] = PERSONS) -> None:
    """Let some people renew and publish at this hour, and every courier synchronise."""
    for person in persons:
        with organisation.unlocked(person) as keyring:
            renew(keyring, organisation.spool(person), now)
    organisation.publish(now=now)


def weeks(organisation: Organisation, person: str = "anna") -> set[int]:
    with organisation.unlocked(person) as keyring:
        return set(keyring.state.cards)


def take_in(organisation: Organisation, now: int, person: str = "anna") -> set[str]:
    """Open a desk; return the texts that it shows."""
    with organisation.desk(person, now) as work:
        return {m.payload.body.text for c in work.inbox() for m in c.messages}


def test_a_secret_goes_when_the_fifth_week_after_its_own_is_over(organisation: Organisation) -> None:
    """To the second, by all three who say what week it is; and nothing else goes."""
    live_on(organisation, OVER - 1)
    take_in(organisation, OVER - 1)
    assert WEEK in weeks(organisation)
    live_on(organisation, OVER)
    before = weeks(organisation)
    take_in(organisation, OVER)
    assert weeks(organisation) == before - {WEEK}
    with organisation.unlocked("anna") as keyring:
        assert keyring.state.destroyed.keys() == {WEEK}
        assert content.parse(content.serialize(keyring.state)) == keyring.state


def clock_alone(organisation: Organisation) -> int:
    live_on(organisation, NOW)
    return OVER


def courier_alone(organisation: Organisation) -> int:
    organisation.spool("anna").put_synced(day_of(OVER))
    return NOW


def clock_and_courier(organisation: Organisation) -> int:
    """One computer with one clock; Anna's own statement says the same."""
    organisation.spool("anna").put_synced(day_of(OVER))
    with organisation.unlocked("anna") as keyring:
        renew(keyring, organisation.spool("anna"), OVER)
    spool = organisation.spool("anna")
    fields = parse_json(spool.read_keyset() or b"")
    (own,) = [d for name in spool.list_documents() if name.startswith("3-") for d in [spool.read_document(name)]]
    fields["freshness"].append(parse_json(own or b""))
    spool.put_keyset(serialize_json(fields))
    return OVER


def portal_alone(organisation: Organisation) -> int:
    live_on(organisation, OVER)
    organisation.spool("anna").put_synced(day_of(NOW))
    return NOW


def interrupted(organisation: Organisation) -> int:
    """Let the courier bring a keyset, and be interrupted before the messages."""
    live_on(organisation, OVER)
    organisation.spool("anna").put_synced(day_of(OVER - 1))
    return OVER


def clock_behind(organisation: Organisation) -> int:
    live_on(organisation, OVER)
    return OVER - 1


def no_keyset(organisation: Organisation) -> int:
    live_on(organisation, OVER)
    (organisation.folder / "anna-spool" / "keyset.json").unlink()
    return OVER


def damaged_keyset(organisation: Organisation) -> int:
    live_on(organisation, OVER)
    organisation.spool("anna").put_keyset(b'{"cards":[],"freshness":[1],"roster":{}}')
    return OVER


def stranger(organisation: Organisation) -> int:
    """Bring statements whose signature does not hold."""
    live_on(organisation, OVER)
    spool = organisation.spool("anna")
    fields = parse_json(spool.read_keyset() or b"")
    for statement in fields["freshness"]:
        statement["signatures"][0]["sig"] = fields["cards"][0]["signatures"][0]["sig"]
    spool.put_keyset(serialize_json(fields))
    return OVER


def never_synced(organisation: Organisation) -> int:
    live_on(organisation, OVER)
    (organisation.folder / "anna-spool" / "synced.json").unlink()
    return OVER


@pytest.mark.parametrize(
    "arrange",
    [
        clock_alone,
        courier_alone,
        clock_and_courier,
        portal_alone,
        interrupted,
        clock_behind,
        no_keyset,
        damaged_keyset,
        stranger,
        never_synced,
    ],
    ids=lambda arrange: arrange.__name__,
)
def test_nothing_goes_while_one_of_three_says_otherwise(
    organisation: Organisation, arrange: Callable[[Organisation], int]
) -> None:
    """Clock, colleague and courier: whichever jumped, was kept back or is false, every secret stays."""
    now = arrange(organisation)
    before = weeks(organisation)
    take_in(organisation, now)
    assert before <= weeks(organisation)
    # And when all three agree, it goes after all.
    live_on(organisation, OVER)
    take_in(organisation, OVER)
    assert WEEK not in weeks(organisation)


def test_a_clock_that_jumps_by_a_year_and_back_loses_nothing(organisation: Organisation) -> None:
    """Neither a secret, nor a message, nor what is known of colleagues' cards; and no card gets a second one."""
    write(organisation, make_mailbox(), "Voor de sprong")
    with organisation.unlocked("anna") as keyring:
        cards, known = dict(keyring.state.cards), dict(keyring.state.known)
    for jumped in (NOW + YEAR, NOW - YEAR, NOW + YEAR, NOW):
        # The courier runs on the same computer.
        organisation.spool("anna").put_synced(day_of(jumped))
        take_in(organisation, jumped)
    write(organisation, make_mailbox(8), "Na de sprong")
    assert take_in(organisation, NOW) == {"Voor de sprong", "Na de sprong"}
    with organisation.unlocked("anna") as keyring:
        assert cards.items() <= keyring.state.cards.items()
        assert known.items() <= keyring.state.known.items()
        # What the clock that ran behind had made was nobody's, and went.
        assert max(keyring.state.destroyed) < WEEK - TERM_WEEKS
        renew(keyring, organisation.spool("anna"), NOW)
    waiting = [name for name in organisation.spool("anna").list_documents() if name.startswith("2-card")]
    # The portal takes no card a year ahead: it is not asked to.
    assert len({name for name in waiting if parse_week(organisation, name) > WEEK + WEEKS_AHEAD}) == 0
    live_on(organisation, OVER)
    take_in(organisation, OVER)
    assert min(weeks(organisation)) == WEEK + 1


def parse_week(organisation: Organisation, name: str) -> int:
    document = parse_document(organisation.spool("anna").read_document(name) or b"")
    return parse_card(document.payload).week


def test_what_the_secret_still_opens_is_kept_before_it_goes(organisation: Organisation) -> None:
    """A message that waited seven weeks in the spool is read, and only then can nobody open it again."""
    write(organisation, make_mailbox(), "Zeven weken onderweg")
    live_on(organisation, OVER + WEEK_SECONDS)
    assert take_in(organisation, OVER + WEEK_SECONDS) == {"Zeven weken onderweg"}
    assert WEEK not in weeks(organisation)
    assert take_in(organisation, OVER + WEEK_SECONDS) == {"Zeven weken onderweg"}


def test_a_message_that_comes_after_its_secret_went_stays_shut(organisation: Organisation) -> None:
    """That is what it costs: it is noted as any other block, disturbs nothing, and a colleague may still read it."""
    write(organisation, make_mailbox(), "Te laat")
    spool = organisation.spool("anna")
    (address,) = spool.list_incoming()
    block = spool.read_incoming(address) or b""
    spool.drop_incoming([address])
    live_on(organisation, OVER)
    take_in(organisation, OVER)
    spool.put_incoming(address, block)
    with organisation.desk("anna", OVER) as work:
        assert not work.trouble
        assert not work.inbox()
        assert not work.receiver.is_new(address)
    assert take_in(organisation, OVER, "bram") == {"Te laat"}


@pytest.mark.parametrize("obstacle", ["unreadable", "full disk", "not given back"])
def test_a_secret_stays_while_something_could_not_be_tried_or_kept(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch, obstacle: str
) -> None:
    """A bad place on the stick, a full disk, a disk that loses bytes: the next look opens it."""
    write(organisation, make_mailbox(), "Nog te lezen")
    live_on(organisation, OVER)

    def unfit(*_args: object) -> None:
        raise UnfitFileError("niet te lezen")

    def full(*_args: object) -> None:
        raise OSError("vol")

    with monkeypatch.context() as patch:
        if obstacle == "unreadable":
            patch.setattr("workstation.spool.Spool.read_incoming", unfit)
        elif obstacle == "full disk":
            patch.setattr("workstation.archive.Archive.keep", full)
        else:
            patch.setattr("workstation.archive.Archive._unseal", lambda *_args: (b"", b""))
        assert take_in(organisation, OVER) == set()
    assert WEEK in weeks(organisation)
    assert take_in(organisation, OVER) == {"Nog te lezen"}
    assert WEEK not in weeks(organisation)


def test_no_week_gets_a_second_card_by_a_clock_that_runs_behind(organisation: Organisation) -> None:
    """The desk says so; a week at the edge keeps the card that it has."""
    live_on(organisation, OVER)
    take_in(organisation, OVER)
    with organisation.unlocked("anna") as keyring:
        cards = dict(keyring.state.cards)
        for now in (NOW, NOW - YEAR):
            with pytest.raises(WorkstationError, match="staat weken achter"):
                renew(keyring, organisation.spool("anna"), now)
            # Nor does enrolling once more.
            assert min(keyring.state.cards) == WEEK + 1
            renew_cards(keyring, now)
        renew(keyring, organisation.spool("anna"), NOW + WEEK_SECONDS)
        assert keyring.state.cards == cards
    with organisation.desk("anna", NOW) as work:
        assert "staat weken achter" in work.refusal
    assert weeks(organisation) == cards.keys()


def test_an_old_stick_is_no_alarm_and_a_swapped_card_still_is(organisation: Organisation) -> None:
    """The card of a destroyed secret is remembered by its hash."""
    old = organisation.spool("anna").read_keyset() or b""
    with organisation.unlocked("anna") as keyring:
        mine = keyring.state.cards[WEEK]
        keyring.make_card(WEEK)
        swapped = keyring.sign_card(WEEK)
        keyring.state.cards[WEEK] = mine
    live_on(organisation, OVER)
    take_in(organisation, OVER)
    organisation.spool("anna").put_keyset(old)
    with organisation.desk("anna", OVER) as work:
        assert "spreken elkaar tegen" not in work.refusal
    fields = parse_json(old)
    fields["cards"] = [parse_json(serialize_document(swapped))]
    organisation.spool("anna").put_keyset(serialize_json(fields))
    with organisation.desk("anna", OVER) as work:
        assert "spreken elkaar tegen" in work.refusal


def test_a_team_of_one_takes_the_portals_word_for_its_own(tmp_path: Path) -> None:
    """Nobody else could say which week it is; a statement that the portal took is not the clock alone."""
    organisation = found(tmp_path, ("anna",))
    organisation.spool("anna").put_synced(day_of(OVER))
    take_in(organisation, OVER)
    assert WEEK in weeks(organisation)
    organisation.publish(("anna",), now=OVER)
    take_in(organisation, OVER)
    assert WEEK not in weeks(organisation)


def test_the_command_card_destroys_as_the_desk_does(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It takes in first, and says what it did."""
    write(organisation, make_mailbox(), "Nog te lezen")
    live_on(organisation, OVER)
    secret = organisation.folder / "wachtzin"
    secret.write_text(PASSPHRASE)
    monkeypatch.setattr("workstation.cli.read_clock", lambda: OVER)
    places = ("--folder", organisation.station("anna"), "--spool", organisation.folder / "anna-spool")
    code, out, _err = run(capsys, "card", *places, "--passphrase-file", secret)
    assert code == 0
    assert "1 oude sleutels vernietigd." in out
    assert WEEK not in weeks(organisation)
    shutil.rmtree(organisation.folder / "anna-spool")
    organisation.spool("anna")
    assert take_in(organisation, OVER) == {"Nog te lezen"}
    assert "oude sleutels" not in run(capsys, "card", *places, "--passphrase-file", secret)[1]


def test_what_was_learned_of_colleagues_cards_is_saved_at_once(organisation: Organisation) -> None:
    """Also where something of that week was known before."""
    with organisation.unlocked("anna") as keyring:
        known = {week: dict(hashes) for week, hashes in keyring.state.known.items()}
        keyring.state.known[WEEK].popitem()
        keyring.save()
        renew(keyring, organisation.spool("anna"), NOW)
    with organisation.unlocked("anna") as keyring:
        assert keyring.state.known == known


def every_secret(value: Json) -> Iterator[bytes]:
    """Yield everything in a keyring that could be a key."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from every_secret(key)
            yield from every_secret(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from every_secret(inner)
    elif isinstance(value, str):
        try:
            yield decode_b64u(value)
        except MalformedError:
            pass


def crack(folder: Path, recorded: list[bytes]) -> list[bytes]:
    """Open what was recorded with everything that a copy of a workstation holds, its pass phrase known."""
    keyring = open_keyring(folder, PASSPHRASE)
    identities = [Identity(seed) for seed in set(every_secret(content.serialize(keyring.state)))]
    keyring.close()
    opened = []
    for sealed in recorded:
        for identity in identities:
            try:
                opened.append(age.decrypt(sealed, [identity]))
            except ProtocolError:
                continue
    return opened


def test_recorded_blocks_stay_shut_to_a_copy_made_after_the_destruction(
    organisation: Organisation, tmp_path: Path
) -> None:
    """A copy from before opens them all; one from after opens none, and holds no word of them."""
    box = make_mailbox()
    write(organisation, box, "kanarie van de melder")
    with organisation.desk("anna") as work:
        work.answer(work.inbox()[0], "kanarie van Anna", NOW)
    organisation.collect("anna")
    spool = organisation.spool("anna")
    blocks = [spool.read_incoming(address) or b"" for address in sorted(spool.list_incoming())]
    # The message, the answer, and that the desk opened the message, which has no word of it.
    assert len(blocks) == 3
    archived = [path.read_bytes() for path in (organisation.station("anna") / "archive").iterdir()]
    before, between, after = tmp_path / "voor", tmp_path / "tussen", tmp_path / "na"
    shutil.copytree(organisation.station("anna"), before)
    withdraw(organisation, box)
    with organisation.desk("anna"):
        pass
    shutil.copytree(organisation.station("anna"), between)
    live_on(organisation, OVER)
    with organisation.desk("anna", OVER):
        pass
    shutil.copytree(organisation.station("anna"), after)
    for folder, recorded in ((before, blocks), (before, archived), (between, blocks)):
        # Between, the conversation is gone, and yet its blocks open until the card goes too.
        assert sorted(b"kanarie van" in opened for opened in crack(folder, recorded)) == [False, True, True]
    assert not crack(between, archived)
    assert not crack(after, blocks + archived)


def test_a_keyring_from_before_destruction_opens(organisation: Organisation) -> None:
    """Nobody loses their keys to a newer version."""
    with organisation.unlocked("anna") as keyring:
        value = content.serialize(keyring.state)
        assert isinstance(value, dict)
        assert value.pop("destroyed") == {}
        assert content.parse(value) == keyring.state
