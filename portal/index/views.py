"""The call /api/v1/index."""

from flask import Blueprint, Response

from portal import answers
from portal.index.service import Publication


def blueprint(publication: Publication) -> Blueprint:
    """Make the route."""
    routes = Blueprint("index", __name__)

    @routes.get("/api/v1/index")
    def index() -> Response:
        return answers.octets(publication.read())

    return routes
