"""What a workstation's keyring holds. spec: Key table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crypto.verifying import Document


@dataclass(frozen=True, slots=True)
class Person:
    """Whose workstation this is; the root's key is pinned when it is enrolled."""

    organisation: str
    root_key: bytes
    person: str
    name: str
    affiliations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnCard:
    """The secret half (a seed of 32 bytes) of one week's card, and the card's hash."""

    identity: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Numbering:
    """The next number to use in a conversation, and the id of one's own last message there."""

    next: int = 0
    previous: bytes | None = None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The day of a withdrawal; payload and signature of the `withdraw` until it is answered, and then nothing.

    Of a family's conversation that ended with its reporter's (`with_reporter`) they are those of its newest list.
    """

    day: str
    unanswered: tuple[bytes, bytes] | None
    with_reporter: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """A conversation whose retention is over since `day`: how far it had come, by author and by the time of its events.

    As long as it is not `done`, something of it may still be here.
    """

    day: str
    numbers: Mapping[bytes, int]
    time: int
    done: bool


@dataclass(slots=True)
class State:
    """Everything that is sealed. Weeks are week numbers, ids and keys 32 bytes.

    `destroyed` holds the hash of each own card whose secret was destroyed, by week; `known` that of every card seen, by
    week and workstation; `local_key` is for names and notes on this machine; `roster` is the newest that was verified,
    and none older than `roster_version` is taken any more. What is withdrawn and still stands in `archives` is not
    destroyed yet. `successions` led from the root that was pinned at enrolment to the one that is pinned now.
    """

    me: Person
    signing: bytes
    local_key: bytes
    cards: dict[int, OwnCard] = field(default_factory=dict)
    destroyed: dict[int, bytes] = field(default_factory=dict)
    known: dict[int, dict[bytes, bytes]] = field(default_factory=dict)
    archives: dict[bytes, bytes] = field(default_factory=dict)
    numbers: dict[bytes, Numbering] = field(default_factory=dict)
    withdrawn: dict[bytes, Withdrawn] = field(default_factory=dict)
    ended: dict[bytes, Ended] = field(default_factory=dict)
    credential: bytes | None = None
    roster: Document | None = None
    roster_version: int = 1
    successions: tuple[Document, ...] = ()
