"""Who comes and goes between two rosters, and whom a name means. For people, before and after signing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crypto.encoding import encode_b64u
from crypto.roster import Roster, Workstation
from workstation.errors import WorkstationError
from workstation.texts import translate as _


@dataclass(frozen=True, slots=True)
class Turnover:
    """Who is on a list for the first time, who stays, and who is on it no longer."""

    came: Sequence[Workstation]
    stayed: Sequence[Workstation]
    left: Sequence[Workstation]


def compare(before: Roster | None, after: Roster) -> Turnover:
    """Return what changed between two lists."""
    old = {} if before is None else before.active
    return Turnover(
        [w for i, w in after.active.items() if i not in old],
        [w for i, w in after.active.items() if i in old],
        [w for i, w in old.items() if i not in after.active],
    )


def find_retiree(last: Roster | None, named: str) -> Workstation:
    """Return the workstation of this id (43 characters), or the only one of the person of this short name.

    Where that person has left already, the one that was theirs: repeating it changes nothing. Raises WorkstationError.
    """
    listed = () if last is None else last.workstations
    found = [w for w in listed if encode_b64u(w.id) == named]
    found = found or [w for w in listed if w.person == named and w.retired_on is None]
    found = found or [w for w in listed if w.person == named][:1]
    if len(found) > 1:
        numbers = " ".join(encode_b64u(w.id) for w in found)
        raise WorkstationError(
            _("{name} heeft meer dan één werkplek. Geef het nummer van de ene die u bedoelt: {numbers}").format(
                name=found[0].name, numbers=numbers
            )
        )
    if not found:
        raise WorkstationError(_("De werkplek die u wilt afmelden staat niet op de lijst."))
    return found[0]


def describe(workstation: Workstation) -> str:
    """Return who works there, as pages show it."""
    affiliations = ", ".join(workstation.affiliations) or "–"
    return _("{name} ({person}), verbonden met: {affiliations}").format(
        name=workstation.name, person=workstation.person, affiliations=affiliations
    )
