"""Which family conversation belongs to which reporter's, what it is owed, and by whom. Pure. spec: Sharing.

1. A family conversation begins with an `allow` under number 0 and is named by a `share` of exactly one other one. Where
   two name it, nobody is followed: only whoever knows its code, or the reporter's, can have made the second.
2. Nothing is followed while a message of the reporter is missing: it may be the one that stopped sharing.
3. Nothing is written where somebody would read it who may not read the reporter's conversation: then the server keeps
   back the family's newest list.
4. What was written is owed where the scope that held then, by the numbers that its writer knew, covers its writer, and
   the scope that holds now does, too; and where no copy of it is known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from crypto.body import Body, Kind, Original, Scope, Share, Writer
from crypto.conversation import Message
from crypto.letter import Letter
from crypto.payload import AllowList
from crypto.sharing import Sharing, covers, is_whole, list_sharings, may_ask, scope_at
from workstation.cases.inbox import Conversation

# Summary and track stay between reporter and team; of what was asked and agreed, nothing is copied.
_WRITERS: Final[Mapping[Kind, Writer]] = {"message": "mailbox", "reply": "team"}

# What becomes of a mailbox's message: in, tried again later, or turned away.
Admission = Literal["take", "wait", "refuse"]


@dataclass(frozen=True, slots=True)
class Family:
    """What holds for a family conversation. `reporter` is whose messages name it; `followed` is false while some lack.

    A scope that is not followed says what was asked for, and nothing is written by it.
    """

    reporter: bytes
    sharing: Sharing
    followed: bool

    @property
    def scope(self) -> Scope:
        """The scope that the newest share gives."""
        return self.sharing.scope


@dataclass(frozen=True, slots=True)
class Owed:
    """What a workstation has to write in a conversation, in one go: bodies of the kind, as a letter's pieces are."""

    conversation: bytes
    kind: Kind
    bodies: tuple[Body, ...]


@dataclass(frozen=True, slots=True)
class Station:
    """Whose desk it is (a workstation's id, its person), and the persons who have an active workstation."""

    id: bytes
    person: str
    present: Collection[str]


# -- what belongs together --------------------------------------------------------------------------------------------


def may_be_family(messages: Iterable[Message]) -> bool:
    """Say whether a conversation of these messages can be a family's: its number 0 is an `allow`, or not known."""
    return all(m.payload.kind == "allow" for m in _list_first(messages))


def begins_as_family(messages: Sequence[Message]) -> bool:
    """Say whether a conversation of these messages began as a family's does."""
    return any(_list_first(messages)) and may_be_family(messages)


def read_family(reporter: bytes, family: bytes, messages: Sequence[Message]) -> Family | None:
    """Return what the reporter's messages say of a family conversation; None where they do not name it."""
    sharing = list_sharings(messages).get(family)
    if sharing is None or family == reporter or begins_as_family(messages):
        return None
    return Family(reporter, sharing, is_whole(messages, reporter))


def list_families(conversations: Mapping[bytes, Conversation]) -> list[Family]:
    """Return all that is shared; what is not known here, or named by two, stands in it as not followed."""
    found: dict[bytes, list[Family]] = {}
    for conversation in conversations.values():
        named = {m.payload.body.share.conversation for m in _list_shares(conversation) if m.payload.body.share}
        for each in sorted(named):
            family = read_family(conversation.id, each, conversation.messages)
            known = conversations.get(each)
            if family is not None and (known is None or may_be_family(known.messages)):
                found.setdefault(each, []).append(family)
    return [
        Family(each.reporter, each.sharing, each.followed and len(claims) == 1)
        for claims in found.values()
        for each in claims
    ]


def is_silent(conversation: Conversation) -> bool:
    """Say whether its mailbox has done nothing but say who may read: there is nobody to answer."""
    return all(m.payload.kind == "allow" for m in conversation.messages if m.payload.author == conversation.id)


def admit(message: Message, known: Sequence[Message], families: Sequence[Family]) -> Admission:
    """Return what becomes of a mailbox's authentic message in a conversation of which these are known.

    `families` are what other conversations say of this one.
    """
    kind, own = message.payload.kind, [*known, message]
    if kind in {"allow", "withdraw"}:
        return "take"
    named = bool(families) and may_be_family(own)
    if kind == "share" and (named or begins_as_family(own)):
        # Nobody passes on what was shared with them.
        return "refuse"
    if named:
        if not all(family.followed for family in families):
            return "wait"
        return "take" if all(may_ask(family.scope) for family in families) else "refuse"
    return "wait" if begins_as_family(own) else "take"


# -- what is owed -----------------------------------------------------------------------------------------------------


