"""The desk's page as a Flask app. Nothing that it shows, logs or raises outside this process holds plaintext."""

from __future__ import annotations

import os
from typing import Any, Final

from flask import Flask, request, session
from flask_wtf.csrf import CSRFProtect

from crypto.week import day_of
from workstation.clock import Clock, Timer, read_elapsed
from workstation.content import ROOT
from workstation.desk import failures, guard, uploads
from workstation.desk.casework import Casework
from workstation.desk.drafting import Drafting
from workstation.desk.handovers import Handovers
from workstation.desk.path import Below
from workstation.desk.rosterwork import Rosterwork
from workstation.desk.service import Desk, Place
from workstation.desk.sessions import MemorySessions
from workstation.desk.settings import Settings
from workstation.desk.showing import Shown
from workstation.desk.viewing import Viewing
from workstation.desk.views import Views
from workstation.texts import LANGUAGES, choose, translate, translate_plural
from workstation.viewing.viewer import Viewer

# Ten times the longest answer with its summary: then the page says that it is too long, and the words stay.
_BODY_SIZE: Final = 4_000_000
_TEMPLATES: Final = ROOT / "templates" / "desk"
# Asked by a page, not by a person.
_UNTOUCHING: Final = frozenset({"drafting.state", "static"})


def create_app(place: Place, clock: Clock, timer: Timer = read_elapsed, viewer: Viewer | None = None) -> Flask:
    """Return the app of one desk, locked; the desk itself is its extension `desk`.

    Without a viewer no attachment can be looked at; files can still be taken.
    """
    app = Flask(__name__, template_folder=str(_TEMPLATES), static_folder=str(_TEMPLATES / "static"))
    app.config.update(
        SECRET_KEY=os.urandom(32),
        MAX_CONTENT_LENGTH=_BODY_SIZE,
        MAX_FORM_MEMORY_SIZE=_BODY_SIZE,
        # The token lasts as long as the session, and the session as long as the desk is open.
        WTF_CSRF_TIME_LIMIT=None,
        TEMPLATES_AUTO_RELOAD=False,
    )
    sessions = MemorySessions(place.port, lambda asked: guard.is_stranger(asked, place.port))
    app.session_interface = sessions
    shown = Shown(viewer)

    def forget() -> None:
        sessions.forget()
        shown.forget()

    desk = Desk(place, clock, timer, forget)
    app.extensions["desk"] = desk
    app.wsgi_app = Below(  # type: ignore[method-assign]
        app.wsgi_app,
        lambda environ: "" if guard.is_stranger(app.request_class(environ), place.port) else desk.path,
    )
    settings = Settings.load(place.folder / "desk.json", place.language)
    _speak(app, settings)
    guard.install(app, place.port)
    _look_after(app, desk, settings)
    # In this order: a stranger's request is refused unread, and a form is parsed before its token can be judged.
    uploads.install(app, place.folder / "attachments", lambda: desk.is_open(session.get("token", "")))
    # Locking needs no token: the guard keeps other pages away, and a page that has expired must still lock.
    CSRFProtect(app).exempt(f"{Views.__module__}.{Views.lock.__name__}")
    app.register_blueprint(Views(desk, sessions).blueprint())
    app.register_blueprint(Viewing(desk, shown).blueprint())
    app.register_blueprint(Drafting(desk, settings).blueprint())
    app.register_blueprint(Casework(desk).blueprint())
    app.register_blueprint(Handovers(desk).blueprint())
    app.register_blueprint(Rosterwork(desk).blueprint())
    failures.install(app, lambda slip, typed: desk.letterbox.take(slip, typed, day_of(clock())))
    return app


def _speak(app: Flask, settings: Settings) -> None:
    """Speak the chosen language in every request, the refused ones included."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    install = app.jinja_env.install_gettext_callables  # type: ignore[attr-defined]
    install(translate, translate_plural, newstyle=True)
    app.before_request(lambda: choose(settings.language))


def _look_after(app: Flask, desk: Desk, settings: Settings) -> None:
    """Lock a desk that was left alone, and give every page what its frame needs."""

    def look() -> None:
        desk.lock_if_idle()
        if request.endpoint not in _UNTOUCHING and desk.is_open(session.get("token", "")):
            desk.touch()

    def frame() -> dict[str, Any]:
        return {
            "language": LANGUAGES[settings.language],
            "is_open": desk.is_open(session.get("token", "")),
            "idle_seconds": desk.place.idle_seconds,
            "keys": settings.keys,
        }

    app.before_request(look)
    app.context_processor(frame)
