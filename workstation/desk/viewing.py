"""The pages of an attachment: look at it as pictures first, and take the file itself only after a warning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, abort, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as Answer

from crypto.attachment import Attachment
from crypto.labels import DEMO_ROOT_KEY
from workstation.desk.enclosed import recognise_enclosed, show_size
from workstation.desk.filenames import show_name
from workstation.desk.forms import DownloadForm
from workstation.desk.service import Desk
from workstation.desk.showing import Showing, Shown
from workstation.desk.work import Work
from workstation.viewing.outcome import GONE, UNPROTECTED

# Most files are there by then, and the page need not load twice.
_PATIENCE_SECONDS: Final = 2.0
# Two decisions, on two pages.
_INSISTING: Final = 2


@dataclass(frozen=True, slots=True)
class Viewing:
    """These pages of one desk."""

    desk: Desk
    shown: Shown

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("viewing", __name__)
        routes.add_url_rule("/bijlage/<name>", "attachment", self.attachment)
        routes.add_url_rule("/bijlage/<name>/bekijken", "begin", self.begin, methods=["POST"])
        routes.add_url_rule("/bijlage/<name>/bekijken", "view", self.view)
        routes.add_url_rule("/bijlage/<name>/blad/<int:place>", "picture", self.picture)
        return routes

    def attachment(self, name: str) -> str | Answer:
        """Ask what is to happen with an attachment."""
        if not self._is_open():
            return redirect(url_for("desk.inbox"), 303)
        with self.desk.work(session["token"]) as work:
            conversation, attachment = work.find_attachment(name) or abort(404)
            is_drawn = recognise_enclosed(work, conversation, attachment) is not None
            described = _describe(work, name, conversation, attachment)
            return render_template("attachment.html", is_drawn=is_drawn, **described)

    def begin(self, name: str) -> Answer:
        """Begin to convert an attachment, after all of it was checked; or hear that somebody insists."""
        showing = None
        with self.desk.work(session.get("token", "")) as work:
            conversation, attachment = work.find_attachment(name) or abort(404)
            kind = recognise_enclosed(work, conversation, attachment) or abort(404)
            insisted = self._hear(name)
            if insisted in {0, _INSISTING}:
                kept = work.collector.attachments
                file = kept.name(conversation, attachment)
                kept.check(file, attachment)
                if self.shown.viewer is not None:
                    pieces = kept.read_pieces(file, attachment)
                    showing = self.shown.begin(name, kind, pieces, insisted=insisted == _INSISTING)
        if showing is not None:
            # Nobody else waits for it.
            showing.wait(_PATIENCE_SECONDS)
        return redirect(url_for("viewing.view", name=name), 303)

    def view(self, name: str) -> str | Answer:
        """Show the pictures, or how far they are, or why there are none."""
        if not self._is_open():
            return redirect(url_for("desk.inbox"), 303)
        showing = self.shown.find(name)
        if showing is None:
            if self.shown.viewer is not None:
                return redirect(url_for("viewing.attachment", name=name), 303)
            showing = Showing(name, end=GONE)
        with self.desk.work(session["token"]) as work:
            conversation, attachment = work.find_attachment(name) or abort(404)
            return render_template("view.html", showing=showing, **_describe(work, name, conversation, attachment))

    def picture(self, name: str, place: int) -> Response:
        """Return one page as a picture of our own making; only while it is shown."""
        if not self._is_open():
            abort(404)
        showing = self.shown.find(name)
        with self.desk.work(session["token"]) as work:
            if work.find_attachment(name) is None:
                # The conversation has ended meanwhile.
                self.shown.forget()
                showing = None
        if showing is None or not 0 <= place < len(showing.pictures):
            abort(404)
        return Response(showing.pictures[place], mimetype="image/png")

    def _hear(self, name: str) -> int:
        """Return how often somebody has insisted on this one, counting this time."""
        showing = self.shown.find(name)
        if "insist" not in request.form or showing is None or showing.end != UNPROTECTED:
            return 0
        showing.insisted += 1
        return showing.insisted

    def _is_open(self) -> bool:
        return self.desk.is_open(session.get("token", ""))


def _describe(work: Work, name: str, conversation: bytes, attachment: Attachment) -> dict[str, object]:
    return {
        "demo": work.keyring.state.me.root_key == DEMO_ROOT_KEY,
        "name": name,
        "title": show_name(attachment.name),
        "size": show_size(attachment.size),
        "back": work.names[conversation],
        "form": DownloadForm(formdata=None),
    }
