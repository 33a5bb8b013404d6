"""A busy week, and then the raw database in the hands of somebody clever. What they find, and what they cannot.

The attacker has every file and every hidden column on the morning after the last nightly rewrite. They look for time
(any number that is finer than a week), for order (anything that goes along with who came first) and for groups
(anything in which the blocks of one person lie closer together than those of many). Their limits are those of
`docs/THREAT_MODEL.md`: what came in since the rewrite lies in its order of arrival, and PostgreSQL's own log of
changes is not looked at.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import correlation

import pytest
from sqlalchemy import select, text

from crypto.week import week_number
from portal.tables import block, metadata
from portal.upkeep import tasks
from portal.upkeep.rewrite import rewrite
from tests.portal.engines import read_whole
from tests.portal.helpers import Portal, Post
from tests.world import monday

pytestmark = pytest.mark.slow

PEOPLE = 6
HOURS = 7 * 24
# Standard deviations: chance alone goes beyond in one of 1.7 million comparisons, and here are fewer than thirty.
DOUBT = 5.0


@dataclass(frozen=True)
class Sent:
    """A block, and what only its sender knows: whose it is. Their order in a list is that of their arrival."""

    post: Post
    person: int


def live_through_a_week(portal: Portal, chance: random.Random) -> list[Sent]:
    """Let people write and the team answer, by day more than by night, with ticks, expiries and rewrites in between."""
    sent: list[Sent] = []
    start = monday(0)
    for hour in range(HOURS):
        portal.clock.now = start + hour * 3600
        if hour % 24 == 2:
            tasks.expire(portal.config, portal.database, portal.clock)
            rewrite(portal.database)
        for minute in (0, 30):
            portal.clock.now = start + hour * 3600 + minute * 60
            tasks.tick(portal.config, portal.database, portal.clock)
        # Nobody writes in the night after which the disk is taken.
        awake = 6 <= hour % 24 < 24
        for _ in range(chance.choice([0, 1, 1, 2]) if awake else 0):
            portal.clock.now += chance.randint(1, 600)
            person, kind = chance.randrange(PEOPLE), chance.choice([1, 1, 2])
            post = Post(kind=kind)
            answer = portal.post(post, authorization=portal.courier if kind == 2 else None)
            assert answer.status_code == 204
            sent.append(Sent(post, person))
    return sent


def seize(portal: Portal, sent: Sequence[Sent]) -> dict[str, list[float]]:
    """Return, for each thing that an attacker can see of a block, its value for each block in the order of arrival."""
    sqlite = portal.engine.name == "sqlite"
    with portal.database.alone() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)" if sqlite else "CHECKPOINT")
    places = find_places(portal, sent)
    hidden = [] if sqlite else [text("xmin::text::bigint AS xmin"), text("tableoid::bigint AS part"), text("ctid")]
    with portal.database.read() as connection:
        rows = {row.address: row for row in connection.execute(select(block, *hidden))}
    seen: dict[str, list[float]] = {"place in the files": [float(places[s.post.address]) for s in sent]}
    for column in ("address", "delete_hash", "body"):
        seen[column] = [float(int.from_bytes(getattr(rows[s.post.address], column)[:6])) for s in sent]
    seen["expiry_week"] = [float(rows[s.post.address].expiry_week) for s in sent]
    if not sqlite:
        seen["xmin"] = [float(rows[s.post.address].xmin) for s in sent]
        seen["part"] = [float(rows[s.post.address].part) for s in sent]
    return seen


def find_places(portal: Portal, sent: Sequence[Sent]) -> dict[bytes, int]:
    """Return how far into the files, one after the other, the end of each body lies."""
    places: dict[bytes, int] = {}
    passed = 0
    for path in portal.files():
        # PostgreSQL's log of changes keeps the order of what it says, until it is used again: a limit that is stated.
        data = b"" if "pg_wal" in path.parts else read_whole(path)
        for one in sent:
            found = data.find(one.post.body[-1024:]) if data else -1
            if found >= 0:
                places[one.post.address] = passed + found
        passed += len(data)
    return places


def doubt_order(values: Sequence[float]) -> float:
    """Return by how many standard deviations values go along with their order, compared with chance."""
    if len(set(values)) == 1:
        return 0.0
    return abs(correlation(rank(values), list(range(len(values))))) * sqrt(len(values) - 1)


def doubt_groups(values: Sequence[float], sent: Sequence[Sent], chance: random.Random) -> float:
    """Return by how many standard deviations a person's blocks lie closer together, compared with people by lot."""
    ranks, people = rank(values), [one.person for one in sent]
    lots = []
    for _ in range(400):
        drawn = list(people)
        chance.shuffle(drawn)
        lots.append(spread(ranks, drawn))
    mean = sum(lots) / len(lots)
    deviation = sqrt(sum((lot - mean) ** 2 for lot in lots) / len(lots))
    return (mean - spread(ranks, people)) / deviation if deviation else 0.0


