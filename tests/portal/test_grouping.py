"""What somebody clever learns from the raw database: that nobody can group the rows by person."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest

from crypto import conversation, labels, payload
from crypto.address import delete_hash, derive_address, derive_delete_token
from crypto.age.format import decode_base64, parse
from crypto.conversation import list_recipients
from crypto.envelope import HEADER_SIZE
from portal.upkeep.rewrite import rewrite
from tests import world
from tests.portal.helpers import Portal

# Three conversations are sealed for each test.
pytestmark = pytest.mark.slow

REPORTERS = 3
MESSAGES = 4
WINDOW = 8


def send_conversations(portal: Portal) -> dict[bytes, int]:
    """Let reporters take turns writing to the team; return which address is whose."""
    owners = {}
    boxes = [world.make_mailbox(f"reporter {i}") for i in range(REPORTERS)]
    history: list[list[conversation.Message]] = [[] for _ in boxes]
    keyset = portal.team.keyset
    for number in range(MESSAGES):
        for owner, box in enumerate(boxes):
            address = derive_address(box.address_key, box.conversation, number)
            previous = history[owner][-1].id if history[owner] else None
            # The same words from everybody, so that only the sealing makes a difference.
            written = replace(world.write_message(box, portal.team), number=number, address=address, previous=previous)
            opened = world.sign_payload(written, labels.SIGN_MAILBOX, box.signing)
            history[owner].append(conversation.Message(payload.message_id(opened[0]), written, *opened))
            block = world.seal_payload(opened, list_recipients(keyset, written), world.make_random(f"{owner} {number}"))
            token = derive_delete_token(box.delete_key, address)
            record = address + delete_hash(token) + bytes([labels.KIND_HEAD]) + block
            answer = portal.client.post("/api/v1/blocks", data=record, headers={"Authorization": portal.ticket()})
            assert answer.status_code == 204
            owners[address] = owner
    return owners


def test_no_column_groups_the_rows(portal: Portal) -> None:
    """Addresses and delete hashes never repeat, kind is the same for all, the week of expiry is anybody's."""
    owners = send_conversations(portal)
    rows = portal.rows("block")
    assert len(rows) == REPORTERS * MESSAGES == len(owners)
    addresses, hashes, kinds, weeks, bodies = zip(*rows, strict=True)
    for column in (addresses, hashes, bodies):
        assert len(set(column)) == len(rows)
    assert set(kinds) == {labels.KIND_HEAD}
    term, spread = portal.config.store.block_term_weeks, portal.config.store.block_term_spread_weeks
    assert all(world.WEEK + term <= week <= world.WEEK + term + spread for week in weeks)
    assert {len(value) for value in (*addresses, *hashes)} == {32}
    assert {len(body) for body in bodies} == {labels.BLOCK_SIZE}


def test_no_two_bodies_share_anything_but_their_form(portal: Portal) -> None:
    """Decoded from its form, no window of eight bytes of one body stands in another: nothing there names a person."""
    send_conversations(portal)
    contents = [content_of(row[4]) for row in portal.rows("block")]
    windows = [{content[i : i + WINDOW] for i in range(len(content) - WINDOW + 1)} for content in contents]
    # About 5 × 10⁵ windows of 64 bits: one chance meeting in some 10⁸ runs.
    assert not [pair for pair in combinations(windows, 2) if pair[0] & pair[1]]


@pytest.mark.only("sqlite")
def test_after_the_rewrite_the_rows_lie_in_order_of_address(portal: Portal) -> None:
    """Where a row lies in the file follows from its random address, not from who wrote when."""
    owners = send_conversations(portal)
    rewrite(portal.database)
    with portal.database.alone() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    data = portal.files()[0].read_bytes()
    # The end of a body lies on overflow pages of its own row; its last bytes are found once.
    places = {row[0]: data.find(row[4][-256:]) for row in portal.rows("block")}
    assert all(place > 0 for place in places.values())
    assert sorted(places, key=lambda address: places[address]) == sorted(places)
    assert Counter(owners[address] for address in places) == dict.fromkeys(range(REPORTERS), MESSAGES)


def content_of(body: bytes) -> bytes:
    """Return what in an envelope is not form: shares, wrapped keys, MAC, nonce and ciphertext."""
    header, size = parse(body)
    assert size == HEADER_SIZE
    stanzas = b"".join(decode_base64(s.arguments[1].encode()) + s.body for s in header.stanzas)
    return stanzas + header.mac + body[size:]
