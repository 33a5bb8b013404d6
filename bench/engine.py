"""The limit of the engine: the same statement on the same rows, in as many processes and threads, without HTTP.

One transaction for each call, with the portal's own connections, so as durable. Left out is all that stands around it:
tickets, budgets, the calendar. Run by `bench.crew`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from bench.crew import Plan, serve
from crypto.labels import BLOCK_SIZE, KEY_SIZE, KIND_HEAD
from portal import database
from portal.blocks import store as blocks
from portal.blocks.store import Record
from portal.database import Database
from portal.index import store as index
from portal.intake import store as intake

# A week that no expiry comes to.
_EXPIRY_WEEK: Final = 99_999


def prepare(plan: Plan) -> Callable[[], Plan]:
    """Connect; what is returned makes so many `requests` in so many threads."""
    store = database.connect(plan["url"], connections=plan["clients"])
    call = _make_call(store, plan)
    # One each, before the clock runs: a connection that is there.
    with ThreadPoolExecutor(plan["clients"]) as pool:
        list(pool.map(lambda _n: _touch(store), range(plan["clients"])))
    return partial(_work, call, plan["clients"], plan["requests"])


def _work(call: Callable[[], object], threads: int, requests: int) -> Plan:
    left = iter(range(requests))
    begun = time.monotonic()

    def work(_number: int) -> list[float]:
        seconds = []
        # next() of one range is safe among threads: it is a single step of the interpreter.
        for _unused in left:
            asked_at = time.monotonic()
            call()
            seconds.append(time.monotonic() - asked_at)
        return seconds

    with ThreadPoolExecutor(threads) as pool:
        seconds = [each for part in pool.map(work, range(threads)) for each in part]
    return {"begun": begun, "ended": time.monotonic(), "seconds": seconds}


def _touch(store: Database) -> None:
    with store.read() as connection:
        index.listed(connection)


def _make_call(store: Database, plan: Plan) -> Callable[[], object]:
    present = [bytes.fromhex(address) for address in plan["present"]]
    body = os.urandom(BLOCK_SIZE)

    def submit() -> None:
        record = Record(os.urandom(KEY_SIZE), os.urandom(KEY_SIZE), KIND_HEAD, body)
        with store.write() as connection:
            blocks.insert(connection, [(record, _EXPIRY_WEEK)])

    def fetch() -> None:
        first = int.from_bytes(os.urandom(4), "big") % len(present)
        asked = [present[first], os.urandom(KEY_SIZE), os.urandom(KEY_SIZE), present[(first + 1) % len(present)]]
        with store.read() as connection:
            blocks.bodies(connection, asked)

    def list_index() -> None:
        with store.read() as connection:
            index.listed(connection)

    def list_intake() -> None:
        with store.read() as connection:
            intake.addresses(connection)

    calls: dict[str, Callable[[], object]] = {
        "submit": submit,
        "fetch": fetch,
        "index": list_index,
        "intake": list_intake,
    }
    return calls[plan["call"]]


if __name__ == "__main__":
    serve(prepare)
