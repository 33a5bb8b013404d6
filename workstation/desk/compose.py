"""What a counsellor filled in → the body of a reply, or one sentence about what stands in its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crypto.attachment import Attachment
from crypto.body import GIST_SIZE, SUMMARY_SIZE, TRACKS, Body, Track, check_sized
from crypto.encoding import check_day, check_text
from crypto.errors import MalformedError
from workstation.cases.agreed import Agreed
from workstation.errors import WorkstationError
from workstation.texts import translate as _


@dataclass(frozen=True, slots=True)
class Extras:
    """What stands beside the text of an answer, as it was typed; `next` as YYYY-MM-DD."""

    gist: str = ""
    summary: str = ""
    track: str = ""
    next: str = ""


def propose(agreed: Agreed, today: str) -> Extras:
    """Return what holds and goes on to hold, unless the counsellor changes it: a day that has passed does not."""
    coming = agreed.next is not None and agreed.next >= today
    return Extras("", agreed.summary, agreed.track or "", agreed.next or "" if coming else "")


def make_body(text: str, extras: Extras, agreed: Agreed, attachments: Sequence[Attachment], today: str) -> Body:
    """Return the body of an answer; what was agreed before says what is new. Raises WorkstationError."""
    cleaned = _clean(text)
    if not cleaned and not attachments:
        raise WorkstationError(_("Uw antwoord is nog leeg."))
    return Body(
        cleaned,
        attachments=tuple(attachments),
        gist=_check_gist(_clean(extras.gist)),
        summary=_check_summary(_clean(extras.summary), _clean(agreed.summary)),
        track=_check_track(extras.track),
        next=_check_next(extras.next.strip(), today),
    )


def _clean(text: str) -> str:
    """Return a text as it may be sent: line feeds only, no space around it."""
    cleaned = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ").strip()
    try:
        return check_text(cleaned)
    except MalformedError:
        raise WorkstationError(_("Er staat een teken in uw antwoord dat niet kan worden verstuurd.")) from None


def _check_gist(gist: str) -> str:
    try:
        return check_sized(gist, 0, GIST_SIZE)
    except MalformedError:
        raise WorkstationError(_("De kern is te lang. Eén of twee zinnen zijn genoeg.")) from None


def _check_summary(summary: str, shared: str) -> str | None:
    if summary == shared:
        return None
    if not summary:
        raise WorkstationError(_("Een samenvatting die u al deelde kunt u wijzigen, maar niet leeg maken."))
    try:
        return check_sized(summary, 1, SUMMARY_SIZE)
    except MalformedError:
        raise WorkstationError(_("De samenvatting is te lang. Ze mag ongeveer drie bladzijden zijn.")) from None


def _check_track(chosen: str) -> Track | None:
    if not chosen:
        return None
    for track in TRACKS:
        if track == chosen:
            return track
    raise WorkstationError(_("Dit traject is er niet. Kies er een uit de lijst."))


def _check_next(chosen: str, today: str) -> str | None:
    if not chosen:
        return None
    try:
        day = check_day(chosen)
    except MalformedError:
        raise WorkstationError(_("Kies voor het volgende contact een dag uit de kalender.")) from None
    if day < today:
        raise WorkstationError(_("De dag van het volgende contact is voorbij. Kies een andere, of maak het veld leeg."))
    return day
