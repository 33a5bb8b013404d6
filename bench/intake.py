"""Blocks of the spool → the archive: the desk as a whole, next to the limit of the library on the same blocks."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from bench.limit import load_key, make_task, time_limit
from bench.organisation import ANNA, NOW, Writer, make_stranger
from bench.process import Figures, metered
from crypto.labels import KEY_SIZE
from crypto.week import week_number
from workstation.demo.site import Site, unlock
from workstation.desk.work import Work, begin


def measure_strangers(folder: Path, count: int) -> Figures:
    """Take in blocks that nobody here can open: each stanza of each is tried with every card."""
    return _measure(Site(folder), lambda _work: [(os.urandom(KEY_SIZE), make_stranger()) for _unused in range(count)])


def measure_letters(folder: Path, count: int) -> Figures:
    """Take in first letters, each of a reporter of its own: opened, authenticated, kept, and told to colleagues."""

    def write(work: Work) -> list[tuple[bytes, bytes]]:
        assert work.keyset is not None, "the organisation's keyset verifies"
        writer = Writer(work.keyset, [work.keyring], Random(2))  # noqa: S311 - the length of texts
        letters = [writer.write_message(writer.make_mailbox(), []) for _unused in range(count)]
        return [(letter.payload.address, writer.seal(letter)) for letter in letters]

    return _measure(Site(folder), write)


def _measure(site: Site, write: Callable[[Work], Sequence[tuple[bytes, bytes]]]) -> Figures:
    with unlock(site, ANNA) as keyring:
        work = begin(keyring, site.spool(ANNA), NOW)
        assert work.spool is not None, "the organisation's spool is there"
        blocks = write(work)
        for address, block in blocks:
            work.spool.put_incoming(address, block)
        with metered() as cost:
            work.take_in(NOW)
        week = week_number(NOW)
        cards = sorted(keyring.state.cards.items(), key=lambda card: abs(card[0] - week))
        keys = [load_key(card.identity) for _week, card in cards]
        return {
            "seconds": cost.seconds,
            "processor": cost.processor,
            "blocks": len(blocks),
            "cards": len(keys),
            "conversations": len(work.conversations),
            "limit": time_limit([make_task(block, keys) for _address, block in blocks]),
        }
