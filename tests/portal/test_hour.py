"""An hour of the index with random load, deletions and restarts, asked of every worker. spec: Server, "Index"."""

import os
import random
import signal

import pytest

from portal.upkeep import tasks
from portal.upkeep.loop import Schedule
from tests.portal.helpers import Portal, Post
from tests.portal.served import WORKERS, Served
from tests.portal.servers import wait_until
from tests.world import NOW

pytestmark = [pytest.mark.served, pytest.mark.slow]

TICK_MINUTES = 1


def test_in_an_hour_every_tick_is_of_the_same_size(portal: Portal, served: Served | None) -> None:
    """Whatever comes, goes or breaks: two entries more a tick, the same bytes from every worker, no reply forgotten."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")  # noqa: T201 - pytest shows it when the test fails.
    chance = random.Random(seed)  # noqa: S311 - a test's load.
    schedule = Schedule.start(TICK_MINUTES, portal.clock.now)
    posted: list[Post] = []
    ticks = 0
    while portal.clock.now < NOW + 3600:
        portal.clock.now += chance.randint(1, 20)
        disturb(portal, served, chance, posted)
        if chance.random() < 0.05:
            # The upkeep begins anew, as after a restart of the server.
            schedule = Schedule.start(TICK_MINUTES, min(portal.clock.now, schedule.tick * 60 + 59))
        before = ask_all(portal)
        if schedule.due(portal.clock.now)[0]:
            tasks.tick(portal.config, portal.database, portal.clock)
            ticks += 1
            after = ask_all(portal)
            assert before < after
            assert len(after) == len(before) + portal.config.index.entries_per_tick
        else:
            assert ask_all(portal) == before
    assert ticks == 60
    waiting = {prefix for (prefix,) in portal.rows("waiting")}
    listed = ask_all(portal)
    assert {post.address[:4] for post in posted} <= listed | waiting
    assert not listed & waiting


def disturb(portal: Portal, served: Served | None, chance: random.Random, posted: list[Post]) -> None:
    """Post, delete, or let a worker die, as chance has it."""
    kind = chance.random()
    if kind < 0.4:
        replies = [Post(kind=2) for _ in range(chance.randint(1, 3))]
        assert portal.post(*replies, authorization=portal.courier).status_code == 204
        posted.extend(replies)
    elif kind < 0.5:
        assert portal.post(Post(), authorization=portal.courier).status_code == 204
    elif kind < 0.7 and posted:
        # An entry outlives its block: the index does not show that something was deleted.
        portal.delete(chance.choice(posted))
    elif kind < 0.72 and served is not None:
        worker = chance.choice(served.workers())
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: worker not in served.workers() and len(served.workers()) == WORKERS)


def ask_all(portal: Portal) -> set[bytes]:
    """Return the entries; the same for each of several questions, which any worker may answer."""
    answers = {portal.client.get("/api/v1/index").data for _ in range(8 if portal.engine.served else 1)}
    (index,) = answers
    entries = [index[i : i + 4] for i in range(0, len(index), 4)]
    assert entries == sorted(set(entries))
    return set(entries)
