"""The call /healthz."""

from flask import Blueprint, Response, request

from portal import answers
from portal.health.service import Health


def blueprint(health: Health) -> Blueprint:
    """Make the route."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def check() -> Response:
        health.check(request.remote_addr, request.headers.keys())
        return answers.nothing()

    return routes
