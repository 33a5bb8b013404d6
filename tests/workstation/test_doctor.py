"""The doctor: what protects a workstation, what to do, and that it looks without touching."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from crypto.week import WEEK_SECONDS
from tests.workstation.helpers import Organisation
from tests.workstation.test_confine import served
from tests.workstation.unprotected import unprotected
from tests.world import NOW
from workstation.cli import main
from workstation.doctor import disk, process
from workstation.doctor.carried import examine_spool
from workstation.doctor.examination import examine
from workstation.doctor.finding import Finding, System
from workstation.doctor.viewing import _explain, examine_viewing, try_viewing

PLAIN = "Filename\tType\tSize\tUsed\tPriority\n"


@pytest.fixture
def system(tmp_path: Path) -> System:
    """Lay out what a kernel tells of a machine: one disk, encrypted by LUKS, with LVM on it."""
    made = System(tmp_path / "proc", tmp_path / "sys")
    tell(made.proc / "swaps", PLAIN)
    tell(made.proc / "self/mountinfo", "27 1 253:1 / / rw - ext4 /dev/mapper/root rw\n")
    tell(made.proc / "sys/kernel/seccomp/actions_avail", "kill_process errno allow\n")
    tell(made.sys / "class/block/dm-0/dm/uuid", "CRYPT-LUKS2-0123-luks\n")
    (made.sys / "class/block/dm-0/slaves/sda2").mkdir(parents=True)
    tell(made.sys / "class/block/dm-1/dm/uuid", "LVM-abc\n")
    (made.sys / "class/block/dm-1/slaves").mkdir(parents=True)
    (made.sys / "class/block/dm-1/slaves/dm-0").symlink_to(made.sys / "class/block/dm-0")
    (made.sys / "class/block/sda1").mkdir(parents=True)
    (made.sys / "class/block/zram0").mkdir(parents=True)
    (made.sys / "dev/block").mkdir(parents=True)
    (made.sys / "dev/block/253:1").symlink_to(made.sys / "class/block/dm-1")
    (made.sys / "dev/block/8:1").symlink_to(made.sys / "class/block/sda1")
    return made


def tell(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def one(findings: object) -> Finding:
    (finding,) = findings  # type: ignore[misc]
    return finding  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("swaps", "to_do"),
    [
        ("", False),
        ("/dev/dm-0 partition 1 0 -2\n", False),
        ("/dev/dm-1 partition 1 0 -2\n", False),
        ("/dev/zram0 partition 1 0 100\n", False),
        ("/swap\\040file file 1 0 -2\n", False),
        ("/dev/sda1 partition 1 0 -2\n", True),
        ("/dev/dm-0 partition 1 0 -2\n/dev/sda1 partition 1 0 -3\n", True),
    ],
)
def test_swap_that_is_not_encrypted_has_to_go(system: System, swaps: str, *, to_do: bool) -> None:
    """Directly, through LVM, in memory, or as a file on an encrypted disk it is well."""
    tell(system.proc / "swaps", PLAIN + swaps)
    finding = one(process.examine_swap(system))
    assert finding.to_do is to_do
    assert ("/dev/sda1" in finding.sentence) is to_do
    assert ("swapoff" in finding.sentence) is to_do


@pytest.mark.parametrize(
    ("mount", "to_do", "said"),
    [
        ("253:1 / {place} rw - ext4 /dev/mapper/root rw", False, "is versleuteld"),
        ("8:1 / {place} rw shared:1 - ext4 /dev/sda1 rw", True, "niet versleuteld"),
        ("0:31 / {place} rw - btrfs {sys}/../dev/sda1 rw", False, "niet te zien"),
        ("0:31 / {place} rw - nfs4 server:/home rw", True, "netwerkschijf"),
        ("0:31 / {place} rw - fuse.sshfs a@b: rw", True, "netwerkschijf"),
        ("0:31 / {place} rw - vboxsf gedeeld rw", True, "netwerkschijf"),
        ("0:31 / {place} rw - fuse.gocryptfs x rw", False, "is versleuteld"),
        ("0:31 / {place} rw - tmpfs tmpfs rw", True, "werkgeheugen"),
        ("0:31 / {place} rw - zfs pool/home rw", False, "niet te zien"),
    ],
)
def test_it_says_what_disk_the_folder_is_on(
    system: System, tmp_path: Path, mount: str, said: str, *, to_do: bool
) -> None:
    """The last and deepest mount counts; what cannot be told is said so."""
    place = tmp_path / "mijn map"
    (place / "bureau").mkdir(parents=True)
    line = "40 27 " + mount.format(place=str(place).replace(" ", "\\040"), sys=system.sys)
    tell(system.proc / "self/mountinfo", f"27 1 8:1 / / rw - ext4 /dev/sda1 rw\nonzin\n{line}\n")
    finding = next(disk.examine_disk(place / "bureau", system))
    assert said in finding.sentence
    assert finding.to_do is to_do


@pytest.mark.parametrize(
    ("name", "to_do"),
    [
        *(("Dropbox", True), ("OneDrive - Gemeente Ons Dorp", True), ("Google Drive", True), ("Nextcloud", True)),
        *(("Documenten", False), ("dropboxen", False), ("bureau", False)),
    ],
)
def test_a_folder_in_a_cloud_has_to_move(system: System, tmp_path: Path, name: str, *, to_do: bool) -> None:
    """Its name or the mark of a program says so; a link into one counts."""
    (tmp_path / "thuis" / name / "bureau").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "thuis" / name)
    for place in (tmp_path / "thuis" / name, tmp_path / "link"):
        assert [*disk.examine_disk(place / "bureau", system)][-1].to_do is to_do
    (tmp_path / "thuis" / ".stfolder").mkdir()
    assert [*disk.examine_disk(tmp_path / "thuis" / name / "bureau", system)][-1].to_do


def test_files_that_others_can_read_are_counted(organisation: Organisation) -> None:
    """So are things that are neither file nor folder; and then the command that mends it does."""
    # The command works for any name that a person may have chosen.
    folder = organisation.folder / ("Mijn 'werkplek' " + "é" * 80)
    organisation.station("anna").rename(folder)
    assert not one(disk.examine_modes(folder)).to_do
    (folder / "keyring").chmod(0o640)
    folder.chmod(0o755)
    (folder / "x").symlink_to("/etc/passwd")
    wide, odd = disk.examine_modes(folder)
    assert wide.to_do
    assert wide.sentence.startswith("2 bestanden")
    assert odd.to_do
    (folder / "x").unlink()
    assert os.system(wide.sentence.partition("Voer uit: ")[2]) == 0  # noqa: S605
    assert not one(disk.examine_modes(folder)).to_do


def _cut(folder: Path) -> None:
    (folder / "incoming" / ("a" * 64)).write_bytes(b"x")


def _replace_keyset(folder: Path) -> None:
    (folder / "keyset.json").unlink()
    (folder / "keyset.json").symlink_to("/etc/passwd")


def _take_away(folder: Path) -> None:
    folder.rename(folder.parent / "weg")


def _link(folder: Path) -> None:
    (folder / "incoming").rmdir()
    (folder / "incoming").symlink_to("/etc")


@pytest.mark.parametrize(
    ("change", "weeks", "said"),
    [
        (lambda _folder: None, 0, ""),
        (_cut, 0, "staan 1 vreemde"),
        (lambda folder: (folder / "synced.json").unlink(), 0, "nog nooit gesynchroniseerd"),
        (lambda folder: (folder / "synced.json").write_bytes(b'{"day":"2099-01-01"}'), 0, "dat is nog niet geweest"),
        (lambda _folder: None, 1, "Voor het laatst gesynchroniseerd op 2026-11-18. Voer `sync`"),
        (lambda _folder: None, 1, "Voor volgende week heeft het portaal geen kaart van "),
        (lambda _folder: None, 2, "Voor deze week heeft het portaal geen kaart van "),
        (lambda _folder: None, 2, "0 personen hebben de lijst bevestigd; 2 zijn nodig. Vraag"),
        (lambda _folder: None, 11, "verloopt op 2027-02-17. Vraag"),
        (lambda _folder: None, 14, "is verlopen op 2027-02-17"),
        (lambda folder: (folder / "keyset.json").unlink(), 0, "nog geen lijst"),
        (lambda folder: (folder / "keyset.json").write_bytes(b"{}"), 0, "is beschadigd"),
        (_replace_keyset, 0, "keyset.json is niet wat het moet zijn"),
        (_take_away, 0, "Zit de stick erin?"),
        (_link, 0, "is er niet, of is niet af"),
    ],
)
def test_it_says_of_the_spool_what_can_be_told_without_a_key(
    organisation: Organisation, change: Callable[[Path], object], weeks: int, said: str
) -> None:
    """How it is, when it was synced, and how long list, cards and statements hold."""
    folder = organisation.folder / "anna-spool"
    assert not [f for f in examine_spool(folder, NOW) if f.to_do]
    change(folder)
    to_do = [f.sentence for f in examine_spool(folder, NOW + weeks * WEEK_SECONDS) if f.to_do]
    assert bool(to_do) is bool(said)
    assert any(said in sentence for sentence in to_do) is bool(said)


def test_a_clock_that_runs_behind_is_seen(organisation: Organisation, system: System) -> None:
    """A keyring cannot have been saved tomorrow."""
    folder = organisation.station("anna")
    os.utime(folder / "keyring", (NOW, NOW))
    for now, to_do in ((NOW, False), (NOW - 2 * 24 * 3600, True)):
        (finding,) = [f for f in examine(folder, None, now, system) if "De klok" in f.sentence]
        assert finding.to_do is to_do


def state(folder: Path) -> list[tuple[str, int, bytes]]:
    """Return everything below a folder, with the times of its changes."""
    paths = sorted(folder.rglob("*"))
    return [(str(p), p.lstat().st_mtime_ns, p.read_bytes() if p.is_file() else b"") for p in paths]


def test_it_opens_nothing_writes_nothing_and_needs_no_keyring_that_opens(
    organisation: Organisation, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same is said of a keyring of nonsense; nothing is asked, and nothing is touched."""
    monkeypatch.setattr("builtins.input", lambda _prompt: pytest.fail("asked"))
    monkeypatch.setattr("workstation.commands.asking.getpass", lambda _prompt: pytest.fail("asked"))
    arguments = ["doctor", "--folder", str(organisation.station("anna"))]
    arguments += ["--spool", str(organisation.folder / "anna-spool")]
    said = []
    for _round in range(2):
        before = state(organisation.folder)
        main(arguments)
        said.append(capsys.readouterr())
        assert state(organisation.folder) == before
        (organisation.station("anna") / "keyring").write_bytes(b"onzin")
    assert said[0] == said[1]
    assert all(line[:6] in {"goed  ", "DOEN  "} for line in said[0].out.splitlines())


