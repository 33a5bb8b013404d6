"""What happens to servers: processes that are killed, disks that are full, databases that go away. Nothing is lost."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import httpx
import pytest
from sqlalchemy import select

from bench import cluster
from bench.cluster import Cluster
from crypto.encoding import digest
from portal import config as configuration
from portal import database
from portal.tables import block
from tests.portal.helpers import Post
from tests.portal.servers import (
    COURIER,
    SQLITE,
    Server,
    children,
    free_port,
    is_gone,
    is_upkeep,
    launch,
    set_up,
    start,
    stop,
    wait_until,
)
from tests.portal.servers import write_config as write_server_config
from tests.world import Team

pytestmark = pytest.mark.slow

ROUNDS = 50
CLIENTS = 4
ENGINES = ("sqlite", "postgresql")


@dataclass
class Bed:
    """A server on one engine, whose database can be made to suffer."""

    running: Server
    cluster: Cluster | None
    disk: Path

    def url(self) -> str:
        return configuration.load(self.running.folder / "config.toml").store.url

    def restart(self) -> None:
        self.running.process = start(self.running.folder, self.running.port).process

    def kill(self, *, whole: bool) -> None:
        """Kill the server with everything that it has started, or one of its workers only."""
        master = self.running.process
        pids = children(master.pid)
        if not whole:
            worker = next(pid for pid in pids if not is_upkeep(pid))
            os.kill(worker, signal.SIGKILL)
            wait_until(lambda: is_gone(worker))
            return
        for pid in (master.pid, *pids):
            os.kill(pid, signal.SIGKILL)
        master.wait()
        wait_until(lambda: all(is_gone(pid) for pid in pids))
        self.restart()


@contextmanager
def disk_of(folder: Path, size: str) -> Iterator[Path]:
    """Give a folder on a disk of its own, which can be full or read-only without harm to anything else."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0711", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def bed_on(engine: str, folder: Path, disk: Path, release: Path, team: Team) -> Iterator[Bed]:
    """Start a server whose database lies on `disk`."""
    if engine == "sqlite":
        running = set_up(folder, release, team, f"sqlite:///{disk / 'portal.sqlite'}")
        try:
            yield Bed(running, None, disk)
        finally:
            stop(running)
        return
    with cluster.running(folder=disk) as server:
        running = set_up(folder, release, team, server.create("portal"))
        try:
            yield Bed(running, server, disk)
        finally:
            stop(running)


@pytest.fixture(params=ENGINES)
def bed(request: pytest.FixtureRequest, tmp_path: Path, release: Path, team: Team) -> Iterator[Bed]:
    """Start a server on an ordinary disk."""
    with cluster.new_folder() as disk, bed_on(request.param, tmp_path, disk, release, team) as bed:
        yield bed


@pytest.fixture(params=ENGINES)
def small(request: pytest.FixtureRequest, tmp_path: Path, release: Path, team: Team) -> Iterator[Bed]:
    """Start a server on a disk of 160 MB, most of which PostgreSQL needs for itself."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a disk that is small")
    with (
        cluster.new_folder() as folder,
        disk_of(folder / "disk", "160m") as disk,
        bed_on(request.param, tmp_path, disk, release, team) as bed,
    ):
        yield bed


@dataclass
class Senders:
    """Clients that post until they are told to stop, each block again and again until it is acknowledged."""

    url: str
    sent: dict[bytes, bytes] = field(default_factory=dict)
    acknowledged: set[bytes] = field(default_factory=set)
    statuses: set[int] = field(default_factory=set)
    done: Event = field(default_factory=Event)

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Post while the block runs; when it ends, what is on its way is still acknowledged."""
        with ThreadPoolExecutor(CLIENTS) as pool:
            jobs = [pool.submit(self._send) for _ in range(CLIENTS)]
            try:
                yield
            finally:
                self.done.set()
            for job in jobs:
                job.result()

    def wait_for(self, more: int) -> None:
        """Wait until so many more blocks are acknowledged."""
        goal = len(self.acknowledged) + more
        wait_until(lambda: len(self.acknowledged) >= goal, 60)

    def _send(self) -> None:
        while not self.done.is_set():
            post = Post()
            self.sent[post.address] = digest(post.body)
            deadline = time.monotonic() + 90
            while not self._deliver(post):
                assert time.monotonic() < deadline, "a block could not be delivered"
                time.sleep(0.05)
            self.acknowledged.add(post.address)

    def _deliver(self, post: Post) -> bool:
        try:
            answer = httpx.post(f"{self.url}/api/v1/blocks", content=post.record, headers=COURIER, timeout=30)
        except httpx.TransportError:
            return False
        self.statuses.add(answer.status_code)
        return answer.status_code == 204


