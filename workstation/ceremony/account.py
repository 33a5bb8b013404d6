"""What a ceremony did and what is still in doubt, in the sentences that commands and desk have in common."""

from __future__ import annotations

from collections.abc import Iterator

from workstation.ceremony.renewal import Renewal
from workstation.texts import translate as _


def tell_taken(version: int, day: str, *, again: bool, followed: bool) -> Iterator[str]:
    """Tell which list was taken over, and its last day as it is to be shown.

    `again` if it was here already, `followed` if another root signed it.
    """
    text = (
        _("Lijst nummer {version} was al overgenomen. Hij geldt tot en met {day}.")
        if again
        else _("Lijst nummer {version} klopt en is overgenomen. Hij geldt tot en met {day}.")
    )
    yield text.format(version=version, day=day)
    if followed:
        yield _("De vorige hoofdsleutel heeft een nieuwe aangewezen. Vanaf nu geldt alleen de nieuwe.")


def tell_renewal(renewed: Renewal) -> Iterator[str]:
    """Tell what a renewal did."""
    yield _("{count} nieuwe weekkaarten gemaakt.").format(count=renewed.cards)
    if renewed.vouched:
        yield _("De lijst is voor deze week bevestigd.")
    yield _("{count} documenten wachten op de koerier.").format(count=renewed.waiting)


def tell_doubts(renewed: Renewal) -> Iterator[str]:
    """Tell what is to be checked after a renewal."""
    if renewed.absent:
        names = ", ".join(w.name for w in renewed.absent)
        yield _("Nog geen kaart bekend van: {names}.").format(names=names)
    if not renewed.vouched:
        yield _("De lijst kan nog niet worden bevestigd. Neem eerst het uitdeelbestand over, of synchroniseer.")
    elif not renewed.absent:
        yield _("Van iedereen op de lijst is een kaart bekend.")


def tell_missing_credential() -> str:
    """Tell that a handout had no courier's key for this workstation."""
    return _("Er zat geen koerierssleutel voor u bij. Vraag de beheerder om een nieuw uitdeelbestand.")
