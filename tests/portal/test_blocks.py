"""Blocks: POST, fetch and delete. spec: Server."""

import random
import secrets
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from crypto.week import WEEK_SECONDS, week_number
from portal.app import create_app
from portal.blocks.store import charge
from portal.config import Config
from tests.portal.helpers import BLOCK, Portal, Post, SettableClock
from tests.world import NOW

# In this process, and by several workers.
pytestmark = pytest.mark.served


def test_a_posted_block_is_fetched_as_it_was(portal: Portal) -> None:
    """What was stored under an address comes back byte by byte."""
    post = Post()
    assert portal.post(post).status_code == 204
    assert portal.fetch(post.address) == [post.body]


def test_sixteen_blocks_are_stored_at_once(portal: Portal) -> None:
    """A POST holds up to sixteen records."""
    posts = [Post(kind=i % 2) for i in range(16)]
    assert portal.post(*posts).status_code == 204
    assert [body for post in posts for body in portal.fetch(post.address)] == [post.body for post in posts]


def test_an_identical_block_is_welcome_again(portal: Portal) -> None:
    """A repetition after a lost answer is 204 and changes nothing, not even the budget."""
    post = Post()
    portal.post(post)
    before = portal.rows("block"), portal.rows("budget")
    assert portal.post(post).status_code == 204
    assert (portal.rows("block"), portal.rows("budget")) == before


@pytest.mark.parametrize("change", [{"token": bytes(32)}, {"kind": 0}, {"body": bytes(BLOCK)}])
def test_a_taken_address_is_refused_to_anything_else(portal: Portal, change: dict[str, object]) -> None:
    """First write wins: another delete hash, kind or body is 409, and the first stays."""
    post = Post()
    portal.post(post)
    before = portal.rows("block")
    assert portal.post(replace(post, **change)).status_code == 409  # type: ignore[arg-type]
    assert portal.rows("block") == before


def test_a_post_is_stored_whole_or_not_at_all(portal: Portal) -> None:
    """One taken address among sixteen keeps the other fifteen out."""
    taken = Post()
    portal.post(taken)
    before = portal.rows("block"), portal.rows("budget")
    others = [Post() for _ in range(15)]
    assert portal.post(*others[:7], replace(taken, body=bytes(BLOCK)), *others[7:]).status_code == 409
    assert (portal.rows("block"), portal.rows("budget")) == before


def test_new_and_repeated_blocks_may_come_together(portal: Portal) -> None:
    """Of a POST that was half stored before, the rest is stored and only the rest is charged."""
    first, second = Post(), Post()
    portal.post(first)
    assert portal.post(first, second).status_code == 204
    assert portal.fetch(first.address, second.address) == [first.body, second.body]
    assert portal.used(week_number(NOW)) == {"head": 2 * BLOCK}


def test_an_address_may_stand_only_once_in_a_post(portal: Portal) -> None:
    """Two records for one address are 400, also when they are equal."""
    post = Post()
    assert portal.post(post, post).status_code == 400
    assert portal.rows("block") == []


def test_a_fourth_kind_is_refused(portal: Portal) -> None:
    """There are chunks, heads and replies."""
    assert portal.post(Post(kind=3)).status_code == 400
    assert portal.post(Post(kind=3), authorization=portal.courier).status_code == 400


def test_a_reply_needs_the_courier(portal: Portal) -> None:
    """A reply with a ticket is 403; with the credential it is stored and waits for the index."""
    reply = Post(kind=2)
    assert portal.post(reply).status_code == 403
    assert portal.rows("block") == []
    assert portal.post(reply, authorization=portal.courier).status_code == 204
    assert portal.rows("waiting") == [(reply.address[:4],)]


def test_only_replies_wait_for_the_index(portal: Portal) -> None:
    """Heads and chunks of the courier are listed nowhere."""
    assert portal.post(Post(kind=0), Post(kind=1), authorization=portal.courier).status_code == 204
    assert portal.rows("waiting") == []


def test_two_replies_with_one_prefix_wait_together(portal: Portal) -> None:
    """Equal prefixes do not disturb each other: both replies are stored, one entry will show both."""
    posts = [Post(kind=2, address=b"same" + bytes([i]) * 28) for i in range(2)]
    assert portal.post(*posts, authorization=portal.courier).status_code == 204
    assert portal.rows("waiting") == [(b"same",)]
    assert len(portal.rows("block")) == 2


