"""One set of headers on everything, no cookie on anything, and failures that say nothing."""

import logging
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from portal.app import create_app
from portal.config import Config
from portal.site.headers import HEADERS, complete
from portal.surroundings import surround
from tests.portal.helpers import Portal, Post, held, make_impatient

CANARY = "kanarie-7f3a"

ANSWERS: dict[str, Callable[[Portal], TestResponse]] = {
    "page": lambda p: p.client.get("/"),
    "page of a folder": lambda p: p.client.get("/nl/"),
    "script": lambda p: p.client.get("/main.js"),
    "manifest": lambda p: p.client.get("/manifest.json"),
    "head": lambda p: p.client.head("/"),
    "keyset": lambda p: p.client.get("/api/v1/keyset"),
    "put": lambda p: p.put(p.team.roster_document),
    "ticket": lambda p: p.client.get("/api/v1/ticket"),
    "post": lambda p: p.post(Post()),
    "fetch": lambda p: p.client.post("/api/v1/blocks/fetch", data=bytes(128)),
    "delete": lambda p: p.delete(),
    "index": lambda p: p.client.get("/api/v1/index"),
    "intake": lambda p: p.client.get("/api/v1/intake", headers={"Authorization": p.courier}),
    "health": lambda p: p.client.get("/healthz"),
    "400": lambda p: p.client.post("/api/v1/blocks", data=b"x"),
    "401": lambda p: p.client.get("/api/v1/intake"),
    "403": lambda p: p.post(Post(kind=2)),
    "404 of the site": lambda p: p.client.get("/nope"),
    "404 of a doubled slash": lambda p: p.client.get("/", environ_overrides={"PATH_INFO": "//nl//"}),
    "404 of no path": lambda p: p.client.get("/", environ_overrides={"PATH_INFO": ""}),
    "404 of a page without slash": lambda p: p.client.get("/nl"),
    "404 of the calls": lambda p: p.client.get("/api/v2/index"),
    "405 of the site": lambda p: p.client.post("/"),
    "405 of the calls": lambda p: p.client.get("/api/v1/blocks"),
    "405 of options": lambda p: p.client.options("/"),
    "411": lambda p: p.client.post("/api/v1/blocks/fetch", headers={"Transfer-Encoding": "chunked"}),
    "413": lambda p: p.client.post("/api/v1/blocks/fetch", data=bytes(129)),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_every_answer_carries_the_one_set_of_headers(portal: Portal, answer: Callable[[Portal], TestResponse]) -> None:
    """The same headers on every path and error, nothing beside them but what describes the body."""
    headers = answer(portal).headers
    assert {name: headers.getlist(name) for name in HEADERS} == {name: [value] for name, value in HEADERS.items()}
    assert set(headers.keys()) - set(HEADERS) <= {"Content-Type", "Content-Length", "Allow", "Vary"}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_no_answer_sets_a_cookie_and_no_call_is_compressed(
    portal: Portal, answer: Callable[[Portal], TestResponse]
) -> None:
    """Also when the visitor brings a cookie along, and offers to decompress."""
    portal.client.set_cookie("session", CANARY)
    portal.client.environ_base["HTTP_ACCEPT_ENCODING"] = "gzip, br"
    given = answer(portal)
    assert "Set-Cookie" not in given.headers
    assert ("Content-Encoding" in given.headers) == (
        given.status_code == 200 and not given.request.path.startswith(("/api", "/manifest.json"))
    )


@pytest.mark.parametrize("name", [name for name in ANSWERS if name[:3].isdigit()])
def test_every_refusal_is_one_plain_sentence(portal: Portal, name: str) -> None:
    """Errors are text/plain, of one line, and do not repeat what was asked."""
    answer = ANSWERS[name](portal)
    assert answer.status_code == int(name[:3])
    assert answer.content_type == "text/plain; charset=utf-8"
    assert answer.text.endswith(".\n")
    assert answer.text.count("\n") == 1


def test_the_policy_allows_nothing_but_its_own_files() -> None:
    """The content policy of the design, word by word."""
    assert HEADERS["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; "
        "trusted-types 'none'"
    )


def test_what_the_framework_adds_does_not_get_out() -> None:
    """Only what describes the body passes, and a header of the set cannot be changed from inside."""
    inside = [
        ("Content-Type", "a/b"),
        ("Set-Cookie", "a=b"),
        ("Server", "x/1"),
        ("Location", "/"),
        ("Cache-Control", "public"),
    ]
    assert complete(inside) == [("Content-Type", "a/b"), *HEADERS.items()]


def failing_app(error: Exception) -> Flask:
    """Make an application whose only page fails, with a canary in everything that a log likes to quote."""
    app = Flask("failing", static_folder=None)

    @app.get("/fail")
    def fail() -> str:
        local = CANARY
        raise error from ValueError(local)

    surround(app)
    return app


@pytest.mark.parametrize(
    ("error", "status"),
    [(RuntimeError(CANARY), 500), (OperationalError(CANARY, {"a": CANARY}, ValueError(CANARY)), 503)],
)
@pytest.mark.parametrize("testing", [True, False])
def test_a_failure_says_nothing_of_what_it_was_about(
    caplog: pytest.LogCaptureFixture, error: Exception, status: int, *, testing: bool
) -> None:
    """The visitor gets one sentence, the log a class and a place; neither holds the error's text or locals."""
    app = failing_app(error)
    app.testing = testing
    with caplog.at_level(logging.DEBUG):
        answer = app.test_client().get(f"/fail?q={CANARY}", headers={"X-Canary": CANARY})
    assert answer.status_code == status
    assert {name: answer.headers[name] for name in HEADERS} == dict(HEADERS)
    assert CANARY not in answer.text + caplog.text
    assert type(error).__name__ in caplog.text


def test_a_locked_store_is_said_and_changes_nothing(
    config: Config, portal: Portal, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While somebody else writes for too long, writing calls are 503 and reading ones go on."""
    make_impatient(monkeypatch)
    client = create_app(config, clock=portal.clock).test_client()
    with held(portal):
        refused = portal.post(Post(), authorization=portal.courier, client=client)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert client.get("/api/v1/index").status_code == 200
    assert portal.rows("block") == []
    assert "OperationalError at database.py" in caplog.text
    assert portal.post(Post(), authorization=portal.courier, client=client).status_code == 204


def test_a_store_that_may_only_be_read_is_said_and_changes_nothing(
    config: Config, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a disk that turned read-only, or after a failover: writing calls are 503, reading ones go on."""
    monkeypatch.setattr("portal.database._PRAGMAS", ("PRAGMA query_only = ON",))
    monkeypatch.setattr("portal.database._SETTINGS", ("SET default_transaction_read_only = on",))
    # After a read SQLAlchemy asks PostgreSQL for the right to write, and gets it where it is only not the default.
    client = create_app(config, clock=portal.clock, look=False).test_client()
    refused = portal.post(Post(), authorization=portal.courier, client=client)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert client.get("/healthz").status_code == 503
    assert client.get("/api/v1/index").status_code == 200
    assert portal.rows("block") == []


def test_the_application_has_no_key_for_sessions(config: Config) -> None:
    """Flask cannot make a session without a secret key."""
    assert create_app(config).secret_key is None
