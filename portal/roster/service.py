"""The roster in force, verified anew under the configured root key whenever it is not the one verified last."""

from functools import lru_cache

from sqlalchemy import Connection

from crypto.errors import ProtocolError
from crypto.roster import Pins, Roster, open_roster
from crypto.verifying import Document, parse_document, serialize_document
from portal.config import Organisation
from portal.roster import store


def pins(organisation: Organisation) -> Pins:
    """Name what the configuration pins, in the protocol's own words."""
    return Pins(organisation.id, organisation.root_key, organisation.minimum_roster_version)


def current(connection: Connection, organisation: Organisation) -> Roster | None:
    """Return the roster in force.

    None before the first, and when the stored one is for another root key or organisation than the configured.
    """
    signed = store.read(connection)
    return _verify(signed, pins(organisation)) if signed is not None else None


def replace(connection: Connection, roster: Roster, document: Document) -> None:
    """Let this roster, which the caller has verified, be the one in force."""
    store.replace(connection, roster.version, serialize_document(document))


def signed_document(connection: Connection) -> Document:
    """Return the signed form of the roster in force; there must be one."""
    signed = store.read(connection)
    assert signed is not None, "the caller has seen a roster in this transaction"
    return parse_document(signed)


@lru_cache(maxsize=4)
def _verify(signed: bytes, pinned: Pins) -> Roster | None:
    try:
        return open_roster(parse_document(signed), pinned)
    except ProtocolError:
        return None
