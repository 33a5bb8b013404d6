"""What a portal did not take, in words: what happens to it, and what a person can do.

A courier cannot tell a note from cover, and nobody need: of what is neither answer nor attachment no number is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal

from workstation.texts import translate as _

# An answer; a head, so a note for the team or something else that colleagues tell each other; a chunk.
What = Literal["answer", "note", "attachment"]


def explain_refused(refused: Counter[tuple[What, int]]) -> Iterator[str]:
    """Yield a sentence or two for each kind and status."""
    for (what, status), count in sorted(refused.items()):
        yield f"{_say_what(what).format(count=count)} {explain_status(status)} {_say_where(what, status)}"


def explain_status(status: int) -> str:
    """Return why a portal refuses, and what to do about it."""
    known = {
        401: _(
            "Het portaal kent de sleutel van deze koerier niet (meer). Vraag de beheerder van de lijst om een nieuwe, "
            "en voer `card` uit."
        ),
        404: _("Op dit adres staat geen portaal (meer). Klopt het adres?"),
        409: _("Op die plaats ligt al iets anders."),
        413: _("Het portaal, of een server ervoor, vindt het te groot. Meld dit aan wie de server beheert."),
        503: _("Het portaal is vol of bezig. Synchroniseer later nog eens."),
    }
    aliases = {403: 401, 405: 404, 410: 404}
    other = _("Het portaal antwoordt met code {status}. Blijft dat zo? Meld het dan aan wie de server beheert.")
    return known.get(aliases.get(status, status), other).format(status=status)


def explain_document(name: str, status: int) -> str:
    """Return which document of the keyset was not taken, and why."""
    kind = {"1": _("De lijst"), "2": _("Een kaart"), "3": _("De weekverklaring")}[name[0]]
    reason = {
        403: _("De handtekening past niet bij de lijst die daar geldt."),
        409: _("Daar ligt al iets nieuwers of iets anders."),
    }.get(status, explain_status(status))
    return _("{kind} is niet aangenomen.").format(kind=kind) + " " + reason


def _say_what(what: What) -> str:
    return {
        "answer": _("Antwoorden die niet zijn aangenomen: {count}."),
        "note": _("Notities van het team zijn niet allemaal aangenomen."),
        "attachment": _("Een bijlage is niet aangenomen, en haar antwoord wacht."),
    }[what]


def _say_where(what: What, status: int) -> str:
    if status == 409:
        # The desk has counted that place as used: what is written anew lies elsewhere.
        return _("Het blijft in de map. Schrijf het in het bureau nog eens: dan krijgt het een andere plaats.")
    if what == "attachment":
        return _("Beide blijven in de map, en gaan een volgende keer mee.")
    return _("Ze blijven in de map, en gaan een volgende keer mee.")
