"""Keyrings: sealed whole, opened only by the passphrase, never half-written."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from crypto.encoding import encode_b64u, parse_json, serialize_json
from crypto.signing import sign_document, verifying_key
from tests.workstation.helpers import CHEAP, ORGANISATION, PASSPHRASE
from workstation import files
from workstation.errors import PassphraseError, WorkstationError
from workstation.keyring import content, sealing
from workstation.keyring.root import create_root, open_root
from workstation.keyring.sealing import COST, Cost
from workstation.keyring.state import Numbering, Person
from workstation.keyring.workstation import Keyring, create_keyring, open_keyring

ME = Person(ORGANISATION, bytes(32), "anna", "Anna de Vries", ("Stichting A", "Partij B"))


def make(folder: Path) -> Keyring:
    return create_keyring(folder, ME, PASSPHRASE, CHEAP)


def fill(keyring: Keyring) -> None:
    """Put something into every field."""
    keyring.make_card(2968)
    state = keyring.state
    state.known = {2968: {os.urandom(32): os.urandom(32)}}
    state.archives = {os.urandom(32): os.urandom(32)}
    state.numbers = {os.urandom(32): Numbering(3, os.urandom(32)), os.urandom(32): Numbering()}
    state.credential = os.urandom(32)
    state.roster = sign_document("x", b"{}", os.urandom(32))
    state.roster_version = 7


def test_what_is_sealed_opens_the_same(tmp_path: Path) -> None:
    """Every field survives the way through the file."""
    keyring = make(tmp_path / "anna")
    fill(keyring)
    keyring.save()
    state = keyring.state
    keyring.close()
    opened = open_keyring(tmp_path / "anna", PASSPHRASE)
    assert opened.state == state
    opened.close()


def test_the_content_is_read_only_as_it_is_written(tmp_path: Path) -> None:
    """Parse and serialize are inverse on bytes."""
    keyring = make(tmp_path / "anna")
    fill(keyring)
    written = serialize_json(content.serialize(keyring.state))
    assert serialize_json(content.serialize(content.parse(parse_json(written)))) == written
    keyring.close()


@pytest.mark.parametrize("wrong", ["", "vier gewone losse woorde", PASSPHRASE + " ", PASSPHRASE.upper()])
def test_another_passphrase_does_not_open(tmp_path: Path, wrong: str) -> None:
    """There is one passphrase, to the letter."""
    make(tmp_path / "anna").close()
    with pytest.raises(PassphraseError):
        open_keyring(tmp_path / "anna", wrong)


def test_any_flipped_byte_is_refused(tmp_path: Path) -> None:
    """Parameters, salt, nonce, ciphertext and tag are all authenticated."""
    path = tmp_path / "anna" / "keyring"
    make(tmp_path / "anna").close()
    whole = path.read_bytes()
    places = [*range(220), *range(220, len(whole), 97), len(whole) - 1]
    for place in places:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(WorkstationError):
            open_keyring(tmp_path / "anna", PASSPHRASE)


def test_a_truncated_or_extended_file_is_refused(tmp_path: Path) -> None:
    """A half-copied backup is no keyring."""
    path = tmp_path / "anna" / "keyring"
    make(tmp_path / "anna").close()
    whole = path.read_bytes()
    for data in (b"", whole[:20], whole[:200], whole[:-1], whole + b"\n"):
        path.write_bytes(data)
        with pytest.raises(WorkstationError):
            open_keyring(tmp_path / "anna", PASSPHRASE)


def test_the_cost_in_a_header_is_bounded(tmp_path: Path) -> None:
    """A prepared file cannot make the machine work for hours."""
    path = tmp_path / "anna" / "keyring"
    make(tmp_path / "anna").close()
    whole = path.read_bytes()
    for dear in (b'"memory_kib":99999999', b'"memory_kib":0'):
        path.write_bytes(whole.replace(b'"memory_kib":8', dear))
        with pytest.raises(WorkstationError):
            open_keyring(tmp_path / "anna", PASSPHRASE)


def test_the_cost_in_use_is_that_of_the_design() -> None:
    """Argon2id with 256 MiB and three passes."""
    assert Cost(memory_kib=256 * 1024, time=3) == COST


def test_each_sealing_has_a_fresh_nonce_and_asks_no_passphrase(tmp_path: Path) -> None:
    """Saving the same state twice writes two different files under the same header."""
    keyring = make(tmp_path / "anna")
    path = tmp_path / "anna" / "keyring"
    before = path.read_bytes()
    keyring.save()
    after = path.read_bytes()
    header = len(keyring.seal.header)
    assert before[:header] == after[:header]
    assert before[header : header + 24] != after[header : header + 24]
    keyring.close()


def test_a_keyring_is_never_overwritten(tmp_path: Path) -> None:
    """Repeating the ceremony does not cost anybody their keys."""
    make(tmp_path / "anna").close()
    with pytest.raises(WorkstationError, match="nooit overschreven"):
        make(tmp_path / "anna")
    create_root(tmp_path / "root", ORGANISATION, PASSPHRASE, CHEAP)
    with pytest.raises(WorkstationError, match="nooit overschreven"):
        create_root(tmp_path / "root", ORGANISATION, PASSPHRASE, CHEAP)


def test_a_power_cut_while_saving_leaves_the_old_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever call the power fails in, the file opens, and no half file stays behind."""
    folder = tmp_path / "anna"
    keyring = make(folder)
    keyring.state.roster_version = 2

    def cut(*_args: object) -> None:
        raise OSError("stroom weg")

    for name in ("fsync", "open"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, cut)
            with pytest.raises(OSError, match="stroom"):
                keyring.save()
    keyring.close()
    opened = open_keyring(folder, PASSPHRASE)
    assert opened.state.roster_version == 1
    assert {path.name for path in folder.iterdir()} == {"keyring", "lock"}
    opened.close()


