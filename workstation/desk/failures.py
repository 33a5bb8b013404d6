"""What the desk answers when something is refused or fails. No answer to a form is a page of its own.

Chromium's session file keeps what was posted to an address that answers it with a page. So a form is always answered
with the address of another page, which says what happened, once; and what was typed is kept as a sealed draft.
"""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Callable
from typing import Final

from flask import Flask, redirect, render_template, request, session, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from workstation.desk.letterbox import is_worth_keeping
from workstation.drafts import KINDS
from workstation.errors import WorkstationError
from workstation.texts import translate as _

Answer = Response | tuple[str, int]
# A form and its slip → whether what was typed is kept now.
Take = Callable[[str, dict[str, str]], bool]
_READING: Final = frozenset({"GET", "HEAD"})
_PIECE_SIZE: Final = 65_536
# What is refused is read so far all the same: as much as the answer's form may bring.
_READ_SIZE: Final = 2**32
_log = logging.getLogger(__name__)


def install(app: Flask, take: Take) -> None:
    """Answer for everything that goes wrong."""

    def refuse(error: HTTPException) -> Answer:
        code = error.code or 500
        text = {
            403: _("Deze pagina is alleen te openen op deze computer, vanuit het bureau zelf."),
            404: _("Deze pagina is er niet (meer). Na het vergrendelen krijgen gesprekken een nieuw adres."),
            413: _("Dit is te lang om te versturen. Verdeel het over meer antwoorden."),
        }.get(code, _("Dit kon niet worden uitgevoerd."))
        # A stranger's page gets no address to go to and no form, and what it posted is not read.
        return (render_template("stranger.html", text=text), code) if code == 403 else _answer(text, code, take)

    def refuse_form(_error: CSRFError) -> Answer:
        return _answer(_("Deze pagina was verlopen, of het bureau was vergrendeld. Er is niets verstuurd."), 400, take)

    def explain(error: WorkstationError) -> Answer:
        return _answer(str(error), 409, take)

    def fail(error: Exception) -> Answer:
        # Where it happened, never what was in hand: an exception's own text may quote a message.
        frames = traceback.extract_tb(error.__traceback__)
        places = " ← ".join(f"{os.path.basename(f.filename)}:{f.lineno}" for f in reversed(frames[-4:]))  # noqa: PTH119
        _log.error("%s at %s", type(error).__name__, places)
        return _answer(_("Er ging iets mis. Wat u had bewaard is er nog. Probeer het opnieuw."), 500, take)

    def show() -> str | Response:
        text = session.pop("told", "")
        return render_template("error.html", text=text) if text else redirect(url_for("desk.inbox"), 303)

    app.register_error_handler(HTTPException, refuse)
    app.register_error_handler(CSRFError, refuse_form)
    app.register_error_handler(WorkstationError, explain)
    app.register_error_handler(Exception, fail)
    app.add_url_rule("/melding", "told", show)


def tell(text: str) -> Response:
    """Answer a form with the page that says this, once."""
    session["told"] = text
    return redirect(url_for("told"), 303)


def is_by_script() -> bool:
    """Say whether the page's script asks: what it gets is no page, and nothing keeps what it posted."""
    return request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"


def _answer(text: str, code: int, take: Take) -> Answer:
    if request.method in _READING:
        return render_template("error.html", text=text), code
    kept = _rescue(take)
    _read_to_the_end()
    if is_by_script():
        return "", 204 if kept else code
    about = {
        True: _("Wat u typte is bewaard als concept. U vindt het terug in het gesprek."),
        False: _("Wat u typte kon niet worden bewaard."),
        None: "",
    }[kept]
    return tell(f"{text} {about}".rstrip())


def _read_to_the_end() -> None:
    """Read what a form still brings, and drop it.

    A browser whose form is answered while it sends shows a broken connection, not our sentence, and keeps the form.
    """
    left = _READ_SIZE
    while left > 0 and (piece := request.environ["wsgi.input"].read(_PIECE_SIZE)):
        left -= len(piece)


def _rescue(take: Take) -> bool | None:
    """Keep what was typed into the form that came; say whether that was possible, None if there was nothing to keep."""
    try:
        form = request.form
    except HTTPException:
        return False
    typed = {name: form.get(name, "") for kind in KINDS for name in kind.fields}
    return take(form.get("slip", ""), typed) if is_worth_keeping(typed) else None
