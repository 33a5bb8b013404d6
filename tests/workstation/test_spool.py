"""The spool after it was in other hands: truncated, swapped, linked, duplicated, enormous."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from crypto.labels import BLOCK_SIZE
from workstation import files
from workstation.errors import UnfitFileError
from workstation.spool import RECORD_SIZE, Spool

ADDRESS = bytes(range(32))
CARD = "2-card-0123456789abcdef-2026-W47.json"


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """Make an empty spool."""
    return Spool.open(tmp_path / "spool", create=True)


def test_a_block_comes_back_as_it_was_put(spool: Spool) -> None:
    """One block under its address."""
    block = os.urandom(BLOCK_SIZE)
    spool.put_incoming(ADDRESS, block)
    assert spool.list_incoming() == {ADDRESS}
    assert spool.read_incoming(ADDRESS) == block
    assert spool.read_incoming(bytes(32)) is None


def test_a_record_goes_out_once(spool: Spool) -> None:
    """Sent records wait no longer."""
    record = ADDRESS + os.urandom(RECORD_SIZE - 32)
    spool.put_outgoing(record)
    assert spool.list_outgoing() == {ADDRESS}
    assert spool.read_outgoing(ADDRESS) == record
    assert not spool.was_sent(record)
    spool.mark_sent(ADDRESS)
    assert not spool.list_outgoing()
    assert spool.was_sent(record)


def _truncate(path: Path) -> None:
    path.write_bytes(bytes(BLOCK_SIZE - 1))


def _enlarge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


def _link(path: Path) -> None:
    target = path.parent.parent.parent / "target"
    target.write_bytes(bytes(BLOCK_SIZE))
    path.symlink_to(target)


def _dangle(path: Path) -> None:
    path.symlink_to("/nonexistent")


def _nest(path: Path) -> None:
    path.mkdir()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("spoil", [_truncate, _enlarge, _link, _dangle, _nest, _pipe])
def test_what_is_not_one_whole_block_is_skipped_and_counted(spool: Spool, spoil: Callable[[Path], None]) -> None:
    """It is never opened, never waited for, and never fatal."""
    spoil(spool.folder / "incoming" / ADDRESS.hex())
    spool.put_incoming(bytes(32), bytes(BLOCK_SIZE))
    assert spool.list_incoming() == {bytes(32)}
    assert spool.count_junk() == 1
    with pytest.raises(UnfitFileError):
        spool.read_incoming(ADDRESS)


@pytest.mark.parametrize("spoil", [_truncate, _link, _dangle, _pipe])
def test_a_spoiled_block_is_replaced_when_it_is_fetched_again(spool: Spool, spoil: Callable[[Path], None]) -> None:
    """The courier sees it as missing; what a link pointed to stays as it was."""
    spoil(spool.folder / "incoming" / ADDRESS.hex())
    block = os.urandom(BLOCK_SIZE)
    spool.put_incoming(ADDRESS, block)
    assert spool.read_incoming(ADDRESS) == block
    target = spool.folder.parent / "target"
    assert not target.exists() or target.read_bytes() == bytes(BLOCK_SIZE)


@pytest.mark.parametrize(
    "name",
    ["x", "../keyring", "a" * 63, "A" * 64, "a" * 65, "a" * 64 + ".part", "é" * 32, "a\n" + "a" * 62, "\u202egnp"],
)
def test_a_name_that_is_no_address_is_junk(spool: Spool, name: str) -> None:
    """Only 64 lower-case hexadecimal digits name a block."""
    if "/" in name:
        assert not (spool.folder / "incoming" / "keyring").exists()
        return
    (spool.folder / "incoming" / name).write_bytes(bytes(BLOCK_SIZE))
    assert not spool.list_incoming()
    assert spool.count_junk() == 1


@pytest.mark.parametrize("name", ["notes.txt", "1-roster-1.json", "4-card-0123456789abcdef-2026-W47.json", CARD + "~"])
def test_a_document_of_another_name_is_not_published(spool: Spool, name: str) -> None:
    """An enemy's file is not carried to the portal by us."""
    (spool.folder / "outgoing" / "documents" / name).write_bytes(b"{}")
    assert not spool.list_documents()
    assert spool.count_junk() == 1


