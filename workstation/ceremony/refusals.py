"""Why a keyset or roster is refused, in words with a next step."""

from __future__ import annotations

from crypto.errors import KeysetError, ProtocolError
from workstation.errors import WorkstationError
from workstation.texts import translate as _


def explain(error: ProtocolError) -> str:
    """Return a sentence or two about a refused keyset."""
    if not isinstance(error, KeysetError):
        return _("De lijst van vertrouwenspersonen is beschadigd. Synchroniseer opnieuw.")
    return {
        "signature": _(
            "De handtekening klopt niet. Dit is niet de lijst van uw eigen team. Bel de beheerder van de lijst."
        ),
        "organisation": _("Deze lijst is van een andere organisatie. Gebruikt u de goede map?"),
        "rollback": _("Deze lijst is ouder dan een lijst die al gold. Synchroniseer opnieuw."),
        "expired": _("De lijst van vertrouwenspersonen is verlopen. Vraag de beheerder van de lijst om een nieuwe."),
        "frozen": _(
            "Te weinig collega's hebben deze week bevestigd dat de lijst nog klopt. "
            "Synchroniseer eerst, en kijk of de datum van deze computer goed staat."
        ),
        "conflict": _("Twee gegevens over dezelfde sleutel spreken elkaar tegen. Antwoord niet, en bel uw collega's."),
        "missing": _("Er ontbreekt een sleutel van een collega. Synchroniseer opnieuw."),
        "nobody": _("Niemand van het team heeft een sleutel voor deze week. Open alle bureaus en synchroniseer."),
    }[error.reason]


def refuse_handout(error: ProtocolError) -> WorkstationError:
    """Return the error that tells a person about a refused handout: another one helps, and synchronising does not."""
    if not isinstance(error, KeysetError):
        return WorkstationError(_("Dit is geen uitdeelbestand, of het is beschadigd."))
    if error.reason == "rollback":
        return WorkstationError(
            _(
                "Dit uitdeelbestand is ouder dan de lijst die hier al geldt. "
                "Vraag de beheerder van de lijst om het nieuwste."
            )
        )
    return refuse(error)


def refuse(error: ProtocolError) -> WorkstationError:
    """Return the error that tells a person about a refused keyset."""
    return WorkstationError(explain(error))
