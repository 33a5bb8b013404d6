"""What is refused from method, path and length alone, and that no body is read before."""

import io

import pytest

from portal import gate
from portal.errors import RefusalError
from tests.portal.helpers import BLOCK, Portal

RECORD = 65_601


class UnreadableBody(io.RawIOBase):
    """A body that fails the test if anybody reads it."""

    def read(self, _size: int = -1) -> bytes:
        raise AssertionError("the body was read")

    def readinto(self, _buffer: object) -> int:
        raise AssertionError("the body was read")


REFUSED = [
    ("POST", "/api/v1/blocks", None, 411),
    ("POST", "/api/v1/blocks", "", 411),
    ("POST", "/api/v1/blocks", "0", 400),
    ("POST", "/api/v1/blocks", "1", 400),
    ("POST", "/api/v1/blocks", str(RECORD - 1), 400),
    ("POST", "/api/v1/blocks", str(RECORD + 1), 400),
    ("POST", "/api/v1/blocks", str(16 * RECORD + 1), 413),
    ("POST", "/api/v1/blocks", str(17 * RECORD), 413),
    ("POST", "/api/v1/blocks", "9" * 20, 413),
    ("POST", "/api/v1/blocks", "9" * 21, 400),
    ("POST", "/api/v1/blocks", "-1", 400),
    ("POST", "/api/v1/blocks", "+1", 400),
    ("POST", "/api/v1/blocks", "1_0", 400),
    ("POST", "/api/v1/blocks", "\u0661", 400),
    ("POST", "/api/v1/blocks/fetch", None, 411),
    ("POST", "/api/v1/blocks/fetch", "127", 400),
    ("POST", "/api/v1/blocks/fetch", "129", 413),
    ("POST", "/api/v1/blocks/delete", None, 411),
    ("POST", "/api/v1/blocks/delete", "1023", 400),
    ("POST", "/api/v1/blocks/delete", "1025", 413),
    ("PUT", "/api/v1/keyset", None, 411),
    ("PUT", "/api/v1/keyset", "0", 400),
    ("PUT", "/api/v1/keyset", str(BLOCK + 1), 413),
    ("GET", "/api/v1/keyset", "1", 413),
    ("GET", "/api/v1/ticket", "1", 413),
    ("GET", "/api/v1/index", "1", 413),
    ("GET", "/api/v1/intake", "1", 413),
    ("GET", "/", "1", 413),
    ("GET", "/api/v1/blocks", None, 405),
    ("PUT", "/api/v1/blocks", "1", 405),
    ("DELETE", "/api/v1/keyset", None, 405),
    ("POST", "/api/v1/index", "1", 405),
    ("OPTIONS", "/api/v1/blocks", None, 405),
    ("TRACE", "/api/v1/index", None, 405),
    ("GET", "/api", None, 404),
    ("GET", "/api/", None, 404),
    ("GET", "/api/v1", None, 404),
    ("GET", "/api/v1/", None, 404),
    ("GET", "/api/v2/keyset", None, 404),
    ("POST", "/api/v2/blocks", "99999999", 404),
    ("GET", "/api/v1/keyset/", None, 404),
    ("GET", "/api/v1/blocks/other", None, 404),
]


@pytest.mark.parametrize(("method", "path", "length", "status"), REFUSED)
def test_a_wrong_request_is_refused_without_reading_it(
    portal: Portal, method: str, path: str, length: str | None, status: int
) -> None:
    """404, 405, 411, 413 or 400, from the request line and the Content-Length alone."""
    environ = {"wsgi.input": UnreadableBody()}
    if length is not None:
        environ["CONTENT_LENGTH"] = length  # type: ignore[assignment]
    answer = portal.client.open(path, method=method, environ_overrides=environ)
    assert answer.status_code == status


@pytest.mark.parametrize("path", ["//", "//api/v1/index", "///api/v1/blocks/fetch"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_call_hides_behind_more_slashes(portal: Portal, method: str, path: str) -> None:
    """Flask takes several slashes at the beginning for one, and would find a call whose size nobody has checked."""
    answer = portal.client.open("/", method=method, environ_overrides={"PATH_INFO": path})
    assert answer.status_code == 404


def test_a_chunked_body_is_refused_without_reading_it(portal: Portal) -> None:
    """A body whose length nobody knows beforehand is 411, with and without a Content-Length beside it."""
    for environ in ({}, {"CONTENT_LENGTH": "128"}):
        answer = portal.client.post(
            "/api/v1/blocks/fetch",
            headers={"Transfer-Encoding": "chunked"},
            environ_overrides={"wsgi.input": UnreadableBody(), **environ},
        )
        assert answer.status_code == 411


def test_the_allowed_sizes_pass() -> None:
    """One to sixteen records, four addresses, sixteen pairs, a document of up to 65,536 bytes."""
    allowed = [("POST", "/api/v1/blocks", count * RECORD) for count in range(1, 17)]
    allowed += [("POST", "/api/v1/blocks/fetch", 128), ("POST", "/api/v1/blocks/delete", 1024)]
    allowed += [("PUT", "/api/v1/keyset", 1), ("PUT", "/api/v1/keyset", BLOCK), ("GET", "/api/v1/index", 0)]
    for method, path, length in allowed:
        gate.check({"REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_LENGTH": str(length)})


def test_another_version_is_told_which_one_is_spoken() -> None:
    """A path of another version is 404 and names version 1."""
    with pytest.raises(RefusalError, match="version 1") as refusal:
        gate.check({"REQUEST_METHOD": "GET", "PATH_INFO": "/api/v7/keyset"})
    assert refusal.value.status == 404


def test_a_wrong_method_is_told_the_right_ones(portal: Portal) -> None:
    """405 carries Allow, for calls and for pages."""
    assert portal.client.delete("/api/v1/keyset").headers["Allow"] == "GET, HEAD, PUT"
    assert set(portal.client.delete("/").headers["Allow"].split(", ")) == {"GET", "HEAD"}
