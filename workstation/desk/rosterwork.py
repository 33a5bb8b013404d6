"""The page of the list and the keys: what holds, what comes next, and a handout looked at and taken.

Each form is answered with the address of the page, which then says what happened, once. Only the courier's key is
answered with itself: a file, of which no browser keeps a form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from crypto.labels import DEMO_ROOT_KEY
from workstation.ceremony.credential import serialize_credential
from workstation.desk.handouts import Report, drop, look, renew_now, show_offer, take
from workstation.desk.notices import list_notices
from workstation.desk.roster import show_keys, show_list
from workstation.desk.service import Desk
from workstation.desk.standing import holds_credential
from workstation.desk.steps import find_step
from workstation.desk.uploads import DeskRequest
from workstation.desk.work import Work
from workstation.errors import WorkstationError
from workstation.texts import translate as _

Page = str | Response

_CREDENTIAL_NAME: Final = "koerier.key"


@dataclass(frozen=True, slots=True)
class Rosterwork:
    """These pages of one desk."""

    desk: Desk

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("roster", __name__)
        routes.add_url_rule("/lijst", "show", self.show)
        routes.add_url_rule("/lijst/nakijken", "look", self.look, methods=["POST"])
        routes.add_url_rule("/lijst/overnemen", "take", self.take, methods=["POST"])
        routes.add_url_rule("/lijst/weg", "drop", self.drop, methods=["POST"])
        routes.add_url_rule("/lijst/vernieuwen", "renew", self.renew, methods=["POST"])
        routes.add_url_rule("/lijst/koerier", "credential", self.credential, methods=["POST"])
        return routes

    def show(self) -> Page:
        """Show the list, the keys, and what comes next."""
        if not self.desk.is_open(session.get("token", "")):
            return redirect(url_for("desk.inbox"), 303)
        with self.desk.work(session["token"]) as work:
            now = self.desk.clock()
            work.take_in(now)
            told = session.pop("roster", "")
            try:
                offer = show_offer(work, now)
            except WorkstationError as error:
                offer, told = None, told or str(error)
            return render_template(
                "roster.html",
                me=work.keyring.state.me.name,
                demo=work.keyring.state.me.root_key == DEMO_ROOT_KEY,
                on_list=True,
                error=told if isinstance(told, str) else "",
                report=told if isinstance(told, Report) else None,
                notices=list_notices(work, now),
                step=find_step(work, now),
                offer=offer,
                listed=show_list(work),
                keys=show_keys(work, now),
            )

    def look(self) -> Response:
        """Look at the handout that came, and keep it until it is taken."""
        handed = cast("DeskRequest", request).handed

        def act(work: Work) -> None:
            drop(work)
            look(work, b"" if handed is None else handed.read(), self.desk.clock())

        return self._do(act, "uitdeelbestand")

    def take(self) -> Response:
        """Take the handout that was looked at, if a person says that the words are the same."""
        name, compared = request.form.get("name", ""), request.form.get("compared") == "ja"

        def act(work: Work) -> Report:
            return take(work, name, self.desk.clock(), compared=compared)

        return self._do(act, "uitdeelbestand")

    def drop(self) -> Response:
        """Forget the handout that was looked at."""
        return self._do(drop, "overnemen")

    def renew(self) -> Response:
        """Make cards and vouch for the list now."""
        return self._do(lambda work: renew_now(work, self.desk.clock()), "sleutels")

    def credential(self) -> Response:
        """Hand out the courier's key as a file."""
        with self.desk.work(session.get("token", "")) as work:
            credential = work.keyring.state.credential
            if credential is not None and holds_credential(work):
                response = Response(serialize_credential(credential), mimetype="application/octet-stream")
                response.headers.set("Content-Disposition", "attachment", filename=_CREDENTIAL_NAME)
                return response
            session["roster"] = _("Deze werkplek heeft nog geen koerierssleutel. Neem eerst een uitdeelbestand over.")
        return redirect(url_for("roster.show", _anchor="sleutels"), 303)

    def _do(self, act: Callable[[Work], Report | None], anchor: str) -> Response:
        with self.desk.work(session.get("token", "")) as work:
            try:
                told: Report | str = act(work) or ""
            except WorkstationError as error:
                told = str(error)
            if told:
                session["roster"] = told
        # What is told stands on top of the page; what is looked at, at its own place.
        return redirect(url_for("roster.show", _anchor=None if told else anchor), 303)
