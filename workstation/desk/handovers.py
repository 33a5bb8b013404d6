"""Handing over with consent: ask the reporter, and give out exactly what they agreed to."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, abort, redirect, request, session, url_for
from werkzeug.wrappers import Response as Answer

from crypto import consent
from crypto.body import PROPOSED_SIZE, check_sized
from crypto.consent import Proposal
from crypto.encoding import check_day, check_name, check_text
from crypto.errors import MalformedError
from crypto.week import day_of
from workstation.cases.handover import Handover, Standing, list_handovers
from workstation.cases.inbox import Conversation
from workstation.desk.drafting import open_handover
from workstation.desk.letters import show_author, show_day
from workstation.desk.refused import Refused, put_aside
from workstation.desk.service import Desk
from workstation.desk.work import Work
from workstation.drafts import HANDOVER
from workstation.errors import WorkstationError
from workstation.handover.package import Leaving, make_package
from workstation.texts import translate as _


@dataclass(frozen=True, slots=True)
class HandoverShown:
    """A proposal in words. `link` names it on the page; `leaves` is true where the text may be saved now."""

    link: str
    who: str
    day: str
    recipient: str
    until: str
    text: str
    standing: Standing
    leaves: bool


@dataclass(frozen=True, slots=True)
class Handovers:
    """These pages of one desk."""

    desk: Desk

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("handovers", __name__)
        routes.add_url_rule("/gesprek/<name>/overdracht", "ask", self.ask, methods=["POST"])
        routes.add_url_rule("/gesprek/<name>/overdracht/<which>", "save", self.save, methods=["POST"])
        return routes

    def ask(self, name: str) -> Answer:
        """Ask the reporter to agree."""
        typed = {field: request.form.get(field, "") for field in HANDOVER.fields}
        with self.desk.work(session.get("token", "")) as work:
            found, today = work.find(name) or abort(404), day_of(self.desk.clock())
            try:
                with open_handover(work, found).until_taken(typed, today):
                    work.propose(found, make_proposal(typed, today), self.desk.clock())
            except WorkstationError as error:
                put_aside("handover", name, Refused(typed, str(error)))
        return redirect(url_for("desk.conversation", name=name, _anchor="overdracht"), 303)

    def save(self, name: str, which: str) -> Answer:
        """Hand out the file, if the reporter has agreed to exactly this and it is not too late."""
        today = day_of(self.desk.clock())
        with self.desk.work(session.get("token", "")) as work:
            found = work.find(name) or abort(404)
            chosen = next((h for h in list_handovers(found.messages, today) if h.id.hex() == which), None) or abort(404)
            # Asked again here, whatever the page showed.
            if not chosen.may_leave or chosen.consent is None:
                abort(403)
            state = work.keyring.state
            leaving = Leaving(chosen.text, chosen.consent, state.me.name, today)
            data = make_package(leaving, state.signing)
        return Response(
            data,
            mimetype="application/zip",
            headers={"Content-Disposition": 'attachment; filename="overdracht.zip"'},
        )


def make_proposal(typed: dict[str, str], today: str) -> Proposal:
    """Return what a counsellor filled in as a proposal. Raises WorkstationError."""
    recipient, until = " ".join(typed["recipient"].split()), typed["until"].strip()
    text = typed["passage"].replace("\r\n", "\n").replace("\r", "\n").strip()
    try:
        check_name(recipient)
    except MalformedError:
        raise WorkstationError(_("Vul in voor wie de tekst is, in hoogstens tachtig tekens.")) from None
    try:
        check_day(until)
    except MalformedError:
        raise WorkstationError(_("Kies tot wanneer de tekst mag worden overgedragen.")) from None
    if until < today:
        raise WorkstationError(_("Die dag is voorbij. Kies een andere."))
    try:
        check_sized(check_text(text), 1, PROPOSED_SIZE)
    except MalformedError:
        raise WorkstationError(_("Schrijf de tekst die wordt overgedragen, hoogstens zes bladzijden.")) from None
    return Proposal(consent.HANDOVER, recipient, text, until)


def show_handovers(work: Work, conversation: Conversation, today: str) -> list[HandoverShown]:
    """Return what was asked in a conversation, in words."""
    return [_show(work, each) for each in list_handovers(conversation.messages, today)]


def _show(work: Work, handover: Handover) -> HandoverShown:
    return HandoverShown(
        link=handover.id.hex(),
        who=show_author(work, handover.author),
        day=show_day(handover.day),
        recipient=handover.proposal.recipient,
        until=show_day(handover.proposal.until),
        text=handover.text,
        standing=handover.standing,
        leaves=handover.may_leave,
    )