def spread(ranks: Sequence[float], people: Sequence[int]) -> float:
    """Return the mean distance between neighbours of one person."""
    own = [sorted(r for r, person in zip(ranks, people, strict=True) if person == one) for one in range(PEOPLE)]
    distances = [later - earlier for places in own for earlier, later in pairwise(places)]
    return sum(distances) / len(distances)


def rank(values: Sequence[float]) -> list[float]:
    """Return the place of each value among all; equal values share the mean of theirs."""
    ordered = sorted(values)
    first = {value: place for place, value in reversed(list(enumerate(ordered)))}
    last = {value: place for place, value in enumerate(ordered)}
    return [(first[value] + last[value]) / 2 for value in values]


def test_a_seized_database_tells_neither_order_nor_groups(portal: Portal) -> None:
    """Nothing that is stored goes along with who came first, or with who wrote it; before the rewrite something did."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")  # noqa: T201 - pytest shows it when the test fails.
    chance = random.Random(seed)  # noqa: S311 - a test's people.
    sent = live_through_a_week(portal, chance)
    assert len(sent) > 80
    # The control: what came in since the last night lies as it came, and the analysis finds it.
    today = sent[-15:]
    with_order = doubt_order(seize(portal, sent)["place in the files"][-len(today) :])
    rewrite(portal.database)
    seen = seize(portal, sent)
    findings = {name: doubt_order(values) for name, values in seen.items()}
    groups = {name: doubt_groups(values, sent, chance) for name, values in seen.items()}
    assert max(findings.values()) < DOUBT, findings
    assert max(groups.values()) < DOUBT, groups
    if portal.engine.name == "sqlite":
        assert with_order > 3, "an analysis that finds nothing anywhere would prove nothing"


def test_a_seized_database_tells_no_time_finer_than_a_week(portal: Portal) -> None:
    """Every number in every table is a week, a kind or a count; none is a moment, in whatever unit one reads it."""
    sent = live_through_a_week(portal, random.SystemRandom())
    # An hour or two after the last message, which is as long as a ticket's use is known.
    portal.clock.now = monday(1) + 3 * 3600
    tasks.expire(portal.config, portal.database, portal.clock)
    rewrite(portal.database)
    week = week_number(monday(0))
    term = portal.config.store.block_term_weeks
    terms = set(range(week + term, week + term + 1 + portal.config.store.block_term_spread_weeks))
    allowed = {
        ("block", "kind"): {0, 1, 2},
        ("block", "expiry_week"): terms,
        ("index_entry", "expiry_week"): terms,
        ("calendar", "week"): {week + 1},
        ("document", "number"): {row[2] for row in portal.rows("document")},
    }
    found: dict[tuple[str, str], set[object]] = {}
    for table in metadata.sorted_tables:
        for row in portal.rows(table.name):
            for column, value in zip(table.columns, row, strict=True):
                if not isinstance(value, bytes | str):
                    found.setdefault((table.name, column.name), set()).add(value)
    assert found.keys() == allowed.keys()
    assert all(values <= allowed[place] for place, values in found.items())
    # Signed documents, whose numbers are versions and weeks, are public.
    assert {row[0] for row in portal.rows("document")} == {"roster", "card", "freshness"}
    assert len(portal.rows("block")) == len(sent)
