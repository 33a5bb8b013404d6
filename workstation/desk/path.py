"""Below which path an open desk is found: nobody can guess it, and it lasts as long as the unlocking.

A browser sends a cookie to every port of its host, so whoever serves a page on another port of this computer would
receive the one that keeps the desk open. It sends it to no path that it is not for. What is left of such an address, in
a history or a terminal, opens nothing: the cookie is needed too, and both end when the desk is locked.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable
from typing import Any, Final

_PATH: Final = re.compile(r"(/[A-Za-z0-9_-]{22})(/.*)", re.ASCII | re.DOTALL)
_SIZE: Final = 16

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def make_path() -> str:
    """Return a new one, such as "/Zk3…"; 128 bits."""
    return "/" + secrets.token_urlsafe(_SIZE)


class Below:
    """A WSGI application that is found below the path of the present unlocking, and locked everywhere else.

    Flask puts the path before every address that it makes. One from before is taken off too: then the answer is that
    the desk was locked, and not that there is no such page. `read` gives the path that holds for whoever asks; it is
    empty while the desk is locked, and for strangers, who must not learn from an old address whether it still holds.
    """

    def __init__(self, application: Application, read: Callable[[Environ], str]) -> None:
        self._application = application
        self._read = read

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve one request."""
        found = _PATH.fullmatch(environ.get("PATH_INFO", ""))
        if found is not None:
            present = self._read(environ)
            is_present = bool(present) and secrets.compare_digest(found[1].encode(), present.encode())
            environ["SCRIPT_NAME"], environ["PATH_INFO"] = found[1] if is_present else "", found[2]
        return self._application(environ, start_response)
