"""The pages of the desk: parse, call the service, answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from crypto.labels import DEMO_ROOT_KEY
from crypto.week import day_of
from workstation.cases.inbox import Conversation
from workstation.content import load_replies
from workstation.desk.case import KEEP_WEEKS, show_case
from workstation.desk.compose import Extras
from workstation.desk.download import make_download
from workstation.desk.drafting import fill_in, fill_in_case, fill_in_handover, open_answer
from workstation.desk.families import show_family
from workstation.desk.forms import AnswerForm, UnlockForm
from workstation.desk.handovers import show_handovers
from workstation.desk.letters import list_tracks, show_day, show_letters, title
from workstation.desk.listing import count_waiting, list_found, list_missed, list_sections
from workstation.desk.notices import list_notices
from workstation.desk.refused import Refused, forget_gone, put_aside, take_up
from workstation.desk.service import Desk
from workstation.desk.sessions import MemorySessions
from workstation.desk.steps import find_step
from workstation.desk.uploads import DeskRequest
from workstation.desk.work import Work
from workstation.errors import WorkstationError
from workstation.texts import translate as _

Page = str | Response | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Views:
    """The pages of one desk."""

    desk: Desk
    sessions: MemorySessions

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("desk", __name__)
        routes.add_url_rule("/", "inbox", self.inbox)
        routes.add_url_rule("/openen", "unlock", self.unlock, methods=["POST"])
        routes.add_url_rule("/vergrendelen", "lock", self.lock, methods=["POST"])
        routes.add_url_rule("/gesprek/<name>", "conversation", self.conversation)
        routes.add_url_rule("/gesprek/<name>/antwoord", "answer", self.answer, methods=["POST"])
        routes.add_url_rule("/bijlage/<name>", "download", self.download, methods=["POST"])
        return routes

    def inbox(self) -> Page:
        """Show the list, or ask for the passphrase."""
        if not self._is_open():
            error = session.pop("told", "") or self.desk.take_failure()
            return render_template("unlock.html", form=UnlockForm(formdata=None), error=error)
        opening = self.desk.find_opening()
        if opening is not None:
            return render_template("opening.html", opening=opening)
        with self.desk.work(session["token"]) as work:
            work.take_in(self.desk.clock())
            return self._show(work)

    def unlock(self) -> Page:
        """Open the keyring, and go on below a new path, with a new session."""
        form = UnlockForm()
        try:
            token = self.desk.unlock(form.passphrase.data or "")
        except WorkstationError as error:
            session["told"] = str(error)
            return redirect(url_for("desk.inbox"), 303)
        session.clear()
        path = self.desk.path
        response = redirect(f"{path}/", 303)
        self.sessions.begin(path, token, response)
        return response

    def lock(self) -> Page:
        """Forget everything. Whoever has this page open may lock, even where another browser has unlocked.

        What was being typed is sealed afterwards: nothing keeps the desk open.
        """
        self.desk.lock()
        session.clear()
        self.desk.letterbox.take(request.form.get("slip", ""), request.form, day_of(self.desk.clock()))
        return redirect("/", 303)

    def conversation(self, name: str) -> Page:
        """Show one conversation."""
        if not self._is_open():
            return redirect(url_for("desk.inbox"), 303)
        with self.desk.work(session["token"]) as work:
            work.take_in(self.desk.clock())
            found, refused = work.find(name) or abort(404), take_up("answer", name)
            if refused is None:
                return self._show(work, found)
            return self._show(work, found, AnswerForm(formdata=None, **refused.typed), refused.error)

    def answer(self, name: str) -> Page:
        """Seal an answer and the files that came with it."""
        form = AnswerForm()
        uploads = cast("DeskRequest", request).uploads
        with self.desk.work(session.get("token", "")) as work:
            found, today = work.find(name) or abort(404), day_of(self.desk.clock())
            try:
                with open_answer(work, found, today).until_taken(form.typed(), today):
                    staged = () if uploads is None else uploads.take()
                    typed = form.typed()
                    work.answer(found, typed.pop("text"), self.desk.clock(), staged, Extras(**typed))
            except WorkstationError as error:
                # What was typed stays, for an error must never cost anybody their words. It waits in memory for the
                # next page: Chromium's session file keeps what was posted to a page that answers it itself.
                chosen = uploads is not None and uploads.are_there
                again = _("Er is niets verstuurd. Kies uw bestanden opnieuw.") if chosen else ""
                put_aside("answer", name, Refused(form.typed(), f"{error} {again}".rstrip()))
        return redirect(url_for("desk.conversation", name=name, _anchor="antwoord"), 303)

    def download(self, name: str) -> Page:
        """Hand out a readable copy, after all of it was checked."""
        if not self._is_open():
            return redirect(url_for("desk.inbox"), 303)
        token = session["token"]
        with self.desk.work(token) as work:
            conversation, attachment = work.find_attachment(name) or abort(404)
            kept = work.collector.attachments
            file = kept.name(conversation, attachment)
            kept.check(file, attachment)
        return make_download(attachment, self._while_open(token, kept.read_pieces(file, attachment)))

    def _while_open(self, token: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            if not self.desk.is_open(token):
                raise WorkstationError(_("Het bureau is vergrendeld."))
            # A long download is no absence.
            self.desk.touch()
            yield piece

    def _is_open(self) -> bool:
        return self.desk.is_open(session.get("token", ""))

    def _show(
        self, work: Work, conversation: Conversation | None = None, form: AnswerForm | None = None, error: str = ""
    ) -> str:
        me, today = work.keyring.state.me, day_of(self.desk.clock())
        forget_gone(work.names.values())
        words = session.get("words", "")
        draft_day, slip = "", ""
        if conversation is not None:
            slip = self.desk.letterbox.offer(work.keyring, conversation.id)
        if conversation is not None and form is None:
            form, draft_day, error = fill_in(work, conversation, today)
        return render_template(
            "desk.html",
            me=me.name,
            demo=me.root_key == DEMO_ROOT_KEY,
            sections=list_found(work, words, today) if words else list_sections(work, today),
            words=words,
            waiting=count_waiting(work, today),
            missed=list_missed(work),
            notices=list_notices(work, self.desk.clock()),
            step=find_step(work, self.desk.clock()),
            team_words=work.team_words(),
            chosen={} if conversation is None else _describe(work, conversation, today),
            tracks=list_tracks(),
            replies=load_replies(),
            keep_weeks=KEEP_WEEKS,
            unkept={} if conversation is None else fill_in_case(work, conversation),
            asked={} if conversation is None else fill_in_handover(work, conversation),
            refusal=work.refusal,
            form=form,
            slip=slip,
            draft_day=draft_day and show_day(draft_day),
            answering=conversation is not None and not (work.refusal and not error and not draft_day),
            error=error,
        )


def _describe(work: Work, conversation: Conversation, today: str) -> dict[str, object]:
    return {
        "name": work.names[conversation.id],
        "title": title(conversation.id),
        "letters": show_letters(work, conversation, today),
        "case": show_case(work, conversation, today),
        "family": show_family(work, conversation),
        "handovers": show_handovers(work, conversation, today),
    }
