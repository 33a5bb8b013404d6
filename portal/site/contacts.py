"""The telephone numbers of the people's site, from `content/contacts.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from portal.errors import BuildError
from portal.site.content import read_day, read_document, read_line, read_slug, read_tables, read_values, refuse_twice


@dataclass(frozen=True)
class Contact:
    """A telephone number and how far it can be trusted; `tel` is what a telephone dials."""

    key: str
    name: str
    what_for: str
    number: str
    tel: str
    hours: str
    source: str
    verified_on: date
    expires_on: date


def read_contacts(path: Path, on: date) -> list[Contact]:
    """Return the contacts that may be shown on the day `on`, in the order of the file.

    Numbers under [[held_back]] are never shown, and neither is one whose `expires_on` has passed: a wrong number is
    worse than none. Raises: BuildError.
    """
    document = read_document(path, {"contacts", "held_back"})
    contacts = [_contact(f"{path.name}: contact {n}", table) for n, table in read_tables(path, document, "contacts")]
    refuse_twice(path, [contact.key for contact in contacts])
    return [contact for contact in contacts if on <= contact.expires_on]


def _contact(where: str, table: Mapping[str, object]) -> Contact:
    readers = {"verified_on": read_day, "expires_on": read_day, "hours": read_line, "key": read_slug}
    contact = Contact(**read_values(where, table, Contact, readers))
    if contact.expires_on <= contact.verified_on:
        raise BuildError(f"{where} ({contact.key}): expires_on must come after verified_on.")
    return contact
