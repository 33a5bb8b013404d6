"""What may be written to the log: which kind of error, and where in the code. Never what it was about.

A visitor's bytes reach an error's text, its arguments and the local variables of its traceback, so none of these is
written. Libraries do write them: a pool that loses its connection logs the error of the statement before, with the row
that it was to store. So of their words nothing but their names comes through.
"""

import logging
import sys
import traceback
from pathlib import Path

_HERE = Path(__file__).resolve().parent

log = logging.getLogger("portal")


class PlainFormatter(logging.Formatter):
    """Write our own sentences; of anybody else's only who says something, how grave it is, and the kind of error."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s [%(process)d] %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        error = record.exc_info[1] if record.exc_info else None
        said = record.getMessage() if record.name == log.name else f"{record.name} says {record.levelname}"
        plain = logging.makeLogRecord({"created": record.created, "process": record.process})
        plain.msg = f"{said}: {describe(error)}" if error is not None else said
        return super().format(plain)


def begin() -> None:
    """Write what this process logs to standard error; of libraries only warnings and worse."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PlainFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    log.setLevel(logging.INFO)


def describe(error: BaseException) -> str:
    """Name the kind of an error and the innermost line of our own code that it passed."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(_HERE)] or frames
    if not own:
        return type(error).__name__
    place = own[-1]
    return f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}"


def report(what: str, error: BaseException) -> None:
    """Write that `what`, a fixed sentence, happened because of `error`."""
    log.error("%s: %s", what, describe(error))
