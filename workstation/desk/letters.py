"""Messages and conversations in words: what the templates show, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from babel.dates import format_date

from crypto import letter as letters
from crypto.body import Kind, Track
from crypto.conversation import Message
from crypto.labels import PREFIX_SIZE
from crypto.payload import EXCLUDED, KINDS_BY_WORKSTATION, Payload
from workstation.cases.family import begins_as_family, leave_out_copies
from workstation.cases.inbox import Conversation
from workstation.content import load_questions
from workstation.desk.enclosed import Enclosed, show_enclosed
from workstation.desk.scopes import tell_copy, tell_share, tell_shared
from workstation.desk.work import Work
from workstation.texts import locale
from workstation.texts import translate as _

# Much longer than the index ever lets a reply wait.
_DAYS_ON_ITS_WAY: Final = 14
# What is said in one line, and nobody's letter.
_LINES: Final[frozenset[Kind]] = frozenset({"share", "shared", "copy", "proposal", "consent"})


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody wrote in one go; `own` is true for what the team wrote, `is_line` where one line says it all."""

    who: str
    day: str
    own: bool
    gist: str
    text: str
    answers: tuple[tuple[str, tuple[str, ...]], ...]
    attachments: tuple[Enclosed, ...]
    status: str
    is_line: bool


@dataclass(frozen=True, slots=True)
class _Post:
    """Where answers are on their way: what has not left yet, and what the portal's index shows, if that is known."""

    undelivered: set[bytes]
    listed: frozenset[bytes] | None
    today: str


def show_letters(work: Work, conversation: Conversation, today: str) -> list[Letter]:
    """Return a conversation's letters, in their order."""
    post = _Post(work.outbox.addresses(), None if work.spool is None else work.spool.read_index(), today)
    return [_show_letter(work, conversation, letter, post) for letter in leave_out_copies(conversation.letters)]


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


def show_near_day(day: str, today: str) -> str:
    """Return a day in words, without its year where that is this year's."""
    form = "d MMMM" if day[:4] == today[:4] else "d MMMM y"
    return format_date(date.fromisoformat(day), form, locale=locale())


def _show_letter(work: Work, conversation: Conversation, letter: letters.Letter, post: _Post) -> Letter:
    # spec: all but text stands in the first message
    message = letter.messages[0]
    payload = message.payload
    return Letter(
        who=_name_writer(work, conversation, payload),
        day=show_day(payload.day),
        own=payload.kind in KINDS_BY_WORKSTATION,
        gist=payload.body.gist,
        text={
            "allow": _("Heeft gewijzigd wie dit gesprek mag lezen."),
            "destroyed": _("Heeft alles van dit gesprek vernietigd: de melder trok het in."),
            "proposal": _("Vroeg de melder om toestemming voor een overdracht."),
            "consent": _("Heeft geantwoord op de vraag om toestemming."),
        }.get(payload.kind, _tell_sharing(payload) or letter.text),
        answers=_show_answers(message),
        attachments=show_enclosed(work, message),
        status=_status(conversation, letter, post),
        is_line=payload.kind in _LINES,
    )


def _name_writer(work: Work, conversation: Conversation, payload: Payload) -> str:
    if payload.kind in KINDS_BY_WORKSTATION:
        return show_author(work, payload.author)
    # Who may read what a family is shown is the reporter's choice.
    is_family = payload.kind != "allow" and begins_as_family(conversation.messages)
    return _("Het gezinslid") if is_family else _("De melder")


def _tell_sharing(payload: Payload) -> str:
    body = payload.body
    if body.original is not None:
        return tell_copy(body.original, show_day(body.original.written_on))
    if body.share is None:
        return ""
    return tell_share(body.share) if payload.kind == "share" else tell_shared(body.share)


def show_author(work: Work, author: bytes) -> str:
    """Return who has this workstation, in words."""
    if author == work.keyring.id:
        return _("U")
    roster = work.roster()
    listed = None if roster is None else roster.listed.get(author)
    return _("Een eerdere collega") if listed is None else listed.name


def show_person(work: Work, person: str) -> str:
    """Return a person's name; "" for nobody."""
    roster = work.roster()
    names = {} if roster is None else {w.person: w.name for w in roster.workstations}
    return names.get(person, person)


def _status(conversation: Conversation, letter: letters.Letter, post: _Post) -> str:
    message = letter.messages[0]
    if any(m.payload.address in post.undelivered for m in letter.messages):
        return _("Gaat mee bij de volgende synchronisatie.")
    if not letter.whole:
        return _("Deze tekst gaat verder. Het vervolg is er nog niet; het komt bij een volgende synchronisatie.")
    if message.id in conversation.restarts:
        return _(
            "Dit bericht begint opnieuw: de schrijver zag de eerdere berichten niet, of heeft de code opnieuw gebruikt."
        )
    if message.payload.kind not in KINDS_BY_WORKSTATION and EXCLUDED in message.payload.sealed.values():
        return _("Niet iedereen van het team mag dit lezen.")
    return _say_whether_out(conversation, letter, post) if message.payload.kind == "reply" else ""


def _say_whether_out(conversation: Conversation, letter: letters.Letter, post: _Post) -> str:
    last = letter.messages[-1].payload
    seen = max((m.payload.seen.get(last.author, -1) for m in conversation.messages), default=-1)
    age = (date.fromisoformat(post.today) - date.fromisoformat(last.day)).days
    # Nobody wonders any more about what was read, or about what is old: the index forgets, too.
    if post.listed is None or seen >= last.number or age > _DAYS_ON_ITS_WAY:
        return ""
    if all(m.payload.address[:PREFIX_SIZE] in post.listed for m in letter.messages):
        return _("De melder kan dit vinden.")
    return _("Is bij het portaal. De melder kan het nog niet vinden. Dat duurt meestal minder dan een uur.")


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
