"""Read an Authorization header as a claim, and admit the claim or refuse it."""

import hmac
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from crypto.encoding import decode_b64u, digest
from crypto.errors import MalformedError
from portal import proof
from portal.admission import store
from portal.clock import Clock
from portal.config import Organisation, Ticket
from portal.errors import RefusalError
from portal.proof import Proof
from portal.roster import service as roster

_NEEDED: Final = "This call needs a ticket or the courier's credential."
_NO_COURIER: Final = "The courier's credential is not the one in the roster."
_USED_UP: Final = "This ticket is used up; ask for another at /api/v1/ticket."


@dataclass(frozen=True)
class Courier:
    """Somebody shows a credential of which this is the hash."""

    credential_hash: bytes


Claim = Courier | Proof


@dataclass(frozen=True)
class Admission:
    """Who may do what only a team, or only somebody who worked for it, may do."""

    organisation: Organisation
    ticket: Ticket
    clock: Clock

    def read(self, authorization: str) -> Claim:
        """Read what an Authorization header claims; a ticket is checked here, since that takes time and no database.

        Raises: RefusalError 401.
        """
        scheme, _, text = authorization.partition(" ")
        if scheme == "Courier":
            return _read_courier(text)
        if scheme == "Ticket":
            return proof.verify(self.ticket, text, self.clock())
        raise RefusalError(401, _NEEDED)

    def admit(self, connection: Connection, claim: Claim) -> None:
        """Admit a claim, or refuse it; a ticket is used once more.

        Raises: RefusalError 401.
        """
        if isinstance(claim, Courier):
            self._admit_courier(connection, claim)
        elif not store.spend(connection, claim, self.ticket.posts_per_ticket):
            raise RefusalError(401, _USED_UP)

    def require_courier(self, connection: Connection, authorization: str) -> None:
        """Admit only the courier's credential.

        Raises: RefusalError 401.
        """
        scheme, _, text = authorization.partition(" ")
        if scheme != "Courier":
            raise RefusalError(401, "This call needs the courier's credential.")
        self._admit_courier(connection, _read_courier(text))

    def _admit_courier(self, connection: Connection, claim: Courier) -> None:
        current = roster.current(connection, self.organisation)
        # Without a roster nobody is the team yet; comparing in constant time keeps the hash from being guessed byte
        # by byte.
        if current is None or not hmac.compare_digest(claim.credential_hash, current.credential):
            raise RefusalError(401, _NO_COURIER)


def _read_courier(text: str) -> Courier:
    try:
        return Courier(digest(decode_b64u(text)))
    except MalformedError:
        raise RefusalError(401, _NO_COURIER) from None
