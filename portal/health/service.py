"""The rule of health: only this machine may ask, and the answer is one bit. spec: Server, `GET /healthz`."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from portal.database import Database
from portal.errors import RefusalError
from portal.health import store

# A proxy on this machine asks from loopback as well, on behalf of anybody; each of these headers gives it away.
_FORWARDED: Final = frozenset({"forwarded", "via", "x-forwarded-for", "x-real-ip"})


@dataclass(frozen=True)
class Health:
    """Health, as its call sees it."""

    database: Database

    def check(self, visitor: str | None, header_names: Iterable[str]) -> None:
        """Return if the store can be written.

        Raises: RefusalError 404 (asked from elsewhere) or 503 (it cannot).
        """
        if not is_loopback(visitor) or any(name.lower() in _FORWARDED for name in header_names):
            raise RefusalError(404, "There is nothing here.")
        try:
            with self.database.write() as connection:
                store.touch(connection)
        except SQLAlchemyError:
            raise RefusalError(503, "The store cannot be written.") from None


def is_loopback(visitor: str | None) -> bool:
    """Tell whether an address is this machine itself."""
    try:
        return ipaddress.ip_address(visitor or "").is_loopback
    except ValueError:
        return False
