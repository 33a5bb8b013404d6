"""The call /api/v1/ticket."""

from flask import Blueprint, Response

from portal import answers
from portal.ticket.service import Tickets


def blueprint(tickets: Tickets) -> Blueprint:
    """Make the route."""
    routes = Blueprint("ticket", __name__)

    @routes.get("/api/v1/ticket")
    def issue() -> Response:
        return answers.json(tickets.issue())

    return routes
