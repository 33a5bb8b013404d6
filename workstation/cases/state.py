"""Events → what holds about a case: whatever order they came in, the same events give the same state.

The rules, in this order. spec: Case event.

1. Events stand in the order of `time`, and among equals of their id.
2. One whose time leaps further ahead than honest desks ever do is as if it were not there: nobody can win for good.
3. Of status, assignment, due day and each label, the last one counts that was set by somebody who may read the
   conversation now. Whoever is left out later decides nothing any more, not even what they had decided.
4. Notes stay, whoever wrote them.
5. What was closed or paused is active again as soon as the mailbox has written something that its author had not seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from crypto.event import CaseEvent, Status

# So many events may be missing on a desk that came later.
_LEAP: Final = 4_096


@dataclass(frozen=True, slots=True)
class Note:
    """An internal note; `author` is a workstation's id."""

    id: bytes
    author: bytes
    day: str
    text: str


@dataclass(frozen=True, slots=True)
class CaseState:
    """What holds about a case. `time` is the highest that counts: the next event's is one more.

    `opened` says which workstations opened the message of an address, `relayed` what was passed on to a workstation.
    """

    status: Status = "active"
    keep_until: str | None = None
    assigned: str = ""
    due: str = ""
    labels: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    opened: Mapping[bytes, frozenset[bytes]] = field(default_factory=dict)
    relayed: Mapping[bytes, frozenset[bytes]] = field(default_factory=dict)
    time: int = 0


def read_state(
    events: Iterable[CaseEvent], persons: Mapping[bytes, str], allowed: Collection[str], newest: int
) -> CaseState:
    """Return what holds after these events.

    `persons` names the person of each workstation that is listed, `allowed` those who may read the conversation now;
    `newest` is the number of the mailbox's newest message.
    """
    counted = _leave_out_leaps(sorted({e.id: e for e in events}.values(), key=lambda e: (e.payload.time, e.id)))
    deciding = [each for each in counted if persons.get(each.payload.author) in allowed]
    status, keep_until = _read_status(deciding, newest)
    return CaseState(
        status=status,
        keep_until=keep_until,
        assigned=next(
            (e.payload.changes.assigned for e in reversed(deciding) if e.payload.changes.assigned is not None), ""
        ),
        due=next((e.payload.changes.due for e in reversed(deciding) if e.payload.changes.due is not None), ""),
        labels=_read_labels(deciding),
        notes=tuple(
            Note(each.id, each.payload.author, each.payload.day, each.payload.changes.note)
            for each in counted
            if each.payload.changes.note
        ),
        opened=_gather((a, [e.payload.author]) for e in counted for a in e.payload.changes.opened),
        relayed=_gather((w, ids) for e in counted for w, ids in e.payload.changes.relayed.items()),
        time=counted[-1].payload.time if counted else 0,
    )


def _leave_out_leaps(ordered: Iterable[CaseEvent]) -> list[CaseEvent]:
    counted: list[CaseEvent] = []
    last = 0
    for each in ordered:
        if each.payload.time <= last + _LEAP:
            counted.append(each)
            last = each.payload.time
    return counted


def _read_status(deciding: list[CaseEvent], newest: int) -> tuple[Status, str | None]:
    for each in reversed(deciding):
        event = each.payload
        if event.changes.status is not None:
            holds = event.seen.get(event.conversation, -1) >= newest
            return (event.changes.status, event.changes.keep_until) if holds else ("active", None)
    return "active", None


def _read_labels(deciding: list[CaseEvent]) -> tuple[str, ...]:
    labels: dict[str, bool] = {}
    for each in deciding:
        labels |= each.payload.changes.labels
    return tuple(sorted(name for name, on in labels.items() if on))


def _gather(pairs: Iterable[tuple[bytes, Iterable[bytes]]]) -> dict[bytes, frozenset[bytes]]:
    gathered: dict[bytes, frozenset[bytes]] = {}
    for key, values in pairs:
        gathered[key] = gathered.get(key, frozenset()) | frozenset(values)
    return gathered
