"""The telephone numbers of the people's site, from `content/contacts.toml`.

Shown is what the operator has verified: somebody called the number. The sources contradict each other, and a wrong
number is worse than none.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from typing import Final

from portal.errors import BuildError
from portal.site import hours
from portal.site.content import read_day, read_document, read_line, read_slug, read_tables, read_values, refuse_twice
from portal.site.hours import Week

_WORDS: Final = {"always": hours.ALWAYS, "unknown": None}
_OUTSIDE: Final = "outside "


@dataclass(frozen=True)
class Contact:
    """A telephone number and how far it can be trusted.

    Entries of one `service` complement each other: never two at the same moment. `tel` is what a telephone dials,
    `hours` are words for people, `open` the same as data, or None if nobody knows. Without `verified_on` it is only
    what a source says; `expires_on` is the last day on which it is trusted.
    """

    key: str
    service: str
    name: str
    what_for: str
    number: str
    tel: str
    hours: str
    open: Week | None
    source: str
    verified_on: date | None
    expires_on: date | None

    @property
    def opening(self) -> str:
        """The hours as web/hours.ts reads them; empty if nobody knows."""
        return hours.serialize_week(self.open) if self.open else ""


def read_contacts(path: Path) -> list[Contact]:
    """Return every entry, verified or not, in the order of the file. Raises: BuildError."""
    tables = read_tables(path, read_document(path, {"contacts"}), "contacts")
    rows = {str(table.get("key")): table.get("open") for _, table in tables if isinstance(table, dict)}
    contacts = [_contact(_name_entry(path, n, table), table, rows) for n, table in tables]
    refuse_twice(path, [contact.key for contact in contacts])
    return contacts


def choose_shown(path: Path, contacts: Sequence[Contact], on: date, weeks: int) -> list[Contact]:
    """Return the entries that a release of the day `on` shows, which lives for `weeks`.

    Left out is what nobody has verified, and what expires before the release does. Raises: BuildError, if two that
    would be shown contradict each other.
    """
    end = on + timedelta(weeks=weeks)
    shown = [contact for contact in contacts if contact.expires_on and end <= contact.expires_on]
    for contact in shown:
        if contact.verified_on and contact.verified_on > on:
            raise BuildError(
                f"{path.name}: {contact.key}: verified_on is a day after {on}; write the day on which somebody called."
            )
    for one, other in combinations(shown, 2):
        _refuse_contradiction(path, one, other)
    return shown


def find_common(one: Contact, other: Contact) -> str | None:
    """Return a moment at which two entries of one service are both open, as far as is known, or None."""
    if one.service != other.service:
        return None
    return hours.find_common(one.open or hours.ALWAYS, other.open or hours.ALWAYS)


def _refuse_contradiction(path: Path, one: Contact, other: Contact) -> None:
    moment = find_common(one, other)
    if moment:
        raise BuildError(
            f"{path.name}: {one.key} and {other.key} are both verified for the service {one.service} and may both be "
            f"open at the same moment ({moment}). Call both; remove verified_on and expires_on from the one that is "
            f'wrong, or correct the hours in open, for example to open = "outside {one.key}".'
        )


def _name_entry(path: Path, place: int, table: object) -> str:
    key = table.get("key") if isinstance(table, dict) else None
    return f"{path.name}: contact {place}" + (f" ({key})" if isinstance(key, str) else "")


def _contact(where: str, table: Mapping[str, object], rows: Mapping[str, object]) -> Contact:
    def read_open(value: object) -> Week | None:
        if isinstance(value, str) and value in _WORDS:
            return _WORDS[value]
        if isinstance(value, str) and value.startswith(_OUTSIDE):
            # Only a list has an outside: of two entries that name each other neither would ever be open.
            return hours.outside(hours.parse_week(rows.get(value.removeprefix(_OUTSIDE))))
        return hours.parse_week(value)

    readers = {
        "key": read_slug,
        "service": read_slug,
        "hours": read_line,
        "open": read_open,
        "verified_on": _read_day_or_none,
        "expires_on": _read_day_or_none,
    }
    missing = {"verified_on": None, "expires_on": None}
    whole = {**missing, **table} if isinstance(table, dict) else table
    contact = Contact(**read_values(where, whole, Contact, readers))
    _check(where, contact)
    return contact


def _read_day_or_none(value: object) -> date | None:
    return None if value is None else read_day(value)


def _check(where: str, contact: Contact) -> None:
    if (contact.verified_on is None) != (contact.expires_on is None):
        raise BuildError(f"{where}: verified_on and expires_on belong together; add the other, or remove both.")
    if contact.verified_on and contact.expires_on and contact.expires_on <= contact.verified_on:
        raise BuildError(f"{where}: expires_on must come after verified_on; correct one of the two.")
    dialled = _dial(contact.number)
    if contact.tel != dialled:
        raise BuildError(f'{where}: tel is not how {contact.number} is dialled; write "{dialled}", or correct number.')


def _dial(number: str) -> str:
    """Return a Dutch number as E.164; a short one like 112 is dialled as it is."""
    digits = re.sub(r"\D", "", number)
    if number.startswith("+"):
        return f"+{digits}"
    return f"+31{digits[1:]}" if digits.startswith("0") else digits
