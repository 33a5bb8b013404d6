"""The three calls under /api/v1/blocks; the gate has checked the size of each body."""

from flask import Blueprint, Response, request

from portal import answers
from portal.blocks.service import Blocks


def blueprint(blocks: Blocks) -> Blueprint:
    """Make the routes."""
    routes = Blueprint("blocks", __name__)

    @routes.post("/api/v1/blocks")
    def post() -> Response:
        blocks.post(request.get_data(cache=False), request.headers.get("Authorization", ""))
        return answers.nothing()

    @routes.post("/api/v1/blocks/fetch")
    def fetch() -> Response:
        return answers.octets(blocks.fetch(request.get_data(cache=False)))

    @routes.post("/api/v1/blocks/delete")
    def delete() -> Response:
        blocks.delete(request.get_data(cache=False))
        return answers.nothing()

    return routes
