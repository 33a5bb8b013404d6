"""The list of conversations in words: sections by urgency, and what a search found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from crypto.encoding import encode_b64u
from workstation.cases.ending import find_last_day
from workstation.cases.inbox import Conversation, excerpt
from workstation.cases.search import search
from workstation.cases.urgency import Place, Urgency, judge
from workstation.desk.families import find_reporters
from workstation.desk.letters import show_near_day, show_person, title
from workstation.desk.work import Work
from workstation.texts import translate as _

# What is done is out of sight until somebody looks for it.
_FOLDED: Final = frozenset({Place.CLOSED})


@dataclass(frozen=True, slots=True)
class Entry:
    """One conversation in the list; one that was withdrawn has no name, because there is nothing to open.

    `of` is whose family's it is.
    """

    name: str
    title: str
    reason: str
    excerpt: str = ""
    labels: tuple[str, ...] = ()
    assigned: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Conversations of one urgency under their heading."""

    heading: str
    entries: tuple[Entry, ...]
    folded: bool = False


def list_sections(work: Work, today: str) -> list[Section]:
    """Return everything, the most urgent first; within a section whoever waits longest, or else the newest."""
    placed: dict[Place, list[tuple[Conversation, Urgency]]] = {place: [] for place in Place}
    for conversation in sorted(work.inbox(), key=lambda c: (c.newest_day, c.id), reverse=True):
        urgency = judge(conversation, today)
        placed[urgency.place].append((conversation, urgency))
    sections, reporters = [], find_reporters(work)
    for place, members in placed.items():
        longest = sorted(members, key=lambda member: member[1].since or member[1].by or "9")
        entries = tuple(_show_entry(work, conversation, urgency, today, reporters) for conversation, urgency in longest)
        if entries:
            sections.append(Section(_name(place), entries, place in _FOLDED))
    return [*sections, *_list_withdrawn(work, today)]


def list_found(work: Work, words: str, today: str) -> list[Section]:
    """Return what a search for these words finds, in one section."""
    reporters = find_reporters(work)
    newest = sorted(work.inbox(), key=lambda c: (c.newest_day, c.id), reverse=True)
    entries = tuple(
        replace(
            _show_entry(work, found.conversation, judge(found.conversation, today), today, reporters),
            excerpt=found.excerpt,
        )
        for found in search(newest, words)
    )
    return [Section(_("Gevonden"), entries)] if entries else []


@dataclass(frozen=True, slots=True)
class MissedShown:
    """A colleague's workstation that lacks something, in words; `workstation` is its id as text."""

    workstation: str
    name: str
    conversations: int


def list_missed(work: Work) -> list[MissedShown]:
    """Return which colleagues' workstations lack something that this one can pass on."""
    counts: dict[bytes, MissedShown] = {}
    for missed in work.list_missed():
        known = counts.get(
            missed.workstation.id, MissedShown(encode_b64u(missed.workstation.id), missed.workstation.name, 0)
        )
        counts[missed.workstation.id] = replace(known, conversations=known.conversations + 1)
    return list(counts.values())


def count_waiting(work: Work, today: str) -> int:
    """Return how many conversations somebody has to answer."""
    places = [judge(conversation, today).place for conversation in work.inbox()]
    return sum(place <= Place.WAITING for place in places)


def _show_entry(
    work: Work, conversation: Conversation, urgency: Urgency, today: str, reporters: Mapping[bytes, bytes]
) -> Entry:
    reporter = reporters.get(conversation.id)
    return Entry(
        name=work.names[conversation.id],
        title=title(conversation.id),
        reason=_explain(conversation, urgency, today),
        excerpt=excerpt(conversation) or _without_words(conversation),
        labels=conversation.state.labels,
        assigned=show_person(work, conversation.state.assigned),
        of="" if reporter is None else title(reporter),
    )


def _list_withdrawn(work: Work, today: str) -> list[Section]:
    withdrawn = [(c, gone) for c, gone in work.keyring.state.withdrawn.items() if not gone.with_reporter]
    newest = sorted(withdrawn, key=lambda entry: (entry[1].day, entry[0]), reverse=True)
    entries = tuple(Entry("", title(conversation), show_near_day(gone.day, today)) for conversation, gone in newest)
    return [Section(_("Teruggetrokken"), entries, folded=True)] if entries else []


def _name(place: Place) -> str:
    return {
        Place.DANGER: _("Gevaar"),
        Place.OVERDUE: _("Te laat"),
        Place.NEW: _("Nieuw"),
        Place.WAITING: _("Wacht op antwoord"),
        Place.TODAY: _("Vandaag"),
        Place.RUNNING: _("Loopt"),
        Place.PAUSED: _("Opzij gelegd"),
        Place.CLOSED: _("Gesloten"),
    }[place]


def _explain(conversation: Conversation, urgency: Urgency, today: str) -> str:
    since = "" if urgency.since is None else show_near_day(urgency.since, today)
    by = "" if urgency.by is None else show_near_day(urgency.by, today)
    if urgency.place == Place.DANGER:
        return _("Meldt gevaar. Wacht sinds {since}.").format(since=since)
    if urgency.place == Place.CLOSED:
        return _("Bewaard tot en met {day}.").format(day=show_near_day(find_last_day(conversation) or today, today))
    if since:
        sentence = _("Wacht sinds {since}. Antwoord had er moeten zijn op {by}.")
        if urgency.place != Place.OVERDUE:
            sentence = _("Wacht sinds {since}. Antwoord uiterlijk {by}.")
        return sentence.format(since=since, by=by)
    if by:
        return _("Afgesproken: {day}.").format(day=by)
    if conversation.wants_none:
        return _("Wil geen antwoord.")
    return _("Laatste bericht {day}.").format(day=show_near_day(conversation.newest_day, today))


def _without_words(conversation: Conversation) -> str:
    if any(m.payload.kind == "message" and m.payload.body.attachments for m in conversation.messages):
        return _("Alleen bijlagen of antwoorden op de vragen")
    return _("Alleen antwoorden op de vragen")