@pytest.mark.parametrize("to_do", [False, True])
def test_the_exit_status_says_whether_something_needs_doing(
    organisation: Organisation, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *, to_do: bool
) -> None:
    """One line for each finding; what needs doing stands out."""
    monkeypatch.setattr("workstation.commands.daily.examine", lambda *_: [Finding("Doe dit.", to_do)])
    assert main(["doctor", "--folder", str(organisation.station("anna"))]) == int(to_do)
    captured = capsys.readouterr()
    assert captured.out == ("DOEN  Doe dit.\n" if to_do else "goed  Doe dit.\n")
    assert bool(captured.err) is to_do


def test_a_folder_without_a_keyring_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As with every other command."""
    assert main(["doctor", "--folder", str(tmp_path)]) == 1
    assert "geen sleutelbos" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(("how", "to_do"), [("confined", False), ("open", True)])
def test_it_finds_the_desk_that_works_on_this_folder(organisation: Organisation, how: str, *, to_do: bool) -> None:
    """By the lock of the keyring, which a real desk holds while it is open."""
    folder = organisation.station("anna")
    locked = [f for f in process.examine_process(folder, System()) if "Geen bureau" in f.sentence]
    assert len(locked) == 1
    with served(organisation, how) as desk:
        desk.unlock()
        network, dumps = [*process.examine_process(folder, System())][-2:]
    assert network.to_do is to_do
    assert ("niet afgesloten van het netwerk" in network.sentence) is to_do
    assert "proces " in network.sentence
    assert dumps.to_do is to_do or Path("/proc/self/limits").read_text().split("core file size")[1].split()[0] == "0"


def test_whether_attachments_can_be_looked_at_is_tried() -> None:
    """A pixel is drawn; where nothing can be shut in, or what draws is not there, it says what to do."""
    assert one(examine_viewing()) == Finding(_explain("").sentence)
    with unprotected() as lacking:
        finding = _explain(try_viewing(lacking))
        assert finding.to_do
        assert "libseccomp2" in finding.sentence
        lacking.stop()
        finding = _explain(try_viewing(lacking))
        assert finding.to_do
        assert "requirements.txt" in finding.sentence
