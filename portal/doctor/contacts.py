"""Telephone numbers, which age: whom to call again, and by when."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from portal.config import Config
from portal.doctor.finding import Finding
from portal.errors import BuildError
from portal.site import contacts
from portal.site.contacts import Contact

# Calling a number again takes somebody in office hours; a month holds enough of those.
_SOON: Final = timedelta(days=30)

_AGAIN: Final = "Call it again, set verified_on and expires_on anew in content/contacts.toml, and build"


def examine(config: Config, on: date, path: Path) -> Iterator[Finding]:
    """Look at the numbers in the file `path` on the day `on`, as a build of that day would choose them."""
    try:
        known = contacts.read_contacts(path)
        weeks = config.site.release_weeks
        shown = contacts.choose_shown(path, known, on, weeks)
    except BuildError as error:
        yield Finding(str(error))
        return
    for contact in known:
        yield from _examine_contact(contact, shown, on, on + timedelta(weeks=weeks))
    if not shown:
        yield Finding("A release built today would show no telephone number but the 112 above every page.")


def _examine_contact(contact: Contact, shown: Sequence[Contact], on: date, end: date) -> Iterator[Finding]:
    name = f"{contact.key} ({contact.number})"
    last = contact.expires_on
    rival = next((other for other in shown if contacts.find_common(contact, other)), None)
    if last is None and rival:
        yield Finding(
            f"{name} is not verified, so no page shows it; {rival.key} stands there for the same hours. Should "
            f"this one be right, remove verified_on and expires_on there and write them here.",
            to_do=False,
        )
    elif last is None:
        yield Finding(
            f"{name} is not verified, so no page shows it. Call it, write the day into verified_on and the last day on "
            f"which you trust it into expires_on in content/contacts.toml, and build."
        )
    elif last < on:
        yield Finding(f"{name} has expired: its last day was {last}, and no build shows it. {_AGAIN}.")
    elif last <= on + _SOON:
        yield Finding(f"{name} expires in {(last - on).days} days, after {last}. {_AGAIN} before that.")
    elif last < end:
        yield Finding(f"{name} expires after {last}, before a release built today does ({end}): left out. {_AGAIN}.")
