"""The pages beside a conversation: change the case, close it, begin an answer, search, pass on what somebody missed.

Each answers a POST with a redirect, so that no browser keeps what was posted; what could not be kept waits in memory
for the next page, and what was written of it is a draft.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

from flask import Blueprint, abort, redirect, request, session, url_for
from werkzeug.wrappers import Response

from crypto.encoding import decode_b64u
from crypto.errors import MalformedError
from crypto.event import Changes
from crypto.week import day_of
from workstation.cases.inbox import Conversation
from workstation.content import load_replies
from workstation.desk.case import Shown, Typed, make_changes, make_closing
from workstation.desk.drafting import open_answer, open_note
from workstation.desk.forms import AnswerForm
from workstation.desk.refused import Refused, put_aside
from workstation.desk.service import Desk
from workstation.desk.work import Work
from workstation.errors import WorkstationError

# Nobody types more into a line; whoever pastes a book finds nothing.
_WORDS_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class Casework:
    """These pages of one desk."""

    desk: Desk

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("casework", __name__)
        routes.add_url_rule("/gesprek/<name>/zaak", "change", self.change, methods=["POST"])
        routes.add_url_rule("/gesprek/<name>/sluiten", "close", self.close, methods=["POST"])
        routes.add_url_rule("/gesprek/<name>/heropenen", "reopen", self.reopen, methods=["POST"])
        routes.add_url_rule("/gesprek/<name>/begin", "begin", self.begin, methods=["POST"])
        routes.add_url_rule("/zoeken", "search", self.search, methods=["POST"])
        routes.add_url_rule("/doorgeven", "pass_on", self.pass_on, methods=["POST"])
        return routes

    def change(self, name: str) -> Response:
        """Change what the team notes about a case; a note that was kept is no draft any more."""
        typed = _read_typed()
        with self.desk.work(session.get("token", "")) as work:
            found = work.find(name) or abort(404)
            try:
                with open_note(work, found).until_taken(request.form, day_of(self.desk.clock())):
                    self._apply(work, found, make_changes(found, typed))
            except WorkstationError as error:
                put_aside("case", name, Refused(asdict(typed), str(error)))
        return _go_to(name)

    def close(self, name: str) -> Response:
        """Close a case, and say until when it is kept."""
        weeks, today = request.form.get("weeks", ""), day_of(self.desk.clock())
        return self._set(name, lambda: make_closing(weeks, today))

    def reopen(self, name: str) -> Response:
        """Open a closed case again."""
        return self._set(name, lambda: Changes(status="active"))

    def _set(self, name: str, make: Callable[[], Changes]) -> Response:
        with self.desk.work(session.get("token", "")) as work:
            try:
                self._apply(work, work.find(name) or abort(404), make())
            except WorkstationError as error:
                put_aside("case", name, Refused({}, str(error)))
        return _go_to(name)

    def _apply(self, work: Work, found: Conversation, changes: Changes | None) -> None:
        if changes is not None:
            work.change(found, changes, self.desk.clock())

    def begin(self, name: str) -> Response:
        """Put the beginning of an answer below what is typed, as a draft."""
        language, _dot, which = request.form.get("reply", "").partition(".")
        with self.desk.work(session.get("token", "")) as work:
            found = work.find(name) or abort(404)
            today = day_of(self.desk.clock())
            typed = AnswerForm().typed()
            reply = load_replies().get(language, {}).get(which)
            if reply is not None:
                typed["text"] = f"{typed['text'].rstrip()}\n\n{reply.text}".strip()
            open_answer(work, found, today).keep(typed, today)
        return redirect(url_for("desk.conversation", name=name, _anchor="antwoord"), 303)

    def search(self) -> Response:
        """Remember what is looked for until it is looked for no more, or the desk is locked."""
        with self.desk.work(session.get("token", "")):
            session["words"] = request.form.get("words", "")[:_WORDS_LENGTH].strip()
        return redirect(url_for("desk.inbox"), 303)

    def pass_on(self) -> Response:
        """Give a colleague's workstation what it missed."""
        with self.desk.work(session.get("token", "")) as work:
            try:
                workstation = decode_b64u(request.form.get("workstation", ""))
            except MalformedError:
                abort(400)
            work.pass_on(workstation, self.desk.clock())
        return redirect(url_for("desk.inbox"), 303)


def _go_to(name: str) -> Response:
    return redirect(url_for("desk.conversation", name=name, _anchor="zaak"), 303)


def _read_typed() -> Typed:
    field, several = request.form.get, request.form.getlist
    shown = None
    if "shown_status" in request.form:
        shown = Shown(
            field("shown_status", ""),
            field("shown_assigned", ""),
            field("shown_due", ""),
            tuple(several("shown_labels")),
        )
    return Typed(
        status=field("status", ""),
        assigned=field("assigned", ""),
        due=field("due", ""),
        labels=tuple(several("labels")),
        label=field("label", ""),
        note=field("note", ""),
        shown=shown,
    )
