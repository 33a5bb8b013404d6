"""Messages and conversations in words: what the templates show, and nothing else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date

from crypto.conversation import Message
from crypto.payload import EXCLUDED
from crypto.roster import Roster
from workstation.cases.inbox import Conversation, excerpt
from workstation.content import load_questions
from workstation.desk.enclosed import Enclosed, show_enclosed
from workstation.desk.work import Work
from workstation.texts import LANGUAGE_VARIABLE
from workstation.texts import translate as _


@dataclass(frozen=True, slots=True)
class Letter:
    """One message as a letter; `own` is true for what the team wrote."""

    who: str
    day: str
    own: bool
    text: str
    answers: tuple[tuple[str, tuple[str, ...]], ...]
    attachments: tuple[Enclosed, ...]
    status: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One conversation in the list."""

    name: str
    title: str
    day: str
    excerpt: str
    waiting: bool


@dataclass(frozen=True, slots=True)
class Case:
    """What stands beside a conversation."""

    readers: tuple[str, ...]
    excluded: tuple[str, ...]
    first_day: str
    newest_day: str
    count: int


def show_entry(work: Work, conversation: Conversation) -> Entry:
    """Return a conversation as the list shows it."""
    return Entry(
        name=work.names[conversation.id],
        title=title(conversation),
        day=show_day(conversation.newest_day),
        excerpt=excerpt(conversation) or _without_words(conversation),
        waiting=conversation.waiting,
    )


def show_letters(work: Work, conversation: Conversation) -> list[Letter]:
    """Return a conversation's messages as letters, in their order."""
    roster = work.roster()
    undelivered = work.outbox.addresses()
    return [_show_letter(work, conversation, m, roster, undelivered) for m in conversation.messages]


def show_case(work: Work, conversation: Conversation) -> Case:
    """Return who may read a conversation, and since when it lasts."""
    roster = work.roster()
    names = {} if roster is None else {w.person: w.name for w in roster.active.values()}
    allowed = set(conversation.allow.persons)
    return Case(
        readers=tuple(names.get(person, person) for person in conversation.allow.persons),
        excluded=tuple(sorted(name for person, name in names.items() if person not in allowed)),
        first_day=show_day(min(m.payload.day for m in conversation.messages)),
        newest_day=show_day(conversation.newest_day),
        count=len(conversation.messages),
    )


def title(conversation: Conversation) -> str:
    """Return a short name to speak about a conversation with colleagues: the same on all desks."""
    letters = conversation.id.hex()[:6].upper()
    return f"{letters[:3]}-{letters[3:]}"


def show_day(day: str) -> str:
    """Return a day in words."""
    return format_date(date.fromisoformat(day), "d MMMM y", locale=os.environ.get(LANGUAGE_VARIABLE, "nl"))


def _show_letter(
    work: Work, conversation: Conversation, message: Message, roster: Roster | None, undelivered: set[bytes]
) -> Letter:
    payload = message.payload
    return Letter(
        who=_who(work, message, roster),
        day=show_day(payload.day),
        own=payload.kind == "reply",
        text=_("Heeft gewijzigd wie dit gesprek mag lezen.") if payload.kind == "allow" else payload.body.text,
        answers=_show_answers(message),
        attachments=show_enclosed(work, message),
        status=_status(conversation, message, undelivered),
    )


def _without_words(conversation: Conversation) -> str:
    if any(m.payload.kind == "message" and m.payload.body.attachments for m in conversation.messages):
        return _("Alleen bijlagen of antwoorden op de vragen")
    return _("Alleen antwoorden op de vragen")


def _who(work: Work, message: Message, roster: Roster | None) -> str:
    author = message.payload.author
    if message.payload.kind != "reply":
        return _("De melder")
    if author == work.keyring.id:
        return _("U")
    listed = None if roster is None else roster.listed.get(author)
    return _("Een eerdere collega") if listed is None else listed.name


def _status(conversation: Conversation, message: Message, undelivered: set[bytes]) -> str:
    if message.payload.address in undelivered:
        return _("Gaat mee bij de volgende synchronisatie.")
    if message.id in conversation.restarts:
        return _(
            "Dit bericht begint opnieuw: de schrijver zag de eerdere berichten niet, of heeft de code opnieuw gebruikt."
        )
    if message.payload.kind != "reply" and EXCLUDED in message.payload.sealed.values():
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
