"""One upkeep for one database, however many servers answer from it: two would publish twice as much at a tick.

Who holds the lock does the work; whoever else is there waits to take over. The lock ends with the process or, in
PostgreSQL, with the connection, so nobody has to clean up after a crash.
"""

import fcntl
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from portal.database import Database

# Any number that nobody else uses in this database.
_KEY: Final = 0x7665_7274_726F_7577


@dataclass
class Caretaker:
    """The right to do the upkeep of a database, once it is held."""

    store: Database
    _file: int | None = field(default=None, init=False)
    _connection: Connection | None = field(default=None, init=False)

    def is_on_duty(self) -> bool:
        """Tell whether the right is ours, and take it if nobody has it. Raises: SQLAlchemyError, OSError."""
        if self.store.engine.dialect.name == "sqlite":
            return self._lock_file()
        return self._lock_session()

    def retire(self) -> None:
        """Leave the right to others."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._connection is not None:
            # The lock is the session's, and the session the pool's. One that is lost has lost the lock, too.
            with suppress(SQLAlchemyError):
                self._connection.exec_driver_sql("SELECT pg_advisory_unlock_all()")
            self._connection.close()
            self._connection = None

    def _lock_file(self) -> bool:
        if self._file is not None:
            return True
        path = Path(f"{self.store.engine.url.database}-upkeep")
        file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True

    def _lock_session(self) -> bool:
        try:
            if self._connection is None:
                self._connection = self.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            # Who has it is given it again, and who lost the connection finds out.
            answer = self._connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({_KEY})")
            return bool(answer.scalar_one())
        except BaseException:
            self.retire()
            raise
