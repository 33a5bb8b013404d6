"""Taking a handout at the desk, in two steps: look at it, then take exactly that.

What was looked at waits in the desk's memory, and locking forgets it. Its name stands in the form of the page that
showed it: 32 bytes over the file and over the list that it was compared with, so that another page's form takes
nothing. Whatever is refused has changed nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from crypto.encoding import digest, encode_b64u
from crypto.roster import Roster, Workstation
from workstation.ceremony.account import tell_doubts, tell_missing_credential, tell_renewal, tell_taken
from workstation.ceremony.enrolment import list_words
from workstation.ceremony.handout import Handout, open_handout
from workstation.ceremony.renewal import check_handout, renew, take_handout
from workstation.ceremony.root import list_root_words
from workstation.ceremony.succession import find_root
from workstation.ceremony.turnover import compare, describe
from workstation.desk.letters import show_day
from workstation.desk.standing import holds_credential
from workstation.desk.work import Work, say_unusable
from workstation.errors import WorkstationError
from workstation.spool import Spool
from workstation.texts import translate as _


@dataclass(frozen=True, slots=True)
class Offer:
    """A handout that may be taken, in words. `changes` are pairs of what happens and to whom.

    `again` says that this list is here already, `brings_key` that the courier's key is not; `new_root_words` are empty
    unless another root signed it.
    """

    name: str
    number: int
    day: str
    words: tuple[str, ...]
    new_root_words: tuple[str, ...]
    changes: tuple[tuple[str, str], ...]
    again: bool
    brings_key: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What was done, what to check, and what comes next, each a list of sentences."""

    done: list[str] = field(default_factory=list)
    check: list[str] = field(default_factory=list)
    then: list[str] = field(default_factory=list)


def look(work: Work, data: bytes, now: int) -> None:
    """Keep a handout that could be taken until the desk is locked. Raises WorkstationError."""
    if not data:
        raise WorkstationError(_("Kies eerst het uitdeelbestand dat u van de beheerder van de lijst kreeg."))
    check_handout(work.keyring, open_handout(data), now)
    work.handout = data


def show_offer(work: Work, now: int) -> Offer | None:
    """Return the handout that is being looked at, judged anew by the list that holds now; None where there is none.

    Raises WorkstationError if it may not be taken any more; then it is forgotten.
    """
    if not work.handout:
        return None
    try:
        handout = open_handout(work.handout)
        roster = check_handout(work.keyring, handout, now)
    except WorkstationError:
        work.handout = b""
        raise
    me, before = work.keyring.state.me, work.roster()
    pins, path = find_root(work.keyring, handout.successions)
    return Offer(
        name=_name(work),
        number=roster.version,
        day=show_day(roster.expires_on),
        words=list_words(pins.root_key, handout.roster),
        new_root_words=list_root_words(pins.root_key, me.organisation) if path else (),
        changes=tuple(_tell_changes(before, roster)),
        again=work.keyring.state.roster == handout.roster,
        brings_key=not holds_credential(work) and work.keyring.id in handout.credentials,
    )


def take(work: Work, name: str, now: int, *, compared: bool) -> Report:
    """Take the handout of this name, as it was shown, and publish what follows from it.

    `compared` says that a person has compared its words; for a list that is here already that was done. Raises
    WorkstationError.
    """
    if not work.handout:
        raise WorkstationError(_("Er ligt geen uitdeelbestand klaar. Kies het eerst, en kijk het na."))
    if name != _name(work):
        raise WorkstationError(_("Dit is niet meer wat u hebt nagekeken. Kijk het hieronder opnieuw na."))
    handout, state = open_handout(work.handout), work.keyring.state
    if not compared and state.roster != handout.roster:
        raise WorkstationError(_("Vergelijk eerst de acht woorden, en kruis aan dat ze dezelfde zijn."))
    before, former, credential = state.roster, state.me.root_key, state.credential
    try:
        spool = Spool.open(work.spool_folder)
        spool.refuse_other(state.me.organisation)
        taken = take_handout(work.keyring, spool, handout, now)
        followed, again = state.me.root_key != former, before == handout.roster
        day = show_day(taken.expires_on)
        report = Report([*tell_taken(taken.version, day, again=again, followed=followed)])
        _renew(work, spool, report, now)
    except OSError:
        raise WorkstationError(_say_broken(work, handout)) from None
    finally:
        # What is remembered of the portal's list was judged by the list from before.
        work.checked = (None, None, "")
    work.handout = b""
    if not holds_credential(work):
        report.check.append(tell_missing_credential())
    elif state.credential != credential:
        report.then.append(_("De koerier heeft een nieuwe sleutel nodig: geef hem het bestand dat hieronder staat."))
    report.then.append(
        _("Synchroniseer, en laad deze pagina opnieuw. Antwoorden kan weer als het portaal de lijst heeft.")
    )
    return report


def drop(work: Work) -> None:
    """Forget the handout that is being looked at."""
    work.handout = b""


def renew_now(work: Work, now: int) -> Report:
    """Make cards and vouch for the list, as every unlocking does. Raises WorkstationError."""
    report = Report()
    try:
        spool = Spool.open(work.spool_folder)
        spool.refuse_other(work.keyring.state.me.organisation)
        _renew(work, spool, report, now)
    except OSError:
        raise WorkstationError(say_unusable()) from None
    finally:
        work.checked = (None, None, "")
    report.then.append(_("Synchroniseer, en laad deze pagina opnieuw."))
    return report


def _renew(work: Work, spool: Spool, report: Report, now: int) -> None:
    try:
        renewed = renew(work.keyring, spool, now)
    except WorkstationError as error:
        # The list was taken all the same; what stands in the way is there without it, too.
        report.check.append(str(error))
        return
    report.done.extend(tell_renewal(renewed))
    report.check.extend(tell_doubts(renewed))


def _say_broken(work: Work, handout: Handout) -> str:
    if work.keyring.state.roster != handout.roster:
        return say_unusable() + " " + _("Er is niets overgenomen.")
    return say_unusable() + " " + _("De lijst is overgenomen. Neem hetzelfde bestand straks nog eens over.")


def _tell_changes(before: Roster | None, after: Roster) -> Iterator[tuple[str, str]]:
    turnover = compare(before, after)
    old = {} if before is None else before.active
    for workstation in sorted(turnover.came, key=_by_name):
        yield _("nieuw"), describe(workstation)
    for workstation in sorted(turnover.left, key=_by_name):
        yield _("weg"), describe(workstation)
    for workstation in sorted(turnover.stayed, key=_by_name):
        yield _("blijft") if old[workstation.id] == workstation else _("veranderd"), describe(workstation)


def _by_name(workstation: Workstation) -> tuple[str, bytes]:
    return workstation.name, workstation.id


def _name(work: Work) -> str:
    roster = work.keyring.state.roster
    known = b"" if roster is None else roster.payload
    return encode_b64u(digest(digest(known) + digest(work.handout)))
