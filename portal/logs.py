"""What may be written to the log: which kind of error, and where in the code. Never what it was about.

A visitor's bytes reach an error's text, its arguments and the local variables of its traceback, so none of these is
written.
"""

import logging
import traceback
from pathlib import Path

_HERE = Path(__file__).resolve().parent

log = logging.getLogger("portal")


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