def test_a_half_written_file_is_swept_away(tmp_path: Path) -> None:
    """What a real power cut leaves is gone after the next opening."""
    folder = tmp_path / "anna"
    make(folder).close()
    (folder / f"{files.TEMPORARY_PREFIX}abc").write_bytes(b"half")
    open_keyring(folder, PASSPHRASE).close()
    assert not list(folder.glob(".half-*"))


def test_only_its_owner_may_read_a_keyring(tmp_path: Path) -> None:
    """Mode 0600 in a folder of mode 0700."""
    make(tmp_path / "anna").close()
    assert stat.S_IMODE((tmp_path / "anna").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "anna" / "keyring").stat().st_mode) == 0o600


def test_two_programs_cannot_have_one_keyring_open(tmp_path: Path) -> None:
    """Each would overwrite what the other learned."""
    keyring = make(tmp_path / "anna")
    with pytest.raises(WorkstationError, match="al open"):
        open_keyring(tmp_path / "anna", PASSPHRASE)
    keyring.close()
    open_keyring(tmp_path / "anna", PASSPHRASE).close()


def test_a_root_keyring_is_no_workstations(tmp_path: Path) -> None:
    """The kind is part of what is authenticated."""
    root = create_root(tmp_path / "root", ORGANISATION, PASSPHRASE, CHEAP)
    assert open_root(tmp_path / "root", PASSPHRASE).signing == root.signing
    (tmp_path / "root" / "root-keyring").rename(tmp_path / "root" / "keyring")
    with pytest.raises(WorkstationError):
        open_keyring(tmp_path / "root", PASSPHRASE)


def test_a_keyring_is_not_followed_through_a_link(tmp_path: Path) -> None:
    """Somebody who can write into the folder cannot have another file read or sealed."""
    make(tmp_path / "anna").close()
    (tmp_path / "anna" / "keyring").rename(tmp_path / "elsewhere")
    (tmp_path / "anna" / "keyring").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(WorkstationError):
        open_keyring(tmp_path / "anna", PASSPHRASE)


def test_no_secret_is_in_the_file(tmp_path: Path) -> None:
    """Neither a seed nor a name can be read from the disk."""
    keyring = make(tmp_path / "anna")
    fill(keyring)
    keyring.save()
    data = (tmp_path / "anna" / "keyring").read_bytes()
    assert keyring.state.signing not in data
    assert b"Vries" not in data
    assert sealing.COST.memory_kib == 262_144
    keyring.close()


def test_no_root_key_looks_like_an_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """People pass it to a command, where a dash would begin something else; one key in 64 would."""
    seeds = (bytes([n]) + bytes(31) for n in range(256))
    dashed = next(seed for seed in seeds if encode_b64u(verifying_key(seed)).startswith("-"))
    drawn = iter([dashed, dashed, bytes(32)])
    with monkeypatch.context() as patch:
        patch.setattr("workstation.keyring.root._draw_seed", lambda: next(drawn))
        root = create_root(tmp_path, ORGANISATION, PASSPHRASE, CHEAP)
    assert root.signing == bytes(32)
