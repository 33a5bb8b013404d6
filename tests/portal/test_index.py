"""The index and its tick. spec: Server, "Index"."""

from dataclasses import replace

import pytest
from sqlalchemy import delete

from crypto.week import WEEK_SECONDS, week_number
from portal.config import Config
from portal.database import insert_new
from portal.tables import index_entry, waiting
from portal.upkeep import tasks
from tests.portal.helpers import Portal, Post
from tests.world import NOW

# In this process, and by several workers.
pytestmark = pytest.mark.served


def listed(portal: Portal) -> list[bytes]:
    """Return the prefixes that the index lists."""
    answer = portal.client.get("/api/v1/index")
    assert (answer.status_code, answer.content_type) == (200, "application/octet-stream")
    return [answer.data[i : i + 4] for i in range(0, len(answer.data), 4)]


def tick(portal: Portal, config: Config | None = None) -> None:
    """Tick once."""
    tasks.tick(config or portal.config, portal.database, portal.clock)


def post_replies(portal: Portal, count: int) -> list[Post]:
    """Post so many replies."""
    replies = [Post(kind=2) for _ in range(count)]
    assert portal.post(*replies, authorization=portal.courier).status_code == 204
    return replies


@pytest.mark.parametrize("waiting", [0, 1, 2, 3, 9])
def test_a_tick_adds_the_same_number_whatever_waits(portal: Portal, waiting: int) -> None:
    """Two entries more with nothing waiting, with too little, with just enough and with too much."""
    if waiting:
        post_replies(portal, waiting)
    tick(portal)
    assert len(listed(portal)) == 2
    tick(portal)
    assert len(listed(portal)) == 4


def test_every_reply_is_listed_in_the_end(portal: Portal) -> None:
    """Five replies need three ticks of two, and the sixth entry is a dummy."""
    prefixes = {reply.address[:4] for reply in post_replies(portal, 5)}
    for _ in range(3):
        assert not prefixes <= set(listed(portal))
        tick(portal)
    assert prefixes <= set(listed(portal))
    assert len(listed(portal)) == 6
    assert portal.rows("waiting") == []


def test_the_index_is_sorted(portal: Portal) -> None:
    """The order of the entries is that of their bytes and tells nothing else."""
    post_replies(portal, 3)
    for _ in range(20):
        tick(portal)
    assert listed(portal) == sorted(listed(portal))


def test_which_reply_comes_first_is_left_to_chance(portal: Portal) -> None:
    """Of two waiting replies each is sometimes the first: neither arrival nor address decides."""
    single = replace(portal.config, index=replace(portal.config.index, entries_per_tick=1))
    firsts: set[object] = set()
    # That one of two is never the first in 64 rounds has a chance of 2⁻⁶³.
    for _ in range(64):
        with portal.database.write() as connection:
            connection.execute(delete(index_entry))
            insert_new(connection, waiting, [{"prefix": b"aaaa"}, {"prefix": b"bbbb"}])
        tick(portal, single)
        firsts |= {prefix for (prefix,) in portal.rows("waiting")}
    assert firsts == {b"aaaa", b"bbbb"}


def test_nothing_but_a_tick_changes_the_index(portal: Portal) -> None:
    """Neither posting nor deleting shows, and a deleted reply is still listed when its turn comes."""
    before = listed(portal)
    (reply,) = post_replies(portal, 1)
    portal.post(Post())
    portal.delete(reply)
    assert listed(portal) == before
    tick(portal)
    assert reply.address[:4] in listed(portal)


def test_a_reply_whose_prefix_is_listed_leaves_its_place_to_a_dummy(portal: Portal) -> None:
    """A prefix that stands there already is found as it is; the tick still adds two."""
    for ending in (b"a", b"b"):
        portal.post(Post(kind=2, address=b"same" + ending * 28), authorization=portal.courier)
        tick(portal)
    assert portal.rows("waiting") == []
    assert len(listed(portal)) == 4


def test_an_entry_lives_as_long_as_a_block(portal: Portal) -> None:
    """Entries are dropped after the term and zero to three weeks, dummies and replies alike."""
    post_replies(portal, 1)
    for _ in range(64):
        tick(portal)
    term = week_number(NOW) + portal.config.store.block_term_weeks
    assert {row[1] for row in portal.rows("index_entry")} == {term, term + 1, term + 2, term + 3}
    portal.clock.now += (portal.config.store.block_term_weeks + 4) * WEEK_SECONDS
    tasks.expire(portal.config, portal.database, portal.clock)
    assert listed(portal) == []
