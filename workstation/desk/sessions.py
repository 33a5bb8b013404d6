"""Sessions that live in this process's memory; the cookie holds a random name and nothing else.

A session belongs to one path: that of the locked desk's page, or that of an unlocking. The cookie goes nowhere else.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from flask import Flask, Request
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.wrappers import Response

# One person works here; whoever opens more at a time loses the oldest.
_MOST: Final = 32


class MemorySession(dict[str, Any], SessionMixin):
    """One browser's session, below a path of the desk; "" is that of the locked desk."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.name = secrets.token_urlsafe(32)
        self.path = path


class MemorySessions(SessionInterface):
    """All sessions of this process."""

    def __init__(self, port: int, is_stranger: Callable[[Request], bool]) -> None:
        self._is_stranger = is_stranger
        # Cookies belong to a host, not to a port: two desks on one machine would take each other's.
        self._cookie = f"desk-{port}"
        self._known: OrderedDict[str, MemorySession] = OrderedDict()

    def open_session(self, app: Flask, request: Request) -> SessionMixin:
        """Return the session that the cookie names, or a new one; a stranger gets one that nobody keeps.

        Otherwise any page could push the counsellor's session out, by asking often, or replace its cookie, by a link.
        """
        if self._is_stranger(request):
            return self.make_null_session(app)
        path = request.script_root
        known = self._known.get(request.cookies.get(self._name_cookie(path), ""))
        return known if known is not None and known.path == path else MemorySession(path)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # noqa: ARG002
        """Keep a session that has something in it, and tell the browser its name."""
        assert isinstance(session, MemorySession), "sessions come from open_session"
        if session:
            self._keep(session, response)
        else:
            self._known.pop(session.name, None)
            cookie = self._name_cookie(session.path)
            response.delete_cookie(cookie, path=f"{session.path}/", httponly=True, samesite="Strict")

    def begin(self, path: str, token: str, response: Response) -> None:
        """Begin the session of an unlocking: nothing that was known before the passphrase is part of it."""
        session = MemorySession(path)
        session["token"] = token
        self._keep(session, response)

    def forget(self) -> None:
        """Forget all sessions, those also that a request still has in hand: it would bring its own back."""
        for session in self._known.values():
            session.clear()
        self._known.clear()

    def _keep(self, session: MemorySession, response: Response) -> None:
        self._known[session.name] = session
        self._known.move_to_end(session.name)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        cookie = self._name_cookie(session.path)
        response.set_cookie(cookie, session.name, path=f"{session.path}/", httponly=True, samesite="Strict")

    def _name_cookie(self, path: str) -> str:
        # A browser sends those of the locked desk's page along with those of an unlocking: they need two names.
        return self._cookie if path else f"{self._cookie}-locked"
