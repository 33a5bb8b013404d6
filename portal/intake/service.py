"""The rule of the intake: the whole list, for the courier's credential only. spec: Server, `GET /api/v1/intake`."""

from dataclasses import dataclass

from portal.admission.service import Admission
from portal.database import Database
from portal.intake import store


@dataclass(frozen=True)
class Intake:
    """The intake, as its call sees it."""

    database: Database
    admission: Admission

    def read(self, authorization: str) -> bytes:
        """Return the sorted addresses, concatenated.

        Raises: RefusalError 401.
        """
        with self.database.read() as connection:
            self.admission.require_courier(connection, authorization)
            return store.addresses(connection)
