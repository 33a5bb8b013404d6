"""The intake. spec: Server."""

import pytest

from crypto.encoding import encode_b64u
from tests.portal.helpers import Portal, Post

# In this process, and by several workers.
pytestmark = pytest.mark.served


def test_the_intake_lists_heads_and_replies_sorted(portal: Portal) -> None:
    """Everything but chunks, in the order of the addresses."""
    posts = [Post(kind=kind) for kind in (2, 1, 0, 1, 2, 1, 0)]
    portal.post(*posts, authorization=portal.courier)
    answer = portal.client.get("/api/v1/intake", headers={"Authorization": portal.courier})
    assert (answer.status_code, answer.content_type) == (200, "application/octet-stream")
    assert answer.data == b"".join(sorted(post.address for post in posts if post.kind != 0))


def test_an_empty_intake_is_empty(portal: Portal) -> None:
    """No blocks, no bytes."""
    assert portal.client.get("/api/v1/intake", headers={"Authorization": portal.courier}).data == b""


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Courier",
        "Courier ",
        "Courier " + encode_b64u(b"x" * 32),
        "Courier " + encode_b64u(b"x" * 31),
        "Courier not base64",
        "Courier \u00e9",
        "Basic Zm9vOmJhcg",
    ],
)
def test_without_the_credential_there_is_no_intake(portal: Portal, authorization: str) -> None:
    """Nothing, something malformed and another credential are all 401."""
    portal.post(Post())
    answer = portal.client.get("/api/v1/intake", headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert answer.content_type == "text/plain; charset=utf-8"


def test_a_ticket_opens_no_intake(portal: Portal) -> None:
    """Work earns the right to post, not to list."""
    assert portal.client.get("/api/v1/intake", headers={"Authorization": portal.ticket()}).status_code == 401


def test_without_a_roster_nobody_is_the_courier(empty: Portal) -> None:
    """Before the first roster no credential holds, for the intake nor for posting."""
    assert empty.client.get("/api/v1/intake", headers={"Authorization": empty.courier}).status_code == 401
    assert empty.post(Post(), authorization=empty.courier).status_code == 401
    assert empty.rows("block") == []
