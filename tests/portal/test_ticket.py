"""Tickets: earning one and using it up. spec: Server, `GET /api/v1/ticket`, `POST /api/v1/blocks`."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from altcha import create_challenge

from crypto.encoding import encode_b64u, serialize_json
from portal.app import create_app
from portal.config import Config
from portal.upkeep import tasks
from tests.portal.helpers import Portal, Post, SettableClock, decode_b64u, solve
from tests.world import NOW

# In this process, and by several workers.
pytestmark = pytest.mark.served


def challenge(portal: Portal) -> dict[str, Any]:
    """Ask for a puzzle."""
    answer = portal.client.get("/api/v1/ticket")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    document = answer.get_json()
    assert isinstance(document, dict)
    return document


def test_a_puzzle_says_nothing_about_who_asked_when(portal: Portal) -> None:
    """Its expiry is the end of the next period, whenever in this period it was asked for."""
    parameters = challenge(portal)["parameters"]
    assert set(parameters) == {"algorithm", "cost", "expiresAt", "keyLength", "keyPrefix", "nonce", "salt"}
    assert parameters["algorithm"] == "PBKDF2/SHA-256"
    assert parameters["expiresAt"] == NOW + 7200
    portal.clock.now += 3599
    assert challenge(portal)["parameters"]["expiresAt"] == NOW + 7200


def test_one_ticket_serves_exactly_thirty_two_posts(portal: Portal) -> None:
    """The 33rd POST is 401 and stores nothing."""
    ticket = portal.ticket()
    for _ in range(32):
        assert portal.post(Post(), authorization=ticket).status_code == 204
    assert portal.post(Post(), authorization=ticket).status_code == 401
    assert len(portal.rows("block")) == 32


def test_a_refused_post_uses_its_ticket_too(portal: Portal) -> None:
    """Otherwise one ticket could ask for ever whether addresses are taken."""
    taken = Post()
    portal.post(taken)
    ticket = portal.ticket()
    for _ in range(32):
        assert portal.post(replace(taken, body=bytes(65_536)), authorization=ticket).status_code == 409
    assert portal.post(taken, authorization=ticket).status_code == 401


def test_what_is_kept_of_a_ticket_is_a_hash_and_a_count(portal: Portal) -> None:
    """The bucket is the period of expiry; dropped whole when that has come."""
    ticket = portal.ticket()
    portal.post(Post(), authorization=ticket)
    portal.post(Post(), authorization=ticket)
    ((bucket, hashed, posts),) = portal.rows("ticket")
    assert (bucket, len(hashed), posts) == (NOW // 3600 + 2, 32, 2)  # type: ignore[arg-type]
    portal.clock.now += 7199
    tasks.expire(portal.config, portal.database, portal.clock)
    assert len(portal.rows("ticket")) == 1
    portal.clock.now += 1
    tasks.expire(portal.config, portal.database, portal.clock)
    assert portal.rows("ticket") == []


def test_a_ticket_expires(portal: Portal) -> None:
    """It holds until the second before the end of the next period, and never after its use was forgotten."""
    ticket = portal.ticket()
    portal.clock.now += 7199
    assert portal.post(Post(), authorization=ticket).status_code == 204
    portal.clock.now += 1
    assert portal.post(Post(), authorization=ticket).status_code == 401


def test_a_ticket_holds_on_every_worker_and_after_a_restart(
    config: Config, portal: Portal, clock: SettableClock
) -> None:
    """Nothing about a ticket is kept in a process."""
    ticket = portal.ticket()
    for _ in range(32):
        client = create_app(config, clock=clock).test_client()
        assert portal.post(Post(), authorization=ticket, client=client).status_code == 204
    assert portal.post(Post(), authorization=ticket).status_code == 401


def test_the_work_grows_with_what_is_posted_and_is_capped(config: Config, portal: Portal, clock: SettableClock) -> None:
    """The cost rises by itself after each step of POSTs, up to the highest, and falls back with the periods."""
    eager = replace(config, ticket=replace(config.ticket, cost=2, highest_cost=5, posts_per_step=3))
    client = create_app(eager, clock=clock).test_client()
    costs = []
    for _ in range(8):
        document = client.get("/api/v1/ticket").get_json()
        costs.append(document["parameters"]["cost"])
        assert portal.post(Post(), authorization=solve(document), client=client).status_code == 204
    assert costs == [2, 2, 2, 4, 4, 4, 5, 5]
    clock.now += 7200
    assert client.get("/api/v1/ticket").get_json()["parameters"]["cost"] == 2


def test_the_courier_does_not_raise_the_work(portal: Portal) -> None:
    """Only POSTs with tickets count."""
    portal.post(Post(), authorization=portal.courier)
    assert portal.rows("ticket") == []


def test_a_puzzle_of_another_maker_is_refused(portal: Portal) -> None:
    """A puzzle signed with another secret, or with none, is not a ticket."""
    for secret in (b"x" * 32, None):
        foreign = create_challenge("PBKDF2/SHA-256", 1, key_prefix="0", expires_at=NOW + 60, hmac_secret=secret)
        assert portal.post(Post(), authorization=solve(foreign.to_dict())).status_code == 401


def test_a_puzzle_without_an_expiry_is_refused(portal: Portal) -> None:
    """Even under our own secret: its use could never be forgotten."""
    endless = create_challenge("PBKDF2/SHA-256", 1, key_prefix="0", hmac_secret=portal.config.ticket.secret)
    assert portal.post(Post(), authorization=solve(endless.to_dict())).status_code == 401


def _easier(payload: Any) -> None:
    payload["challenge"]["parameters"]["keyPrefix"] = ""


def _longer(payload: Any) -> None:
    payload["challenge"]["parameters"]["expiresAt"] += 3600


def _counter(payload: Any) -> None:
    payload["solution"]["counter"] += 1


def _key(payload: Any) -> None:
    payload["solution"]["derivedKey"] = "00" * 32


@pytest.mark.parametrize("change", [_easier, _longer, _counter, _key])
def test_a_changed_ticket_is_refused(portal: Portal, change: Callable[[Any], None]) -> None:
    """An easier puzzle, a longer life and a made-up solution are all 401."""
    payload = json.loads(decode_b64u(portal.ticket().removeprefix("Ticket ")))
    change(payload)
    assert portal.post(Post(), authorization=ticket_of(payload)).status_code == 401
    assert portal.rows("ticket") == []


def ticket_of(payload: object) -> str:
    """Write a payload as an Authorization header."""
    return "Ticket " + encode_b64u(serialize_json(payload))


NONSENSE: list[object] = [None, True, -1, 2**63, 1e308, float("inf"), "", "zz", "0" * 5000, [], {}, [[]], {"a": {}}]
PLACES = [
    ("challenge",),
    ("solution",),
    ("challenge", "parameters"),
    ("challenge", "signature"),
    ("solution", "counter"),
    ("solution", "derivedKey"),
    *(
        ("challenge", "parameters", key)
        for key in ("algorithm", "cost", "expiresAt", "keyLength", "keyPrefix", "nonce", "salt", "data")
    ),
]


@pytest.mark.parametrize("place", PLACES, ids=".".join)
def test_a_malformed_ticket_is_refused_and_never_an_error(portal: Portal, place: tuple[str, ...]) -> None:
    """Any kind of JSON in any place of the payload is 401, or 400 in a header of more than 4,096 bytes."""
    good = decode_b64u(portal.ticket().removeprefix("Ticket "))
    for value in NONSENSE:
        payload = json.loads(good)
        inner = payload
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = value
        text = "Ticket " + encode_b64u(json.dumps(payload).encode())
        beyond = portal.engine.served and len(f"Authorization: {text}") > 4096
        assert portal.post(Post(), authorization=text).status_code == (400 if beyond else 401)
    assert portal.rows("block") == portal.rows("ticket") == []


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Ticket",
        "Ticket ",
        "Ticket !",
        "Ticket e30",
        "Ticket bnVsbA",
        "Ticket W10",
        "Ticket MQ",
        "ticket e30",
        "Ticket  e30",
        "Ticket " + encode_b64u(b"\xff"),
        "Ticket " + encode_b64u(b"[" * 3000),
        "Ticket " + encode_b64u(b'{"a":' * 500),
        "Bearer e30",
        "Courier e30",
    ],
)
def test_a_header_that_is_no_ticket_is_refused(portal: Portal, authorization: str) -> None:
    """Nothing, another scheme, no base64, no JSON: 401, and nothing is stored."""
    assert portal.post(Post(), authorization=authorization).status_code == 401
    assert portal.rows("block") == portal.rows("ticket") == []