def stored(bed: Bed) -> dict[bytes, bytes]:
    """Return the hash of each body that is in the database, by its address."""
    store = database.connect(bed.url())
    with store.read() as connection:
        rows = connection.execute(select(block.c.address, block.c.body)).all()
    if bed.cluster is None:
        with store.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
    store.engine.dispose()
    # A list, so that a row that is there twice would show.
    assert len({address for address, _ in rows}) == len(rows)
    return {address: digest(body) for address, body in rows}


def test_acknowledged_blocks_survive_fifty_kills(bed: Bed) -> None:
    """After kill -9 of a worker, of the server, or of the database, whatever was acknowledged is there, once, whole."""
    senders = Senders(bed.running.url)
    chance = random.SystemRandom()
    kinds: list[Callable[[], None]] = [lambda: bed.kill(whole=False), lambda: bed.kill(whole=True)]
    if bed.cluster is not None:
        kinds.append(lambda: kill_database(bed))
    with senders.sending():
        for number in range(ROUNDS):
            senders.wait_for(chance.randint(1, 8))
            time.sleep(chance.uniform(0, 0.05))
            kinds[number % len(kinds)]()
        senders.wait_for(8)
    found = stored(bed)
    assert senders.acknowledged <= found.keys() <= senders.sent.keys()
    assert all(senders.sent[address] == body for address, body in found.items())
    # While the database is away people are told to try again; nothing of ours broke.
    assert senders.statuses <= {204, 503}
    assert "A request failed" not in bed.running.log


def kill_database(bed: Bed) -> None:
    """Kill PostgreSQL and start it again."""
    assert bed.cluster is not None
    bed.cluster.kill()
    bed.cluster.start()


def test_postgresql_may_be_restarted_under_load(tmp_path: Path, release: Path, team: Team) -> None:
    """The server goes on by itself, people are asked to wait, and nobody loses anything."""
    with cluster.new_folder() as disk, bed_on("postgresql", tmp_path, disk, release, team) as bed:
        assert bed.cluster is not None
        workers = {pid for pid in children(bed.running.process.pid) if not is_upkeep(pid)}
        senders = Senders(bed.running.url)
        with senders.sending():
            for _ in range(5):
                senders.wait_for(10)
                bed.cluster.stop()
                time.sleep(0.5)
                bed.cluster.start()
            senders.wait_for(10)
        # Not one worker died of it; an upkeep that found no database when it began was started again.
        assert workers <= set(children(bed.running.process.pid))
        wait_until(lambda: any(is_upkeep(pid) for pid in children(bed.running.process.pid)))
        assert senders.statuses == {204, 503}
        assert senders.acknowledged <= stored(bed).keys()


def test_a_full_disk_is_said_and_loses_nothing(small: Bed) -> None:
    """Posting is 503 and says when to ask again, reading goes on, and with room everything works as before."""
    first = Post()
    with small.running.client() as client:
        assert client.post("/api/v1/blocks", content=first.record, headers=COURIER).status_code == 204
        fill(small.disk)
        refused = post_until_refused(client)
        assert refused.headers["Retry-After"] == "5"
        assert "nothing was changed" in refused.text
        (small.disk / "ballast").unlink()
        small.running.process.poll()
        last = Post()
        wait_until(
            lambda: client.post("/api/v1/blocks", content=last.record, headers=COURIER).status_code == 204, seconds=60
        )
    found = stored(small)
    assert found[first.address] == digest(first.body)
    assert found[last.address] == digest(last.body)
    assert "The store did not answer: OperationalError" in small.running.log
    stop(small.running)
    small.restart()


def fill(disk: Path) -> None:
    """Write a file until nothing more fits."""
    with (disk / "ballast").open("wb") as ballast:
        try:
            while True:
                ballast.write(bytes(65_536))
                ballast.flush()
        except OSError:
            return


def post_until_refused(client: httpx.Client) -> httpx.Response:
    """Post until the server cannot take more; return that answer. What fits into pages that are there is taken."""
    for _ in range(2000):
        answer = client.post("/api/v1/blocks", content=Post().record, headers=COURIER)
        if answer.status_code != 204:
            assert answer.status_code == 503
            return answer
    pytest.fail("the disk never was full")


