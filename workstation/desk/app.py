"""The desk's page as a Flask app. Nothing that it shows, logs or raises outside this process holds plaintext."""

from __future__ import annotations

import logging
import os
import traceback
from typing import Final

from flask import Flask, render_template, session
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from workstation.clock import Clock
from workstation.content import ROOT
from workstation.desk import guard, uploads
from workstation.desk.service import Desk, Place
from workstation.desk.sessions import MemorySessions
from workstation.desk.views import Views
from workstation.errors import WorkstationError
from workstation.texts import LANGUAGE_VARIABLE, load
from workstation.texts import translate as _

# The longest answer with its summary, and somewhat more: then the page says that it is too long, and the words stay.
_BODY_SIZE: Final = 450_000
_TEMPLATES: Final = ROOT / "templates" / "desk"
_log = logging.getLogger(__name__)


def create_app(place: Place, clock: Clock) -> Flask:
    """Return the app of one desk, locked."""
    app = Flask(__name__, template_folder=str(_TEMPLATES), static_folder=str(_TEMPLATES / "static"))
    app.config.update(
        SECRET_KEY=os.urandom(32),
        MAX_CONTENT_LENGTH=_BODY_SIZE,
        MAX_FORM_MEMORY_SIZE=_BODY_SIZE,
        # The token lasts as long as the session, and the session as long as the desk is open.
        WTF_CSRF_TIME_LIMIT=None,
        TEMPLATES_AUTO_RELOAD=False,
    )
    language = os.environ.get(LANGUAGE_VARIABLE, "nl")
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_translations(load(language), newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals["language"] = language
    guard.install(app, place.port)
    desk = Desk(place, clock)
    sessions = MemorySessions(place.port)
    app.session_interface = sessions
    # In this order: a stranger's request is refused unread, and a form is parsed before its token can be judged.
    uploads.install(app, place.folder / "attachments", lambda: desk.is_open(session.get("token", "")))
    CSRFProtect(app)
    app.register_blueprint(Views(desk, sessions).blueprint())
    _handle_errors(app)
    return app


def _handle_errors(app: Flask) -> None:
    def refuse(error: HTTPException) -> Response | tuple[str, int]:
        text = {
            403: _("Deze pagina is alleen te openen op deze computer, vanuit het bureau zelf."),
            404: _("Deze pagina is er niet (meer). Na het vergrendelen krijgen gesprekken een nieuw adres."),
            413: _("Dit is te lang om te versturen. Verdeel het over meer antwoorden."),
        }.get(error.code or 500, _("Dit kon niet worden uitgevoerd."))
        return render_template("error.html", text=text), error.code or 500

    def refuse_form(_error: CSRFError) -> tuple[str, int]:
        text = _("Deze pagina was verlopen. Er is niets verstuurd. Ga terug en laad de pagina opnieuw.")
        return render_template("error.html", text=text), 400

    def explain(error: WorkstationError) -> tuple[str, int]:
        return render_template("error.html", text=str(error)), 409

    def fail(error: Exception) -> tuple[str, int]:
        # Where it happened, never what was in hand: an exception's own text may quote a message.
        frames = traceback.extract_tb(error.__traceback__)
        places = " ← ".join(f"{os.path.basename(f.filename)}:{f.lineno}" for f in reversed(frames[-4:]))  # noqa: PTH119
        _log.error("%s at %s", type(error).__name__, places)
        text = _("Er ging iets mis. Wat u had bewaard is er nog. Ga terug en probeer het opnieuw.")
        return render_template("error.html", text=text), 500

    app.register_error_handler(HTTPException, refuse)
    app.register_error_handler(CSRFError, refuse_form)
    app.register_error_handler(WorkstationError, explain)
    app.register_error_handler(Exception, fail)
