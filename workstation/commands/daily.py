"""The commands of every day: sync, doctor and lock; the desk itself is the command line's to start."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from workstation.commands.telling import command, guide
from workstation.courier.chunks import Tell
from workstation.courier.client import Client
from workstation.courier.credential import read_credential
from workstation.courier.service import Courier, Synced
from workstation.desk.watch import ask_to_lock
from workstation.doctor.examination import examine
from workstation.errors import CourierError, WorkstationError
from workstation.keyring.workstation import FILE_NAME
from workstation.spool import Spool
from workstation.texts import translate as _

_COVER_PER_DAY: Final = 6
_DAY_SECONDS: Final = 86_400


def sync(args: Namespace, clock: Callable[[], int], tell: Tell) -> Iterator[str]:
    """Synchronise once, or again and again; give lines as they come. Raises WorkstationError the first way only.

    `tell` is given the lines about what takes long, while it lasts.
    """
    if args.every is None:
        yield from _sync_once(args, clock(), tell)
        return
    while True:
        try:
            yield from _sync_once(args, clock(), tell)
        except WorkstationError as error:
            yield str(error)
        time.sleep(args.every)


def doctor(args: Namespace, now: int) -> Iterator[str]:
    """Say what protects this workstation and what to do; raises WorkstationError if there is anything to do."""
    if not (args.folder / FILE_NAME).is_file():
        raise WorkstationError(_("In deze map staat geen sleutelbos. Klopt de map?"))
    count = 0
    for finding in examine(args.folder, args.spool, now):
        count += finding.to_do
        yield f"{_('DOEN') if finding.to_do else _('goed')}  {finding.sentence}"
    if count:
        raise WorkstationError(_("Nog te doen: {count}. Het staat hierboven bij DOEN.").format(count=count))


def _sync_once(args: Namespace, now: int, tell: Tell) -> list[str]:
    credential = read_credential(args.credential_file)
    try:
        spool = Spool.open(args.spool)
        with Client(args.portal) as client:
            # spec: six a day while it runs; whoever synchronises by hand does so about once a day.
            cover = 1.0 if args.every is None else _COVER_PER_DAY * args.every / _DAY_SECONDS
            first = spool.read_synced() is None
            done = Courier(client, spool, credential, args.pause, tell=tell, cover=cover).sync(now)
            return _guide_first(done, args.spool) if first else _describe(done)
    except OSError:
        raise CourierError(_("De gedeelde map is vol, of is eruit gehaald. Er gaat niets verloren.")) from None


def _describe(done: Synced) -> list[str]:
    told = _("Gesynchroniseerd: {fetched} opgehaald, {documents} documenten gepubliceerd.").format(
        fetched=done.fetched, documents=done.documents
    )
    # The same whether or not there were any: what colleagues tell each other is not counted, for cover is among it.
    carried = (
        _("Weggebracht: {answers} antwoorden.")
        if done.notes_wait
        else _("Weggebracht: {answers} antwoorden, en wat het team noteerde.")
    )
    return [
        f"{told} {carried.format(answers=done.answers)}",
        *(f"  – {problem}" for problem in done.problems),
    ]


def _guide_first(done: Synced, spool: Path) -> list[str]:
    said, *problems = _describe(done)
    check = problems or [_("Is de site open, en ziet u daar bij “Hoe weet ik dat dit veilig is?” uw acht woorden?")]
    then = [
        _("Open het bureau; daar leest en beantwoordt u berichten:"),
        command("desk --folder ~/bureau --spool", spool),
        _("Synchroniseer elke dag, of voeg --every 60 toe en laat het lopen."),
    ]
    return guide([said], check, then)


def lock(args: Namespace) -> Iterator[str]:
    """Lock the desk of a folder, if one is open. Raises WorkstationError if it does not hear."""
    if ask_to_lock(args.folder):
        yield _("Het bureau is vergrendeld.")
    else:
        yield _("Hier stond niets open.")