def test_a_server_begins_on_a_read_only_disk(tmp_path: Path, release: Path, team: Team) -> None:
    """It says that it cannot, or answers what can be read and refuses the rest; with a good disk all is as before."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a disk read-only")
    with (
        cluster.new_folder() as folder,
        disk_of(folder / "disk", "20m") as disk,
        bed_on("sqlite", tmp_path, disk, release, team) as bed,
    ):
        posts = [Post(), Post(), Post()]
        with bed.running.client() as client:
            assert client.post("/api/v1/blocks", content=posts[0].record, headers=COURIER).status_code == 204
        stop(bed.running)
        remount(disk, "ro")
        bed.running.process = launch(bed.running.folder)
        # Which of the two depends on whether SQLite left its log behind when the server was stopped.
        wait_until(lambda: bed.running.process.poll() is not None or status_of(bed.running, "/healthz") == 503)
        if bed.running.process.poll() is not None:
            assert "portal: The database cannot be opened" in bed.running.log
        else:
            with bed.running.client() as client:
                refused = client.post("/api/v1/blocks", content=posts[1].record, headers=COURIER)
                assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
                assert client.post("/api/v1/blocks/fetch", content=posts[0].address * 4).content == posts[0].body * 4
        stop(bed.running)
        remount(disk, "rw")
        bed.restart()
        with bed.running.client() as client:
            assert client.post("/api/v1/blocks", content=posts[2].record, headers=COURIER).status_code == 204
        assert stored(bed) == {post.address: digest(post.body) for post in (posts[0], posts[2])}


def status_of(running: Server, path: str) -> int | None:
    """Return the status of an answer; None if there is none."""
    try:
        return httpx.get(f"{running.url}{path}").status_code
    except httpx.TransportError:
        return None


def remount(disk: Path, how: str) -> None:
    """Let a disk be written, or not."""
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


def test_a_read_only_postgresql_is_said_and_loses_nothing(tmp_path: Path, release: Path, team: Team) -> None:
    """As after a failover to a copy that may only be read: 503 until it can be written."""
    with cluster.new_folder() as disk, bed_on("postgresql", tmp_path, disk, release, team) as bed:
        store = database.connect(bed.url())
        with bed.running.client() as client:
            for state, status in (("on", 503), ("off", 204)):
                with store.alone() as connection:
                    connection.exec_driver_sql("SET default_transaction_read_only = off")
                    connection.exec_driver_sql(f"ALTER DATABASE portal SET default_transaction_read_only = {state}")
                    # What is connected already learns it when it connects anew; nothing goes on before it is gone.
                    connection.exec_driver_sql(
                        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                        "AND datname = 'portal'"
                    )
                answer = client.post("/api/v1/blocks", content=Post().record, headers=COURIER)
                assert answer.status_code == status
                assert client.get("/api/v1/index").status_code == 200
        store.engine.dispose()
        assert "The store did not answer: InternalError" in bed.running.log
        assert len(stored(bed)) == 1


def test_an_upkeep_that_died_is_started_again(bed: Bed) -> None:
    """Without it the index would stand still."""
    (upkeep,) = (pid for pid in children(bed.running.process.pid) if is_upkeep(pid))
    os.kill(upkeep, signal.SIGKILL)
    wait_until(lambda: any(is_upkeep(pid) and pid != upkeep for pid in children(bed.running.process.pid)))


def test_two_servers_on_one_file_both_answer_and_one_ticks(tmp_path: Path, release: Path, team: Team) -> None:
    """The second says so in its log; what one stores the other gives; when the first ends the second goes on."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    first = set_up(tmp_path / "one", release, team)
    port = free_port()
    url = f"sqlite:///{tmp_path / 'one' / 'var' / 'portal.sqlite'}"
    write_server_config(tmp_path / "two", release, team.pins.root_key, port, url)
    second = start(tmp_path / "two", port)
    wait_until(lambda: "Another server already does the upkeep of this database" in second.log)
    assert "Another server" not in first.log
    posts = [Post() for _ in range(10)]
    with first.client() as one, second.client() as two:
        for number, post in enumerate(posts):
            client = two if number % 2 else one
            assert client.post("/api/v1/blocks", content=post.record, headers=COURIER).status_code == 204
        stop(first)
        for post in posts:
            assert two.post("/api/v1/blocks/fetch", content=post.address * 4).content == post.body * 4
    stop(second)
    assert SQLITE not in url