def test_a_row_is_exactly_five_columns(portal: Portal) -> None:
    """A block row is address, delete hash, kind, expiry week and body, and nothing else."""
    post = Post()
    portal.post(post)
    ((address, delete_hash, kind, expiry_week, body),) = portal.rows("block")
    assert (address, delete_hash, kind, body) == (post.address, post.record[32:64], 1, post.body)
    assert isinstance(expiry_week, int)


def test_terms_are_spread_over_four_weeks(portal: Portal) -> None:
    """Each row lives for the term and zero to three random weeks."""
    for _ in range(8):
        portal.post(*(Post(body=bytes(BLOCK)) for _ in range(16)), authorization=portal.courier)
    term = week_number(NOW) + portal.config.store.block_term_weeks
    # That one of four values is missing among 128 has a chance below 10⁻¹⁵.
    assert {row[3] for row in portal.rows("block")} == {term, term + 1, term + 2, term + 3}


def test_under_concurrency_one_of_two_wins(portal: Portal) -> None:
    """Two threads that post something different under one address get one 204 and one 409, every time."""
    for _ in range(10):
        first = Post()
        statuses = _race(portal, [first, replace(first, body=bytes(BLOCK))])
        assert statuses == Counter({204: 1, 409: 1})


def test_under_concurrency_equals_are_both_welcome(portal: Portal) -> None:
    """Two threads that post the same both get 204, and it is stored once."""
    for count in range(1, 11):
        first = Post()
        assert _race(portal, [first, first]) == Counter({204: 2})
        assert len(portal.rows("block")) == count


