"""The files of drafts: sealed, of a few sizes, and never half of one."""

from __future__ import annotations

import hmac
from itertools import permutations
from pathlib import Path

import pytest

from workstation.drafts import ANSWER, HANDOVER, KINDS, NOTE, SIZES, Draft, Drafts
from workstation.errors import UnfitFileError, WorkstationError

CANARY = "kanarie-9c1e"
SEED, CONVERSATION, LOCAL = bytes(range(32)), b"c" * 32, b"l" * 32
TYPED = {"text": "Een regel.\nNog een.", "gist": "Kern", "summary": "", "track": "series", "next": "2026-11-26"}


def test_a_draft_comes_back_as_it_was(tmp_path: Path) -> None:
    """Every field, and the day."""
    drafts = Drafts.prepare(tmp_path / "drafts", LOCAL)
    assert drafts.open(CONVERSATION, SEED, ANSWER) is None
    drafts.slot(CONVERSATION, SEED, ANSWER).keep(Draft("2026-11-18", TYPED))
    assert drafts.open(CONVERSATION, SEED, ANSWER) == Draft("2026-11-18", TYPED)
    drafts.discard(CONVERSATION, ANSWER)
    drafts.discard(CONVERSATION, ANSWER)
    assert drafts.open(CONVERSATION, SEED, ANSWER) is None


def test_a_drafts_file_shows_nothing_but_one_of_three_sizes(tmp_path: Path) -> None:
    """No word of it, not whose it is, and not how long it is within a class."""
    drafts = Drafts.prepare(tmp_path / "drafts", LOCAL)
    sizes = []
    for length in (0, 1, 60_000, 70_000, 400_000, 1_000_000):
        text = (CANARY + " " * length)[: max(length, len(CANARY))]
        drafts.slot(CONVERSATION, SEED, ANSWER).keep(Draft("2026-11-18", {"text": text}))
        (path,) = (tmp_path / "drafts").iterdir()
        data = path.read_bytes()
        assert CANARY.encode() not in data
        assert CONVERSATION.hex() not in path.name
        assert path.stat().st_mode & 0o777 == 0o600
        sizes.append(len(data))
    assert sizes[0] == sizes[1] == sizes[2] < sizes[3] == sizes[4] < sizes[5]
    with pytest.raises(WorkstationError, match="te lang"):
        drafts.slot(CONVERSATION, SEED, ANSWER).keep(Draft("2026-11-18", {"text": "x" * SIZES[-1]}))


def test_no_changed_draft_is_shown(tmp_path: Path) -> None:
    """Neither an altered nor a cut one, nor that of another conversation, nor a link."""
    drafts = Drafts.prepare(tmp_path / "drafts", LOCAL)
    drafts.slot(CONVERSATION, SEED, ANSWER).keep(Draft("2026-11-18", TYPED))
    (path,) = (tmp_path / "drafts").iterdir()
    good = path.read_bytes()
    for place in (0, 100, 5_000, len(good) - 1):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        with pytest.raises(UnfitFileError):
            drafts.open(CONVERSATION, SEED, ANSWER)
    path.write_bytes(good[:-1])
    with pytest.raises(UnfitFileError):
        drafts.open(CONVERSATION, SEED, ANSWER)
    path.write_bytes(good)
    with pytest.raises(UnfitFileError):
        drafts.open(CONVERSATION, bytes(32), ANSWER)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnfitFileError):
        drafts.open(CONVERSATION, SEED, ANSWER)


def test_each_form_has_a_file_of_its_own_and_none_opens_as_another(tmp_path: Path) -> None:
    """Each has its own fields, none of which another has; with the conversation all of them go."""
    drafts = Drafts.prepare(tmp_path / "drafts", LOCAL)
    typed = {
        ANSWER: TYPED,
        NOTE: {"note": CANARY, "label": "gezin"},
        HANDOVER: {"recipient": "Politie", "until": "2026-12-18", "passage": CANARY},
    }
    assert set(typed) == set(KINDS)
    assert len({name for kind in KINDS for name in kind.fields}) == sum(len(kind.fields) for kind in KINDS)
    for kind, fields in typed.items():
        drafts.slot(CONVERSATION, SEED, kind).keep(Draft("2026-11-18", fields))
    for kind, fields in typed.items():
        assert drafts.open(CONVERSATION, SEED, kind) == Draft("2026-11-18", fields)
    kept = {kind: drafts.slot(CONVERSATION, SEED, kind).path.read_bytes() for kind in KINDS}
    for one, other in permutations(KINDS, 2):
        drafts.slot(CONVERSATION, SEED, one).path.write_bytes(kept[other])
        with pytest.raises(UnfitFileError):
            drafts.open(CONVERSATION, SEED, one)
    drafts.sweep([CONVERSATION])
    assert len(list(drafts.folder.iterdir())) == len(KINDS)
    drafts.destroy(CONVERSATION)
    assert list(drafts.folder.iterdir()) == []


def test_a_draft_from_before_there_were_notes_is_found(tmp_path: Path) -> None:
    """The name of an answer's file is the one that it always had."""
    drafts = Drafts.prepare(tmp_path / "drafts", LOCAL)
    drafts.slot(CONVERSATION, SEED, ANSWER).keep(Draft("2026-11-18", TYPED))
    assert [path.name for path in drafts.folder.iterdir()] == [hmac.digest(LOCAL, CONVERSATION, "sha256").hex()]


@pytest.mark.parametrize("step", ["write", "fsync", "rename"])
def test_a_power_cut_leaves_the_old_draft_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Whole in either case; what was half-written goes at the next start."""
    drafts = Drafts.prepare(tmp_path / "drafts", LOCAL)
    drafts.slot(CONVERSATION, SEED, ANSWER).keep(Draft("2026-11-18", TYPED))

    class PowerCutError(BaseException):
        """Nothing after this is carried out."""

    def cut(*_arguments: object) -> None:
        raise PowerCutError

    with monkeypatch.context() as patch:
        # After a power cut nobody cleans up, either.
        patch.setattr(Path, "unlink", lambda *_arguments, **_named: None)
        patch.setattr(*{"write": ("os.fdopen", cut), "fsync": ("os.fsync", cut), "rename": (Path, "rename", cut)}[step])
        with pytest.raises(PowerCutError):
            drafts.slot(CONVERSATION, SEED, ANSWER).keep(Draft("2026-11-19", {"text": "nieuw"}))
    assert drafts.open(CONVERSATION, SEED, ANSWER) == Draft("2026-11-18", TYPED)
    assert len(list(drafts.folder.iterdir())) == 2
    drafts.sweep([CONVERSATION])
    assert len(list(drafts.folder.iterdir())) == 1
    drafts.slot(CONVERSATION, SEED, ANSWER).keep(Draft("2026-11-19", {"text": "nieuw"}))
    found = drafts.open(CONVERSATION, SEED, ANSWER)
    assert found is not None
    assert found.typed["text"] == "nieuw"
    drafts.sweep([])
    assert list(drafts.folder.iterdir()) == []