def list_owed(conversations: Mapping[bytes, Conversation], station: Station) -> list[Owed]:
    """Return what this workstation has to write now, what holds before what was said."""
    owed: list[Owed] = []
    for family in list_families(conversations):
        reporter, known = conversations[family.reporter], conversations.get(family.sharing.conversation)
        if known is None or not family.followed or not _reads_no_wider(known.allow, reporter.allow):
            continue
        if find_responsible(reporter, station.present) == station.person:
            owed += _list_untold(family, (reporter, known))
        owed += _list_copies(family, reporter, known, station)
    return owed


def find_responsible(conversation: Conversation, present: Collection[str]) -> str:
    """Return the person whose desk copies what the mailbox wrote: whoever is assigned, or else the first on the list.

    "" where nobody on the list has a workstation.
    """
    reachable = [person for person in conversation.allow.persons if person in present]
    if conversation.state.assigned in reachable:
        return conversation.state.assigned
    successor = conversation.allow.successor
    return next(iter(reachable), successor if successor is not None and successor in present else "")


def list_copied(conversation: Conversation) -> set[bytes]:
    """Return the ids of what a family conversation has a copy of."""
    originals = (m.payload.body.original for m in conversation.messages if m.payload.kind == "copy")
    return {original.id for original in originals if original is not None}


def leave_out_copies(letters: Iterable[Letter]) -> list[Letter]:
    """Return letters with one copy of each original: two desks that saw the same may each have made one."""
    seen: set[bytes] = set()
    shown = []
    for letter in letters:
        original = letter.messages[0].payload.body.original
        if original is None or original.id not in seen:
            shown.append(letter)
        if original is not None:
            seen.add(original.id)
    return shown


def _list_untold(family: Family, both: Iterable[Conversation]) -> Iterator[Owed]:
    sharing = family.sharing
    body = Body(share=Share(sharing.conversation, sharing.scope))
    for conversation in both:
        if _last_told(conversation, sharing.conversation) != sharing.scope:
            yield Owed(conversation.id, "shared", (body,))


def _last_told(conversation: Conversation, family: bytes) -> Scope:
    shares = [m.payload.body.share for m in conversation.messages if m.payload.kind == "shared"]
    told = [share.scope for share in shares if share is not None and share.conversation == family]
    return told[-1] if told else "none"


def _list_copies(family: Family, reporter: Conversation, known: Conversation, station: Station) -> Iterator[Owed]:
    copied = list_copied(known)
    responsible = find_responsible(reporter, station.present) == station.person
    for letter in reporter.letters:
        payload = letter.messages[0].payload
        writer = _WRITERS.get(payload.kind)
        # A reply by whoever wrote it, and only while they may read what they pass on.
        mine = responsible if writer == "mailbox" else payload.author == station.id
        if writer is None or not mine or not letter.whole or station.person not in _list_readers(reporter.allow):
            continue
        if copied.issuperset(m.id for m in letter.messages) or not _is_covered(family, reporter, letter, writer):
            continue
        yield Owed(known.id, "copy", tuple(_copy(message, writer) for message in letter.messages))


def _is_covered(family: Family, reporter: Conversation, letter: Letter, writer: Writer) -> bool:
    # spec: what holds for a message is what came with a lower number than its own, or than its writer knew
    then = (
        m.payload.number if writer == "mailbox" else m.payload.seen.get(reporter.id, -1) + 1 for m in letter.messages
    )
    scopes = [scope_at(reporter.messages, family.sharing.conversation, number) for number in then]
    return all(covers(scope, writer) for scope in (*scopes, family.scope))


def _copy(message: Message, writer: Writer) -> Body:
    said = message.payload.body
    return Body(
        said.text,
        attachments=said.attachments,
        continues=said.continues,
        gist=said.gist,
        next=said.next,
        original=Original(message.id, writer, message.payload.day),
    )


def _reads_no_wider(family: AllowList, reporter: AllowList) -> bool:
    if not set(family.persons) <= set(reporter.persons):
        return False
    # A shorter list is empty sooner: then its successor would read before the reporter's may.
    sooner = set(family.persons) != set(reporter.persons)
    return family.successor in {None, *reporter.persons} or (family.successor == reporter.successor and not sooner)


def _list_readers(allow: AllowList) -> set[str]:
    return {*allow.persons, *([] if allow.successor is None else [allow.successor])}


def _list_first(messages: Iterable[Message]) -> list[Message]:
    return [m for m in messages if m.payload.number == 0 and m.payload.author == m.payload.conversation]


def _list_shares(conversation: Conversation) -> list[Message]:
    return [m for m in conversation.messages if m.payload.kind == "share"]
