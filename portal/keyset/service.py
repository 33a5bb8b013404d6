"""The rules by which the server takes and gives signed documents. spec: Server, /api/v1/keyset.

1. A document must be signed: a roster by the configured root, a card or a statement of freshness by an active
   workstation of the roster in force. Everything must be for the configured organisation.
2. A roster must be newer than the one in force, and not below the configured minimum.
3. For one workstation and week there is one card, for ever.
4. A statement of freshness must name the roster in force; for one workstation and week the last one put is kept.
5. The same document again is welcome and changes nothing.

None of this is for the safety of those who read the keyset: they verify everything themselves. It keeps a mistake of
one desk from closing the site for everybody.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from crypto import labels
from crypto.card import open_card, parse_card
from crypto.errors import KeysetError, MalformedError
from crypto.freshness import open_freshness, parse_freshness
from crypto.keyset import serialize_keyset
from crypto.roster import Roster, open_roster
from crypto.verifying import Document, parse_document, serialize_document
from crypto.week import in_grace, week_number
from portal.clock import Clock
from portal.config import Organisation
from portal.database import Database
from portal.errors import RefusalError
from portal.keyset import store
from portal.roster import service as roster

# Workstations publish twelve weeks ahead; twice that leaves room and still bounds what is kept.
_WEEKS_AHEAD: Final = 26
# As long as a roster may last: so long a second, different card for a past week is still noticed.
_KEPT_CARD_WEEKS: Final = 13


@dataclass(frozen=True)
class Keysets:
    """The keyset, as its two calls see it."""

    database: Database
    organisation: Organisation
    clock: Clock

    def read(self) -> bytes:
        """Return the keyset as canonical JSON: the roster, and the cards and statements of its active workstations.

        Raises: RefusalError 503 before the first roster.
        """
        with self.database.read() as connection:
            current = roster.current(connection, self.organisation)
            if current is None:
                raise RefusalError(503, "There is no list of counsellors here yet.")
            signed = roster.signed_document(connection)
            return serialize_keyset(signed, self._cards(connection, current), self._freshness(connection, current))

    def put(self, body: bytes) -> None:
        """Take one signed document.

        Raises: RefusalError 400 (not of our form), 403 (not signed by whom it should be) or 409 (rolled back or
        conflicting).
        """
        try:
            document = parse_document(body)
            with self.database.write() as connection:
                self._put(connection, document)
        except MalformedError:
            raise RefusalError(400, "This is not a document of a keyset.") from None
        except KeysetError:
            raise RefusalError(403, "The signature does not hold, or not here.") from None

    def _put(self, connection: Connection, document: Document) -> None:
        current = roster.current(connection, self.organisation)
        if document.payload_type == labels.TYPE_ROSTER:
            self._put_roster(connection, document, current)
        elif document.payload_type not in (labels.TYPE_CARD, labels.TYPE_FRESHNESS):
            raise MalformedError("another type of document")
        elif current is None:
            raise RefusalError(403, "There is no list of counsellors here yet, so nobody can sign.")
        elif document.payload_type == labels.TYPE_CARD:
            self._put_card(connection, document, current)
        else:
            self._put_freshness(connection, document, current)

    def _put_roster(self, connection: Connection, document: Document, current: Roster | None) -> None:
        new = open_roster(document, roster.pins(self.organisation))
        if new.version < self.organisation.minimum_roster_version:
            raise RefusalError(409, "This roster is older than the oldest that may be used here.")
        if current is not None and new.version <= current.version:
            if new.hash == current.hash:
                return
            raise RefusalError(409, "This roster is not newer than the one in force.")
        roster.replace(connection, new, document)

    def _put_card(self, connection: Connection, document: Document, current: Roster) -> None:
        card = open_card(document, current)
        self._check_week(card.week, ahead=_WEEKS_AHEAD)
        stored = store.read(connection, store.CARD, card.workstation, card.week)
        if stored is None:
            store.put(connection, store.CARD, card.workstation, card.week, serialize_document(document))
        elif parse_card(parse_document(stored).payload).hash != card.hash:
            raise RefusalError(409, "There is another card for this workstation and week.")

    def _put_freshness(self, connection: Connection, document: Document, current: Roster) -> None:
        statement = open_freshness(document, current)
        # A desk's clock may be ahead of this one when the week ends.
        self._check_week(statement.week, ahead=1)
        if (statement.roster_version, statement.roster_hash) != (current.version, current.hash):
            raise RefusalError(409, "This statement names another roster than the one in force.")
        store.put(connection, store.FRESHNESS, statement.workstation, statement.week, serialize_document(document))

    def _check_week(self, week: int, *, ahead: int) -> None:
        this_week = week_number(self.clock())
        if not this_week - 1 <= week <= this_week + ahead:
            raise RefusalError(409, "The week of this document is too long ago, or too far ahead.")

    def _cards(self, connection: Connection, current: Roster) -> list[Document]:
        now = self.clock()
        week = week_number(now)
        weeks = [week - 1] * in_grace(now) + [week, week + 1]
        return [
            parse_document(signed) for signed in store.read_all(connection, store.CARD, list(current.active), weeks)
        ]

    def _freshness(self, connection: Connection, current: Roster) -> list[Document]:
        week = week_number(self.clock())
        latest = {}
        for signed in store.read_all(connection, store.FRESHNESS, list(current.active), [week - 1, week]):
            document = parse_document(signed)
            statement = parse_freshness(document.payload)
            # One that names an earlier roster may ask for the card of somebody who has left since.
            if statement.roster_hash == current.hash:
                latest[statement.workstation] = document
        return list(latest.values())


def expire(connection: Connection, week: int) -> None:
    """Delete cards and statements that nobody needs any more in `week`."""
    store.expire(connection, store.CARD, week - _KEPT_CARD_WEEKS)
    store.expire(connection, store.FRESHNESS, week - 1)
