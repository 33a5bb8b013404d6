"""The small pages beside the forms of a conversation: keep or discard a draft, stay awake, choose language and keys."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from flask import Blueprint, abort, redirect, request, session, url_for
from werkzeug.wrappers import Response

from crypto.week import day_of
from workstation.cases.inbox import Conversation
from workstation.desk.compose import propose
from workstation.desk.failures import is_by_script
from workstation.desk.forms import AnswerForm
from workstation.desk.letterbox import Drawer
from workstation.desk.letters import show_day
from workstation.desk.refused import Form, take_up
from workstation.desk.service import Desk
from workstation.desk.settings import Settings
from workstation.desk.work import Work
from workstation.drafts import ANSWER, HANDOVER, NOTE
from workstation.texts import choose

Page = Response | tuple[str, int]
_DONE: Page = ("", 204)
# Where each form stands on the page of a conversation, and as what it waits there when it was refused.
_PLACES: Final[dict[str, Form]] = {"antwoord": "answer", "zaak": "case", "overdracht": "handover"}


@dataclass(frozen=True, slots=True)
class Drafting:
    """These pages of one desk."""

    desk: Desk
    settings: Settings

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("drafting", __name__)
        place = f"/gesprek/<name>/concept/<any({', '.join(_PLACES)}):place>"
        routes.add_url_rule(place, "keep", self.keep, methods=["POST"])
        routes.add_url_rule(f"{place}/weg", "discard", self.discard, methods=["POST"])
        routes.add_url_rule("/wakker", "stay", self.stay, methods=["POST"])
        routes.add_url_rule("/wakker", "state", self.state)
        routes.add_url_rule("/keuze", "choose", self.choose, methods=["POST"])
        return routes

    def keep(self, name: str, place: str) -> Page:
        """Keep what stands in a form as a draft."""
        with self.desk.work(session.get("token", "")) as work:
            self._open(work, work.find(name) or abort(404), place).keep(request.form, self._today())
        return _DONE if is_by_script() else redirect(_place_of(name, place), 303)

    def discard(self, name: str, place: str) -> Page:
        """Throw the draft of a form away."""
        with self.desk.work(session.get("token", "")) as work:
            self._open(work, work.find(name) or abort(404), place).discard()
            take_up(_PLACES[place], name)
        return redirect(_place_of(name, place), 303)

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
                    self._open(work, found, "antwoord").keep(request.form, self._today())
                # It remembers sentences about the keyset, in the language that was spoken.
                work.checked = (None, None, "")
        keys = {"aan": True, "uit": False}.get(request.form.get("keys", ""), self.settings.keys)
        self.settings.change(request.form.get("language"), keys=keys)
        choose(self.settings.language)
        elsewhere = "roster.show" if "lijst" in request.args else "desk.inbox"
        return redirect(_place_of(name, "antwoord") if name else url_for(elsewhere), 303)

    def _open(self, work: Work, found: Conversation, place: str) -> Drawer:
        if place == "antwoord":
            return open_answer(work, found, self._today())
        return open_note(work, found) if place == "zaak" else open_handover(work, found)

    def _today(self) -> str:
        return day_of(self.desk.clock())


def fill_in(work: Work, found: Conversation, today: str) -> tuple[AnswerForm, str, str]:
    """Return the form of a conversation, with its draft; the day of that draft or ""; and what is wrong with it."""
    drawer = open_answer(work, found, today)
    draft, problem = drawer.read()
    if draft is None:
        return AnswerForm(formdata=None, **drawer.shown), "", problem
    return AnswerForm(formdata=None, **draft.typed), draft.day, problem


def fill_in_case(work: Work, found: Conversation) -> dict[str, object]:
    """Return what stands in the case's form in place of what holds, and `error`.

    That is what was refused, else the draft of a note, with its `day`.
    """
    return _fill_in("case", work.names[found.id], open_note(work, found))


def fill_in_handover(work: Work, found: Conversation) -> dict[str, object]:
    """Return what stands in the form of a hand-over, and `error`.

    That is what was refused, else a draft, with its `day`.
    """
    return _fill_in("handover", work.names[found.id], open_handover(work, found))


def open_answer(work: Work, found: Conversation, today: str) -> Drawer:
    """Return where the draft of a conversation's answer lies."""
    return Drawer(work.keyring, found.id, ANSWER, {"text": "", **asdict(propose(found.agreed, today))})


def open_note(work: Work, found: Conversation) -> Drawer:
    """Return where the draft of a note on a conversation lies."""
    return Drawer(work.keyring, found.id, NOTE, {})


def open_handover(work: Work, found: Conversation) -> Drawer:
    """Return where the draft of a question whether a text may be handed over lies."""
    return Drawer(work.keyring, found.id, HANDOVER, {})


def _fill_in(form: Form, name: str, drawer: Drawer) -> dict[str, object]:
    refused = take_up(form, name)
    if refused is not None:
        return {**refused.typed, "error": refused.error}
    draft, problem = drawer.read()
    return {"error": problem} if draft is None else {**draft.typed, "day": show_day(draft.day)}


def _place_of(name: str, place: str) -> str:
    return url_for("desk.conversation", name=name, _anchor=place)
