"""What is shared with family, in words: the same ones as on the reporter's pages."""

from __future__ import annotations

from crypto.body import Original, Scope, Share
from workstation.texts import translate as _


def list_scopes() -> dict[Scope, str]:
    """Return the scopes in the words that the reporter's pages use too."""
    return {
        "none": _("Meelezen is gestopt."),
        "replies": _("alleen nieuwe antwoorden"),
        "conversation": _("antwoorden en wat de melder vanaf nu schrijft"),
        "questions": _("ook zelf vragen stellen"),
    }


def name_code(index: int) -> str:
    """Return how people call a family code."""
    return _("Gezinscode {number}").format(number=index + 1)


def tell_share(share: Share) -> str:
    """Return what a reporter changed, in words."""
    if share.scope == "none":
        return _("Gezinscode {number}: meelezen is gestopt.").format(number=share.index + 1)
    return _("Gezinscode {number} mag meelezen: {scope}.").format(
        number=share.index + 1, scope=list_scopes()[share.scope]
    )


def tell_shared(share: Share) -> str:
    """Return what a desk follows from there on, in words."""
    if share.scope == "none":
        return list_scopes()["none"]
    return _("Meelezen vanaf hier: {scope}.").format(scope=list_scopes()[share.scope])


def tell_copy(original: Original, day: str) -> str:
    """Return of what something is a copy, in words; `day` says when that was written."""
    if original.by == "team":
        return _("Een antwoord van het team van {day} ging ook naar dit gezinslid.").format(day=day)
    return _("Een bericht van de melder van {day} ging ook naar dit gezinslid.").format(day=day)
