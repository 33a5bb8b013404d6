"""What stands beside a conversation: who may read it, what is agreed, and what the team notes; and changing that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from crypto.body import Track
from crypto.encoding import check_day, check_name, check_text
from crypto.errors import MalformedError
from crypto.event import NOTE_SIZE, Changes, Status
from workstation.cases.ending import find_last_day
from workstation.cases.inbox import Conversation
from workstation.cases.unanswered import list_unanswered, tell_danger
from workstation.desk.letters import list_tracks, show_author, show_day, show_person
from workstation.desk.work import Work
from workstation.errors import WorkstationError
from workstation.texts import translate as _

# What a conversation shows as one line.
_NO_LETTERS: Final = frozenset({"share", "shared", "copy"})
# How long what is closed may be kept; the first is for one question, the last for aftercare.
KEEP_WEEKS: Final = (2, 13, 26, 52)
_KEEP: Final[dict[Track | None, int]] = {"question": 2, None: 13, "series": 26, "aftercare": 52}
_LABEL_LENGTH: Final = 40
# Half of what an event can change at a time: all may be taken away and as many others set.
_LABEL_COUNT: Final = 16


@dataclass(frozen=True, slots=True)
class NoteShown:
    """An internal note in words."""

    who: str
    day: str
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """What stands beside a conversation. `people` are those who may read it, by person; `successor` may once they left.

    `danger` is true where the reporter told of danger and nobody has answered.
    """

    people: dict[str, str]
    excluded: tuple[str, ...]
    successor: str
    first_day: str
    newest_day: str
    count: int
    track: str
    next: str
    summary: str
    status: Status
    keep_until: str
    danger: bool
    keep_weeks: int
    assigned: str
    due: str
    labels: tuple[str, ...]
    known_labels: tuple[str, ...]
    notes: tuple[NoteShown, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """What stood beside a conversation when its page was made."""

    status: str
    assigned: str
    due: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Typed:
    """What a counsellor filled in beside a conversation; `label` is a new one, `labels` those that are ticked.

    Only what differs from what was shown was meant, whatever a colleague has changed since; where a page does not tell
    (None), what holds now was shown.
    """

    status: str = "active"
    assigned: str = ""
    due: str = ""
    labels: tuple[str, ...] = ()
    label: str = ""
    note: str = ""
    shown: Shown | None = None


def show_case(work: Work, conversation: Conversation, today: str) -> Case:
    """Return a case in words."""
    roster = work.roster()
    names = {} if roster is None else {w.person: w.name for w in roster.active.values()}
    allowed = set(conversation.allow.persons)
    state = conversation.state
    return Case(
        people={person: show_person(work, person) for person in conversation.allow.persons},
        excluded=tuple(sorted(name for person, name in names.items() if person not in allowed)),
        successor="" if conversation.allow.successor is None else show_person(work, conversation.allow.successor),
        first_day=show_day(min(m.payload.day for m in conversation.messages)),
        newest_day=show_day(conversation.newest_day),
        count=sum(x.messages[0].payload.kind not in _NO_LETTERS for x in conversation.letters),
        track="" if conversation.agreed.track is None else list_tracks()[conversation.agreed.track],
        next=_show_next(conversation.agreed.next, today),
        summary=conversation.agreed.summary,
        status=state.status,
        keep_until="" if state.keep_until is None else show_day(find_last_day(conversation) or state.keep_until),
        danger=tell_danger(list_unanswered(conversation.letters)),
        keep_weeks=_KEEP[conversation.agreed.track],
        assigned=state.assigned,
        due=state.due,
        labels=state.labels,
        known_labels=list_labels(work.conversations.values()),
        notes=tuple(NoteShown(show_author(work, n.author), show_day(n.day), n.text) for n in reversed(state.notes)),
    )


def list_labels(conversations: Iterable[Conversation]) -> tuple[str, ...]:
    """Return all labels that are in use."""
    return tuple(sorted({label for conversation in conversations for label in conversation.state.labels}))


def make_changes(conversation: Conversation, typed: Typed) -> Changes | None:
    """Return what was changed, or None. Raises WorkstationError for what cannot be kept."""
    state = conversation.state
    shown = typed.shown or Shown(state.status, state.assigned, state.due, state.labels)
    # What is closed stays closed when a note is added.
    is_left = typed.status == shown.status or "closed" in {shown.status, state.status}
    changes = Changes(
        status=None if is_left else _check_status(typed.status),
        assigned=None if typed.assigned == shown.assigned else _check_person(conversation, typed.assigned),
        due=None if typed.due.strip() == shown.due else _check_due(typed.due.strip()),
        labels=_check_labels(typed, shown),
        note=_check_note(typed.note),
    )
    return None if changes == Changes() else changes


def make_closing(weeks: str, today: str) -> Changes:
    """Return what closes a case and keeps it for so many weeks. Raises WorkstationError."""
    if weeks not in {str(each) for each in KEEP_WEEKS}:
        raise WorkstationError(_("Kies uit de lijst hoe lang dit gesprek bewaard blijft."))
    until = date.fromisoformat(today) + timedelta(weeks=int(weeks))
    return Changes(status="closed", keep_until=until.isoformat())


def _show_next(day: str | None, today: str) -> str:
    if day is None:
        return ""
    return show_day(day) if day >= today else _("{day}, voorbij").format(day=show_day(day))


def _check_status(chosen: str) -> Status:
    if chosen == "active":
        return "active"
    if chosen == "paused":
        return "paused"
    raise WorkstationError(_("Deze stand is er niet. Kies er een uit de lijst."))


def _check_person(conversation: Conversation, person: str) -> str:
    if person and person not in conversation.allow.persons:
        raise WorkstationError(_("Deze persoon mag het gesprek niet lezen, en kan het dus niet doen."))
    return person


def _check_due(chosen: str) -> str:
    try:
        return check_day(chosen) if chosen else ""
    except MalformedError:
        raise WorkstationError(_("Kies een dag uit de kalender.")) from None


def _check_labels(typed: Typed, shown: Shown) -> dict[str, bool]:
    new = " ".join(typed.label.split())
    try:
        wanted = {check_name(label) for label in (*typed.labels, *([new] if new else []))}
    except MalformedError:
        raise WorkstationError(_("Dit label is te lang, of er staat een vreemd teken in.")) from None
    if len(new) > _LABEL_LENGTH:
        raise WorkstationError(_("Dit label is te lang, of er staat een vreemd teken in."))
    if len(wanted) > _LABEL_COUNT:
        raise WorkstationError(_("Zestien labels bij één gesprek is genoeg."))
    changed = wanted.symmetric_difference(shown.labels)
    return {label: label in wanted for label in sorted(changed)}


def _check_note(text: str) -> str:
    cleaned = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ").strip()
    try:
        check_text(cleaned)
    except MalformedError:
        raise WorkstationError(_("Er staat een teken in uw notitie dat niet kan worden bewaard.")) from None
    if len(cleaned.encode()) > NOTE_SIZE:
        raise WorkstationError(_("Deze notitie is te lang. Ze mag ongeveer zes bladzijden zijn."))
    return cleaned
