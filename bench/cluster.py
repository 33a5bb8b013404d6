"""A PostgreSQL server of one's own for a while: in a new folder, on a Unix socket there, and gone with it.

For measuring, and for the tests. PostgreSQL refuses to run as root, so root hands it to the user that Debian's
package makes.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_OWNER: Final = "postgres"
# What the server needs to be as safe as the one that OPERATING describes; everything else is PostgreSQL's default.
_SETTINGS: Final = """
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 200
log_min_messages = fatal
log_statement = none
log_min_error_statement = panic
"""


@dataclass
class Cluster:
    """A server, and the folder in which its data and its socket lie."""

    folder: Path
    # Our own child, so that nobody but us has to notice that it ended: a dead parent's number keeps the next one out.
    process: subprocess.Popen[bytes] | None = None

    def url(self, name: str) -> str:
        """Return the SQLAlchemy address of a database."""
        return f"postgresql+psycopg://{_OWNER}@/{name}?host={self.folder}"

    def create(self, name: str, *, template: str = "template0") -> str:
        """Make a database, a copy of another if so asked (to which nobody may be connected); return its address."""
        self._ask(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database, and whoever is connected to it."""
        self._ask(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def start(self) -> None:
        """Start the server and wait until it answers."""
        assert self.process is None, "it is running"
        with (self.folder / "log").open("ab") as log:
            command = [_find("postgres"), "-D", str(self.files), "-k", str(self.folder)]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **_owner())  # noqa: S603 - as in _run.
        deadline = time.monotonic() + 60
        while True:
            try:
                return self._ask("SELECT")
            except RuntimeError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT as an operator does, SIGQUIT as a power cut would."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait()
            self.process = None

    def kill(self) -> None:
        """Kill every process of the server at once, as the kernel does when memory is short; wait until all ended."""
        assert self.process is not None, "it is not running"
        parent = self.process.pid
        pids = [parent, *(int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split())]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.process = None
        while any(_is_running(pid) for pid in pids):
            time.sleep(0.01)

    @property
    def files(self) -> Path:
        """The folder in which all of the data lie: tables, write-ahead log, and what belongs to them."""
        return self.folder / "data"

    def _ask(self, statement: str) -> None:
        _run("psql", "-h", str(self.folder), "-U", _OWNER, "-d", "template1", "-q", "-X", "-c", statement)


@contextmanager
def new_folder() -> Iterator[Path]:
    """Give a folder into which the server's user may look, and remove it afterwards."""
    # Not pytest's folder: that is for its owner only, and the path of a socket may not be longer than 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="cluster-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def running(settings: str = "", *, folder: Path | None = None) -> Iterator[Cluster]:
    """Run a server, with more lines of postgresql.conf if so asked, in this folder or one that goes with it."""
    if folder is None:
        with new_folder() as own, running(settings, folder=own) as cluster:
            yield cluster
        return
    if os.geteuid() == 0:
        shutil.chown(folder, _OWNER)
    cluster = Cluster(folder)
    # Sorting by bytes and no locale of this machine: what is measured and tested is the same everywhere.
    data = str(cluster.files)
    _run("initdb", "-D", data, "-U", _OWNER, "--auth=trust", "--no-locale", "--encoding=UTF8", "--no-sync")
    with (cluster.files / "postgresql.auto.conf").open("a", encoding="ascii") as configuration:
        configuration.write(_SETTINGS + settings)
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop(signal.SIGQUIT)


def _run(program: str, *arguments: str) -> None:
    # PostgreSQL's own programs with arguments of ours.
    done = subprocess.run([_find(program), *arguments], capture_output=True, check=False, **_owner())  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"{program} failed: {done.stderr.decode(errors='replace')}")


def _owner() -> dict[str, Any]:
    # A folder that the other user may enter, whatever ours is.
    if os.geteuid() != 0:
        return {"cwd": "/"}
    owner = pwd.getpwnam(_OWNER)
    return {"cwd": "/", "user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _find(program: str) -> str:
    """Find a program, beside the newest server where Debian puts them. Raises FileNotFoundError."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    found = shutil.which(program, path=os.pathsep.join([*map(str, versions), os.environ.get("PATH", "")]))
    if found is None:
        raise FileNotFoundError(f"{program} is not here; install PostgreSQL (Debian: postgresql)")
    return found


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