def test_documents_go_out_in_the_order_in_which_the_portal_takes_them(spool: Spool) -> None:
    """First the roster, then cards, then freshness."""
    names = ["3-freshness-0123456789abcdef-2026-W47.json", CARD, "1-roster-000002.json"]
    for name in names:
        spool.put_document(name, b"{}")
    assert spool.list_documents() == names[::-1]


def test_a_document_that_was_sent_is_not_sent_again_unless_asked(spool: Spool) -> None:
    """Renewing every day makes no traffic."""
    assert spool.put_document(CARD, b"{}")
    spool.mark_document_sent(CARD)
    assert not spool.put_document(CARD, b"{}")
    assert spool.put_document(CARD, b"[]")
    spool.drop_document(CARD)
    assert spool.put_document(CARD, b"{}", again=True)
    assert spool.list_documents() == [CARD]


def test_after_the_portal_began_anew_everything_is_sent_again(spool: Spool) -> None:
    """Except where something newer waits already."""
    spool.put_document(CARD, b"{}")
    spool.mark_document_sent(CARD)
    assert spool.resend_documents()
    assert spool.read_document(CARD) == b"{}"
    assert not spool.resend_documents()


def test_a_folder_of_the_spool_that_is_a_link_is_refused(spool: Spool, tmp_path: Path) -> None:
    """Otherwise blocks would be written where an enemy likes."""
    (tmp_path / "other").mkdir()
    (spool.folder / "incoming").rmdir()
    (spool.folder / "incoming").symlink_to(tmp_path / "other")
    with pytest.raises(UnfitFileError):
        Spool.open(spool.folder)


def test_a_stick_that_is_not_plugged_in_does_not_become_a_folder(tmp_path: Path) -> None:
    """Replies would wait in a place that nobody carries anywhere."""
    with pytest.raises(UnfitFileError, match="USB"):
        Spool.open(tmp_path / "stick")
    assert not (tmp_path / "stick").exists()


@pytest.mark.parametrize("data", [b"", b"{}", b'{"day":"2026-02-30"}', b'{"day": "2026-11-18"}', b"\xff" * 70_000])
def test_a_damaged_note_of_the_last_synchronisation_counts_as_none(spool: Spool, data: bytes) -> None:
    """Whoever edits it can hide that the courier came, nothing else."""
    (spool.folder / "synced.json").write_bytes(data)
    assert spool.read_synced() is None
    spool.put_synced("2026-11-18")
    assert spool.read_synced() == "2026-11-18"


def test_an_enormous_keyset_is_refused_unread(spool: Spool) -> None:
    """A terabyte of zeros does not end up in memory."""
    _enlarge(spool.folder / "keyset.json")
    with pytest.raises(UnfitFileError):
        spool.read_keyset()


def test_a_half_written_file_is_neither_block_nor_junk(spool: Spool) -> None:
    """The other side may be writing at this moment."""
    (spool.folder / "incoming" / f"{files.TEMPORARY_PREFIX}12").write_bytes(bytes(BLOCK_SIZE))
    assert not spool.list_incoming()
    assert spool.count_junk() == 0


def test_an_error_never_repeats_a_name_that_could_deceive(tmp_path: Path) -> None:
    """No escape sequence and no turned text reaches a terminal."""
    path = tmp_path / "\x1b[2Jmooi\u202etxt"
    path.mkdir()
    with pytest.raises(UnfitFileError) as caught:
        files.read_file(path, 10)
    assert str(caught.value).isprintable()
    assert "\u202e" not in str(caught.value)
