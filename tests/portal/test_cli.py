"""The command line: every command does what it says, and fails in one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crypto.encoding import decode_b64u
from portal import database
from portal.cli import main
from portal.config import load
from tests.portal.helpers import make_impatient
from tests.portal.servers import write_config

ROOT = Path(__file__).resolve().parent.parent.parent
COMMANDS = ["build", "doctor", "migrate", "serve", "tick", "expire", "rewrite", "upkeep", "secret"]


@pytest.fixture
def config_path(tmp_path: Path, release: Path) -> Path:
    """Write a configuration in a folder of its own."""
    return write_config(tmp_path, release, bytes(32), 8000)


def count(config_path: Path) -> int:
    """Count the entries of the index."""
    store = database.connect(load(config_path).store.url)
    with store.read() as connection:
        number = connection.exec_driver_sql("SELECT count(*) FROM index_entry").scalar_one()
    store.engine.dispose()
    return int(number)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` of each command is a whole sentence."""
    with pytest.raises(SystemExit) as ending:
        main([command, "--help"])
    assert ending.value.code == 0
    assert ".\n" in capsys.readouterr().out


def test_the_program_names_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` lists every command and the usual order."""
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert all(command in text for command in COMMANDS)
    assert "The usual order is" in text


def test_migrate_tick_expire_and_rewrite_work_by_hand(config_path: Path) -> None:
    """A database is made, ticked, cleaned and rewritten without a server."""
    for command in ("migrate", "migrate", "tick", "tick", "expire", "rewrite"):
        assert main([command, "--config", str(config_path)]) == 0
    assert count(config_path) == 4


def test_a_secret_is_fresh_and_long_enough(capsys: pytest.CaptureFixture[str]) -> None:
    """`secret` prints 32 random bytes, and other ones each time."""
    assert main(["secret"]) == main(["secret"]) == 0
    first, second = capsys.readouterr().out.split()
    assert len(decode_b64u(first)) == 32
    assert first != second


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in ("secret", "doctor")])
def test_without_a_configuration_nothing_happens(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each command fails with one sentence that says what to do, and without a traceback."""
    assert main([command, "--config", str(tmp_path / "config.toml")]) == 1
    error = capsys.readouterr().err
    assert error.endswith("does not exist; copy config.example.toml to it and fill it in.\n")
    assert error.count("\n") == 1


@pytest.mark.parametrize("command", ["serve", "tick", "expire", "rewrite", "upkeep"])
def test_without_migration_nothing_happens(command: str, config_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever needs the database says that it is not there yet."""
    assert main([command, "--config", str(config_path)]) == 1
    assert "portal: The database " in capsys.readouterr().err


def test_a_database_held_by_somebody_else_is_one_sentence(
    config_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that does not go away is said without SQL."""
    assert main(["migrate", "--config", str(config_path)]) == 0
    make_impatient(monkeypatch)
    with database.connect(load(config_path).store.url).write():
        assert main(["tick", "--config", str(config_path)]) == 1
    error = capsys.readouterr().err
    assert "The database did not do that (OperationalError at " in error
    assert "INSERT" not in error


def test_the_module_runs_and_the_wsgi_file_loads(config_path: Path) -> None:
    """`python -m portal` and `wsgi.py` work from the checkout."""
    environment = os.environ | {"PORTAL_CONFIG": str(config_path)}
    run = subprocess.run(
        [sys.executable, "-m", "portal", "migrate", "--config", config_path],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run.stdout == "The database is of this version.\n"
    code = "import wsgi; print(wsgi.application.name)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout == "portal\n"
