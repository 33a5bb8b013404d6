"""Attachments in words: what a letter and the page before a download show of them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Final

from babel.numbers import format_decimal

from crypto.attachment import Attachment
from crypto.conversation import Message
from crypto.errors import ProtocolError
from workstation.desk.filenames import show_name
from workstation.desk.work import Work
from workstation.errors import WorkstationError
from workstation.texts import locale
from workstation.texts import translate as _
from workstation.viewing.kinds import recognise

_KILO: Final = 1_000
_MEGA: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Enclosed:
    """One attachment of a letter; `link` names it on this page, and is empty while it is not here."""

    name: str
    size: str
    state: str
    link: str


def show_enclosed(work: Work, message: Message) -> tuple[Enclosed, ...]:
    """Return a message's attachments in their order."""
    return tuple(_show(work, message.payload.conversation, each) for each in message.payload.body.attachments)


def show_size(size: int) -> str:
    """Return a size as people know it from their own folders."""
    if size >= _MEGA:
        return f"{format_decimal(size / _MEGA, format='0.0', locale=locale())} MB"
    # An empty file is told from a small one.
    return f"{-(-size // _KILO)} kB"


def recognise_enclosed(work: Work, conversation: bytes, attachment: Attachment) -> str | None:
    """Return what kind of file it is, by how it begins; None if that is not drawn, or if it cannot be read."""
    attachments = work.collector.attachments
    with closing(attachments.read_pieces(attachments.name(conversation, attachment), attachment)) as pieces:
        try:
            return recognise(next(pieces, b""))
        except (OSError, ProtocolError, WorkstationError):
            return None


def _show(work: Work, conversation: bytes, attachment: Attachment) -> Enclosed:
    attachments = work.collector.attachments
    name = attachments.name(conversation, attachment)
    if attachments.has(name, attachment):
        state, link = _("binnen"), work.name_attachment(conversation, attachment)
    elif attachments.read_missed(name) is not None:
        state, link = _("niet (meer) te vinden; elke synchronisatie zoekt opnieuw"), ""
    else:
        state, link = _("nog niet opgehaald – komt bij de volgende synchronisatie mee"), ""
    return Enclosed(show_name(attachment.name), show_size(attachment.size), state, link)
