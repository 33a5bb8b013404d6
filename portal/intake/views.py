"""The call /api/v1/intake."""

from flask import Blueprint, Response, request

from portal import answers
from portal.intake.service import Intake


def blueprint(intake: Intake) -> Blueprint:
    """Make the route."""
    routes = Blueprint("intake", __name__)

    @routes.get("/api/v1/intake")
    def read() -> Response:
        body = intake.read(request.headers.get("Authorization", ""))
        return answers.octets(body)

    return routes
