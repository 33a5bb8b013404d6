"""The small pages beside an answer: keep or throw away a draft, stay awake, choose language and keys."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from flask import Blueprint, abort, redirect, request, session, url_for
from werkzeug.wrappers import Response

from crypto.week import day_of
from workstation.cases.inbox import Conversation
from workstation.desk import letterbox
from workstation.desk.compose import propose
from workstation.desk.failures import is_by_script
from workstation.desk.forms import AnswerForm
from workstation.desk.refused import take_up
from workstation.desk.service import Desk
from workstation.desk.settings import Settings
from workstation.desk.work import Work
from workstation.texts import choose

Page = Response | tuple[str, int]
_DONE: Page = ("", 204)


@dataclass(frozen=True, slots=True)
class Drafting:
    """These pages of one desk."""

    desk: Desk
    settings: Settings

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("drafting", __name__)
        routes.add_url_rule("/gesprek/<name>/concept", "keep", self.keep, methods=["POST"])
        routes.add_url_rule("/gesprek/<name>/concept/weg", "discard", self.discard, methods=["POST"])
        routes.add_url_rule("/wakker", "stay", self.stay, methods=["POST"])
        routes.add_url_rule("/wakker", "state", self.state)
        routes.add_url_rule("/keuze", "choose", self.choose, methods=["POST"])
        return routes

    def keep(self, name: str) -> Page:
        """Keep what stands in the answer's form as a draft."""
        with self.desk.work(session.get("token", "")) as work:
            self._keep(work, work.find(name) or abort(404))
        return _DONE if is_by_script() else redirect(_answer_of(name), 303)

    def discard(self, name: str) -> Page:
        """Throw the draft away."""
        with self.desk.work(session.get("token", "")) as work:
            found = work.find(name) or abort(404)
            letterbox.discard(work.keyring, found.id)
            take_up("answer", name)
        return redirect(_answer_of(name), 303)

    def stay(self) -> Page:
        """Do nothing: that somebody asked has kept the desk awake."""
        return _DONE

    def state(self) -> Page:
        """Say whether the desk is still open, without keeping it so."""
        return _DONE if self.desk.is_open(session.get("token", "")) else ("", 409)

    def choose(self) -> Page:
        """Change language or keys; what was being typed is kept first."""
        name = request.args.get("gesprek", "")
        if self.desk.is_open(session.get("token", "")):
            with self.desk.work(session["token"]) as work:
                found = work.find(name)
                if found is not None and "text" in request.form:
                    self._keep(work, found)
                # It remembers sentences about the keyset, in the language that was spoken.
                work.checked = (None, None, "")
        keys = {"aan": True, "uit": False}.get(request.form.get("keys", ""), self.settings.keys)
        self.settings.change(request.form.get("language"), keys=keys)
        choose(self.settings.language)
        return redirect(_answer_of(name) if name else url_for("desk.inbox"), 303)

    def _keep(self, work: Work, found: Conversation) -> None:
        today = day_of(self.desk.clock())
        letterbox.keep(work.keyring, found.id, AnswerForm().typed(), propose_fields(found, today), today)


def fill_in(work: Work, found: Conversation, today: str) -> tuple[AnswerForm, str, str]:
    """Return the form of a conversation, with its draft; the day of that draft or ""; and what is wrong with it."""
    shown = propose_fields(found, today)
    draft, problem = letterbox.read(work.keyring, found.id, shown)
    if draft is None:
        return AnswerForm(formdata=None, **shown), "", problem
    return AnswerForm(formdata=None, **draft.typed), draft.day, problem


def propose_fields(found: Conversation, today: str) -> dict[str, str]:
    """Return what stands in the answer's form before anybody types."""
    return {"text": "", **asdict(propose(found.agreed, today))}


def _answer_of(name: str) -> str:
    return url_for("desk.conversation", name=name, _anchor="antwoord")
