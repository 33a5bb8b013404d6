"""Which addresses a visit to a mailbox asks for: always the same number, whatever is waiting. spec: Steps, Read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from crypto.address import derive_address, prefix
from crypto.labels import LAST_NUMBER, PREFIX_SIZE

FETCH_COUNT: Final = 4

# An author's id (32 bytes) and a number.
Slot = tuple[bytes, int]


def match_index(index: bytes, reply_address_key: bytes, authors: Iterable[bytes]) -> dict[bytes, list[int]]:
    """Return the numbers of each author that the index may list, ascending.

    Four bytes of an address match by chance once in 2³² tries per entry: what is listed is a hint, not a promise.
    """
    listed = {index[i : i + PREFIX_SIZE] for i in range(0, len(index), PREFIX_SIZE)}
    matches = {}
    for author in authors:
        numbers = range(LAST_NUMBER + 1)
        matches[author] = [n for n in numbers if prefix(derive_address(reply_address_key, author, n)) in listed]
    return {author: numbers for author, numbers in matches.items() if numbers}


def plan_first(own: bytes, listed: Mapping[bytes, Sequence[int]]) -> list[Slot]:
    """Return the slots of fetch A: own number 0 and the highest listed number of up to three authors."""
    busiest = sorted(listed, key=lambda author: (-max(listed[author]), author))[: FETCH_COUNT - 1]
    return [(own, 0), *((author, max(listed[author])) for author in busiest)]


def plan_second(own: bytes, seen: int, listed: Mapping[bytes, Sequence[int]], asked: Iterable[Slot]) -> list[Slot]:
    """Return the slots of fetch B: the highest own number that replies have seen and the next, then listed ones.

    `seen` is 0 where no reply has seen more than the first message.
    """
    numbers = (seen, seen + 1) if seen >= 1 else (1, 2)
    slots = [(own, number) for number in numbers if number <= LAST_NUMBER]
    return [*slots, *plan_next(listed, asked)][:FETCH_COUNT]


def plan_next(listed: Mapping[bytes, Sequence[int]], asked: Iterable[Slot]) -> list[Slot]:
    """Return the listed slots that were not asked for yet, newest numbers first."""
    known = set(asked)
    rest = [(author, n) for author, numbers in listed.items() for n in numbers if (author, n) not in known]
    return sorted(rest, key=lambda slot: (-slot[1], slot[0]))


def plan_more(own: bytes, highest: int, listed: Mapping[bytes, Sequence[int]], asked: Iterable[Slot]) -> list[Slot]:
    """Return the slots of *four more*: own numbers below the highest known one and listed slots, not asked for yet.

    `highest` is -1 where no own message is known. The highest numbers come first.
    """
    return plan_next({**listed, own: range(highest)}, asked)
