"""Sessions that live in this process's memory; the cookie holds a random name and nothing else."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin

# One person works here; whoever opens more at a time loses the oldest.
_MOST: Final = 32


class MemorySession(dict[str, Any], SessionMixin):
    """One browser's session."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


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
        return self._known.get(request.cookies.get(self._cookie, "")) or self._begin()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # noqa: ARG002
        """Keep a session that has something in it, and tell the browser its name."""
        assert isinstance(session, MemorySession), "sessions come from open_session"
        if not session:
            self._known.pop(session.name, None)
            response.delete_cookie(self._cookie, httponly=True, samesite="Strict")
            return
        self._known[session.name] = session
        self._known.move_to_end(session.name)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        response.set_cookie(self._cookie, session.name, httponly=True, samesite="Strict")

    def renew(self, session: SessionMixin) -> None:
        """Give a session a new name: what was known before the passphrase is worth nothing after it."""
        assert isinstance(session, MemorySession), "sessions come from open_session"
        self._known.pop(session.name, None)
        session.clear()
        session.name = secrets.token_urlsafe(32)

    def forget(self) -> None:
        """Forget all sessions, those also that a request still has in hand: it would bring its own back."""
        for session in self._known.values():
            session.clear()
        self._known.clear()

    @staticmethod
    def _begin() -> MemorySession:
        return MemorySession(secrets.token_urlsafe(32))
