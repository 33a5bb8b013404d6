"""A database that holds much already: blocks and entries of the index, written in bulk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from sqlalchemy import insert

from crypto.labels import KEY_SIZE, KIND_CHUNK, KIND_REPLY, PREFIX_SIZE
from portal.database import Database
from portal.tables import block, index_entry

# Few enough bytes at a time for any memory.
_PORTION_SIZE: Final = 16_000_000


def fill_blocks(store: Database, count: int, body_size: int, expiry_week: int, *, listed: bool = True) -> list[bytes]:
    """Write blocks, which the intake lists or not; return the addresses of up to a thousand."""
    kind = KIND_REPLY if listed else KIND_CHUNK
    # Sorted, as a rewrite leaves them.
    addresses = sorted(os.urandom(KEY_SIZE) for _unused in range(count))
    for part in _portions(addresses, max(1, _PORTION_SIZE // (body_size + 200))):
        rows = [
            {
                "address": address,
                "delete_hash": os.urandom(KEY_SIZE),
                "kind": kind,
                "expiry_week": expiry_week,
                "body": os.urandom(body_size),
            }
            for address in part
        ]
        with store.write() as connection:
            connection.execute(insert(block), rows)
    return addresses[:: max(1, count // 1000)]


def fill_index(store: Database, count: int, expiry_week: int) -> None:
    """Write entries of the index."""
    prefixes: set[bytes] = set()
    while len(prefixes) < count:
        prefixes.add(os.urandom(PREFIX_SIZE))
    with store.write() as connection:
        connection.execute(
            insert(index_entry), [{"prefix": each, "expiry_week": expiry_week} for each in sorted(prefixes)]
        )


def _portions(addresses: list[bytes], size: int) -> Iterator[list[bytes]]:
    for start in range(0, len(addresses), size):
        yield addresses[start : start + size]
