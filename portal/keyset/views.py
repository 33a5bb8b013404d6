"""The two calls at /api/v1/keyset."""

from flask import Blueprint, Response, request

from portal import answers
from portal.keyset.service import Keysets


def blueprint(keysets: Keysets) -> Blueprint:
    """Make the routes."""
    routes = Blueprint("keyset", __name__)

    @routes.get("/api/v1/keyset")
    def read() -> Response:
        return answers.json(keysets.read())

    @routes.put("/api/v1/keyset")
    def put() -> Response:
        keysets.put(request.get_data(cache=False))
        return answers.nothing()

    return routes
