"""Messages and conversations in words: what the templates show, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from babel.dates import format_date

from crypto import letter as letters
from crypto.body import Track
from crypto.conversation import Message
from crypto.payload import EXCLUDED, KINDS_BY_WORKSTATION
from crypto.roster import Roster
from workstation.cases.inbox import Conversation, excerpt
from workstation.content import load_questions
from workstation.desk.enclosed import Enclosed, show_enclosed
from workstation.desk.work import Work
from workstation.texts import locale
from workstation.texts import translate as _


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody wrote in one go; `own` is true for what the team wrote."""

    who: str
    day: str
    own: bool
    gist: str
    text: str
    answers: tuple[tuple[str, tuple[str, ...]], ...]
    attachments: tuple[Enclosed, ...]
    status: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One conversation in the list; one that was withdrawn has no name, because there is nothing to open."""

    name: str
    title: str
    day: str
    excerpt: str = ""
    waiting: bool = False
    wants_none: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """What stands beside a conversation."""

    readers: tuple[str, ...]
    excluded: tuple[str, ...]
    first_day: str
    newest_day: str
    count: int
    track: str
    next: str
    summary: str


def show_entry(work: Work, conversation: Conversation) -> Entry:
    """Return a conversation as the list shows it."""
    return Entry(
        name=work.names[conversation.id],
        title=title(conversation.id),
        day=show_day(conversation.newest_day),
        excerpt=excerpt(conversation) or _without_words(conversation),
        waiting=conversation.waiting,
        wants_none=conversation.wants_none,
    )


def show_withdrawn(work: Work) -> list[Entry]:
    """Return what was withdrawn, the newest first: id and day are all there is."""
    newest = sorted(work.keyring.state.withdrawn.items(), key=lambda entry: (entry[1].day, entry[0]), reverse=True)
    return [Entry("", title(conversation), show_day(withdrawn.day)) for conversation, withdrawn in newest]


def show_letters(work: Work, conversation: Conversation) -> list[Letter]:
    """Return a conversation's letters, in their order."""
    roster = work.roster()
    undelivered = work.outbox.addresses()
    return [_show_letter(work, conversation, letter, roster, undelivered) for letter in conversation.letters]


def show_case(work: Work, conversation: Conversation, today: str) -> Case:
    """Return who may read a conversation, since when it lasts, and what is agreed."""
    roster = work.roster()
    names = {} if roster is None else {w.person: w.name for w in roster.active.values()}
    allowed = set(conversation.allow.persons)
    return Case(
        readers=tuple(names.get(person, person) for person in conversation.allow.persons),
        excluded=tuple(sorted(name for person, name in names.items() if person not in allowed)),
        first_day=show_day(min(m.payload.day for m in conversation.messages)),
        newest_day=show_day(conversation.newest_day),
        count=len(conversation.letters),
        track="" if conversation.agreed.track is None else list_tracks()[conversation.agreed.track],
        next=_show_next(conversation.agreed.next, today),
        summary=conversation.agreed.summary,
    )


def list_tracks() -> dict[Track, str]:
    """Return the tracks in words."""
    return {"question": _("Eén vraag"), "series": _("Traject"), "aftercare": _("Nazorg")}


def title(conversation: bytes) -> str:
    """Return a short name to speak about a conversation (its id) with colleagues: the same on all desks."""
    characters = conversation.hex()[:6].upper()
    return f"{characters[:3]}-{characters[3:]}"


def show_day(day: str) -> str:
    """Return a day in words."""
    return format_date(date.fromisoformat(day), "d MMMM y", locale=locale())


def _show_letter(
    work: Work, conversation: Conversation, letter: letters.Letter, roster: Roster | None, undelivered: set[bytes]
) -> Letter:
    # spec: all but text stands in the first message
    message = letter.messages[0]
    payload = message.payload
    return Letter(
        who=_who(work, message, roster),
        day=show_day(payload.day),
        own=payload.kind in KINDS_BY_WORKSTATION,
        gist=payload.body.gist,
        text={
            "allow": _("Heeft gewijzigd wie dit gesprek mag lezen."),
            "destroyed": _("Heeft alles van dit gesprek vernietigd: de melder trok het in."),
        }.get(payload.kind, letter.text),
        answers=_show_answers(message),
        attachments=show_enclosed(work, message),
        status=_status(conversation, letter, undelivered),
    )


def _show_next(day: str | None, today: str) -> str:
    if day is None:
        return ""
    return show_day(day) if day >= today else _("{day}, voorbij").format(day=show_day(day))


def _without_words(conversation: Conversation) -> str:
    if any(m.payload.kind == "message" and m.payload.body.attachments for m in conversation.messages):
        return _("Alleen bijlagen of antwoorden op de vragen")
    return _("Alleen antwoorden op de vragen")


def _who(work: Work, message: Message, roster: Roster | None) -> str:
    author = message.payload.author
    if message.payload.kind not in KINDS_BY_WORKSTATION:
        return _("De melder")
    if author == work.keyring.id:
        return _("U")
    listed = None if roster is None else roster.listed.get(author)
    return _("Een eerdere collega") if listed is None else listed.name


def _status(conversation: Conversation, letter: letters.Letter, undelivered: set[bytes]) -> str:
    message = letter.messages[0]
    if any(m.payload.address in undelivered for m in letter.messages):
        return _("Gaat mee bij de volgende synchronisatie.")
    if not letter.whole:
        return _("Deze tekst gaat verder. Het vervolg is er nog niet; het komt bij een volgende synchronisatie.")
    if message.id in conversation.restarts:
        return _(
            "Dit bericht begint opnieuw: de schrijver zag de eerdere berichten niet, of heeft de code opnieuw gebruikt."
        )
    if message.payload.kind not in KINDS_BY_WORKSTATION and EXCLUDED in message.payload.sealed.values():
        return _("Niet iedereen van het team mag dit lezen.")
    return ""


def _show_answers(message: Message) -> tuple[tuple[str, tuple[str, ...]], ...]:
    body = message.payload.body
    questions = load_questions().get(body.questions, {})
    shown = []
    for question, choices in (body.answers or {}).items():
        known = questions.get(question)
        # A version that this workstation does not have: then only the ids are certain.
        if known is None:
            shown.append((question, choices))
        else:
            shown.append((_(known.heading), tuple(_(known.choices.get(choice, choice)) for choice in choices)))
    return tuple(shown)