def _race(portal: Portal, posts: list[Post]) -> Counter[int]:
    barrier = threading.Barrier(len(posts))
    statuses: list[int] = []

    def run(post: Post) -> None:
        client = portal.new_client()
        barrier.wait()
        statuses.append(portal.post(post, authorization=portal.courier, client=client).status_code)

    threads = [threading.Thread(target=run, args=(post,)) for post in posts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(statuses)


def test_a_fetch_is_always_four_blocks(portal: Portal) -> None:
    """Status and length are the same for what is there and what is not."""
    post = Post()
    portal.post(post)
    for addresses in ([bytes([i]) * 32 for i in range(4)], [post.address] * 4):
        answer = portal.client.post("/api/v1/blocks/fetch", data=b"".join(addresses))
        assert (answer.status_code, len(answer.data)) == (200, 4 * BLOCK)
        assert answer.content_type == "application/octet-stream"


def test_blocks_come_in_the_order_they_were_asked_for(portal: Portal) -> None:
    """The answer's order is the question's, with filler in the gaps."""
    posts = [Post(), Post()]
    portal.post(*posts)
    bodies = portal.fetch(bytes(32), posts[1].address, bytes(32), posts[0].address)
    assert bodies[1::2] == [posts[1].body, posts[0].body]


def test_filler_is_fresh_each_time(portal: Portal) -> None:
    """Where there is nothing, two questions get two answers, even within one request."""
    bodies = [*portal.fetch(bytes(32), bytes(32)), *portal.fetch(bytes(32))]
    assert len(set(bodies)) == 3


def test_a_block_is_deleted_with_its_token(portal: Portal) -> None:
    """Whoever has the token can delete, once and for good."""
    gone, stays = Post(), Post()
    portal.post(gone, stays)
    assert portal.delete(gone).status_code == 204
    assert [row[0] for row in portal.rows("block")] == [stays.address]


def test_a_wrong_token_deletes_nothing_and_looks_the_same(portal: Portal) -> None:
    """The answer to a deletion is constant: right token, wrong token or no block at all."""
    post = Post()
    portal.post(post)
    answers = [portal.delete(replace(post, token=bytes(32))), portal.delete()]
    assert len(portal.rows("block")) == 1
    answers += [portal.delete(post), portal.delete(post)]
    for answer in answers:
        # Real servers say what time it is.
        answer.headers.pop("Date", None)
    assert len({(answer.status, answer.data, tuple(answer.headers)) for answer in answers}) == 1
    assert portal.rows("block") == []


def test_an_address_can_be_used_again_after_deletion(portal: Portal) -> None:
    """The server does not remember what it deleted."""
    post = Post()
    portal.post(post)
    portal.delete(post)
    assert portal.post(replace(post, body=bytes(BLOCK))).status_code == 204


@pytest.mark.parametrize(("kind", "account"), [(0, "chunks_per_week"), (1, "heads_per_week")])
def test_a_full_budget_closes_only_its_own_kind(
    config: Config, portal: Portal, clock: SettableClock, kind: int, account: str
) -> None:
    """Beyond the week's budget a kind is 503; the other kind, and the courier's replies, still come in."""
    small = replace(config, budget=replace(config.budget, **{account: 2 * BLOCK}))
    client = create_app(small, clock=clock).test_client()
    assert portal.post(Post(kind=kind), Post(kind=kind), client=client).status_code == 204
    before = portal.rows("block")
    assert portal.post(Post(kind=kind), client=client).status_code == 503
    assert portal.post(Post(kind=1 - kind), Post(kind=kind), client=client).status_code == 503
    assert portal.rows("block") == before
    assert portal.post(Post(kind=1 - kind), client=client).status_code == 204
    assert portal.post(Post(kind=2), authorization=portal.courier, client=client).status_code == 204
    clock.now += WEEK_SECONDS
    assert portal.post(Post(kind=kind), client=client).status_code == 204


def test_a_budget_is_kept_to_the_byte_whichever_part_is_taken(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """By luck one part is full long before the others; then all of them decide."""
    week, limit = week_number(NOW), 100_000
    generator = random.Random(6)  # noqa: S311 - a test's sizes.
    monkeypatch.setattr(secrets, "randbelow", lambda count: min(generator.randrange(count), 3))
    used = 0
    while used < limit:
        # Some too large, and then what is left fits, however little it is.
        for size in (generator.randint(1, 9_000), 1):
            with portal.database.write() as connection:
                fits = charge(connection, week, "head", size, limit)
            assert fits == (used + size <= limit)
            used += size if fits else 0
            assert portal.used(week) == {"head": used}
    with portal.database.write() as connection:
        assert not charge(connection, week, "head", 1, limit)
        assert charge(connection, week, "chunk", 1, limit)


def test_many_at_once_use_up_a_budget_and_no_more(config: Config, portal: Portal, clock: SettableClock) -> None:
    """Of twelve posts there is room for nine, from the week's first byte on; nobody waits for ever."""
    small = replace(config, budget=replace(config.budget, courier_per_week=9 * BLOCK))
    app = create_app(small, clock=clock)

    def post() -> int:
        return portal.post(Post(), authorization=portal.courier, client=app.test_client()).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = Counter(each.result() for each in [pool.submit(post) for _ in range(12)])
    assert statuses == {204: 9, 503: 3}
    assert portal.used(week_number(NOW)) == {"courier": 9 * BLOCK}


def test_the_teams_files_never_shut_out_its_words(config: Config, portal: Portal, clock: SettableClock) -> None:
    """A courier's chunks count as attachments, like everybody's; what they use up is not its budget for replies."""
    small = replace(config, budget=replace(config.budget, chunks_per_week=BLOCK, courier_per_week=BLOCK))
    client = create_app(small, clock=clock).test_client()
    assert portal.post(Post(kind=0), authorization=portal.courier, client=client).status_code == 204
    assert portal.post(Post(kind=0), authorization=portal.courier, client=client).status_code == 503
    assert portal.post(Post(kind=2), authorization=portal.courier, client=client).status_code == 204


def test_the_first_post_of_a_week_can_exceed_the_budget_too(
    config: Config, portal: Portal, clock: SettableClock
) -> None:
    """The courier's budget holds from its first byte."""
    small = replace(config, budget=replace(config.budget, courier_per_week=BLOCK))
    client = create_app(small, clock=clock).test_client()
    assert portal.post(Post(), Post(), authorization=portal.courier, client=client).status_code == 503
    assert portal.post(Post(), authorization=portal.courier, client=client).status_code == 204
