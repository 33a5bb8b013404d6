"""`python -m portal verify`: a site that sends something else than was built is found out, in plain words."""

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import brotli
import httpx
import pytest
from flask import Flask
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from portal.app import create_app
from portal.cli import main
from portal.config import Config
from portal.site import manifest, remote, verify
from portal.site.manifest import Manifest
from portal.site.remote import Site
from tests.portal.servers import ROOT, Server, free_port, set_up, stop
from tests.world import Team

pytestmark = [pytest.mark.slow, pytest.mark.only("sqlite")]

Change = Callable[[Request, Response], None]


def nothing(_request: Request, _response: Response) -> None:
    """Change nothing: the honest site."""


@dataclass
class Tampering:
    """The real application behind somebody who may change every answer on its way out."""

    inner: Flask
    change: Change = nothing

    def __call__(self, environ: dict[str, object], start_response: Callable[..., object]) -> object:
        answer = Response.from_app(self.inner, environ, buffered=True)
        self.change(Request(environ), answer)
        return answer(environ, start_response)


@dataclass
class Running:
    """A site on this machine, the release that it was started with, and its tampering."""

    url: str
    release: Path
    site: Tampering

    def verify(self, *options: str) -> int:
        return main(["verify", self.url, *(options or ("--release", str(self.release)))])


@pytest.fixture
def running(config: Config) -> Iterator[Running]:
    """Serve the real application on a port of this machine."""
    site = Tampering(create_app(config))
    server = make_server("127.0.0.1", 0, site, threaded=True)  # type: ignore[arg-type]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Running(f"http://127.0.0.1:{server.port}", config.site.release, site)
    server.shutdown()
    server.server_close()


@pytest.fixture
def built(release: Path) -> Manifest:
    """Read the manifest of the release."""
    return manifest.load(release / manifest.NAME)


def test_the_release_that_was_built_is_recognised(running: Running, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 0 and one sentence, by folder as well as by manifest alone, with or without a closing `/`."""
    sentence = f"{running.url} is the release that was built for 2026-11-21, in every byte and every header.\n"
    assert running.verify() == 0
    assert capsys.readouterr() == (sentence, "")
    running.url += "/"
    assert running.verify("--manifest", str(running.release / "manifest.json")) == 0
    assert capsys.readouterr() == (sentence, "")


@pytest.mark.slow
def test_the_real_server_serves_what_was_built(
    tmp_path: Path, release: Path, team: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    """Compare gunicorn, as the operator starts it, with the release that the configuration names."""
    server: Server = set_up(tmp_path, release, team)
    try:
        assert main(["verify", server.url, "--config", str(tmp_path / "config.toml")]) == 0
        assert "in every byte and every header" in capsys.readouterr().out
    finally:
        stop(server)


def for_path(path: str, change: Callable[[Response], None], encoding: str | None = None) -> Change:
    """Change what is sent for one path, and in one encoding only."""

    def apply(request: Request, response: Response) -> None:
        if request.path == path and response.headers.get("Content-Encoding") == encoding:
            change(response)

    return apply


def change_a_byte(response: Response) -> None:
    response.data = response.data[:-2] + b"!\n"


def add_script(response: Response) -> None:
    response.data = brotli.compress(b"export {}; steal()\n")


def redirect(response: Response) -> None:
    response.status_code = 302
    response.headers["Location"] = "https://a.example/"


def lose(response: Response) -> None:
    response.status_code = 404


def set_cookie(response: Response) -> None:
    response.set_cookie("visitor", "4711")


def weaken(response: Response) -> None:
    response.headers["X-Frame-Options"] = "SAMEORIGIN"


def drop(response: Response) -> None:
    del response.headers["Referrer-Policy"]


def repeat(response: Response) -> None:
    response.headers.add("Cache-Control", "public")


TAMPERINGS: list[tuple[Change, list[str]]] = [
    (for_path("/main.js", change_a_byte), ["The content is not what was built. At: /main.js."]),
    (
        for_path("/main.js", change_a_byte, "gzip"),
        ["The content is not what was built. At: /main.js (compressed: gzip)."],
    ),
    (for_path("/main.js", add_script, "br"), ["The content is not what was built. At: /main.js (compressed: br)."]),
    (for_path("/nl/", lose), ["The answer has status 404; it must be 200. At: /nl/."]),
    (
        for_path("/nl/", redirect, "gzip"),
        [
            (
                "The answer has status 302, which sends visitors on to “https://a.example/”; it must be 200. "
                "At: /nl/ (compressed: gzip)."
            )
        ],
    ),
    (
        for_path("/", set_cookie, "br"),
        ["The header “set-cookie” does not belong there; it says “visitor=4711; Path=/”. At: / (compressed: br)."],
    ),
    (for_path("/", weaken), ["The header x-frame-options says “SAMEORIGIN”; it must say “DENY”. At: /."]),
    (
        for_path("/", repeat),
        ["The header cache-control says “no-store, public”; it must say “no-store”. At: /."],
    ),
    (
        for_path("/deze-pagina-bestaat-niet", drop),
        ["The header referrer-policy is missing; it must say “no-referrer”. At: /deze-pagina-bestaat-niet."],
    ),
    (
        for_path("/api/v1/index", set_cookie),
        ["The header “set-cookie” does not belong there; it says “visitor=4711; Path=/”. At: /api/v1/index."],
    ),
    (for_path("/manifest.json", change_a_byte), ["The content is not what was built. At: /manifest.json."]),
]


@pytest.mark.parametrize(("change", "sentences"), TAMPERINGS)
def test_whatever_is_changed_on_the_way_is_named(
    running: Running, capsys: pytest.CaptureFixture[str], change: Change, sentences: list[str]
) -> None:
    """One byte, one header, one form of one file: the sentence says which, and the status is 1."""
    running.site.change = change
    assert running.verify() == 1
    assert capsys.readouterr().out.splitlines() == sentences


def test_a_site_that_is_the_same_costs_one_sentence(running: Running) -> None:
    """As a command of its own: no line about each request hides what the layman has to read."""
    command = [sys.executable, "-m", "portal", "verify", running.url, "--release", str(running.release)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, len(done.stdout.splitlines())) == (0, "", 1)


def test_what_is_wrong_everywhere_is_said_once(running: Running, capsys: pytest.CaptureFixture[str]) -> None:
    """A header on every answer is one sentence with the first places, not a hundred sentences."""

    def change(_request: Request, response: Response) -> None:
        response.headers["X-Cache"] = "HIT"

    running.site.change = change
    assert running.verify() == 1
    (sentence,) = capsys.readouterr().out.splitlines()
    assert sentence.startswith("The header “x-cache” does not belong there; it says “HIT”. At: /manifest.json, ")
    assert sentence.endswith(", and 8 more.")


def test_another_day_is_explained(
    running: Running, release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A release of the same source for another day has other telephone numbers: the sentence says how to compare."""
    shutil.copytree(release, tmp_path / "mine")
    (tmp_path / "mine" / "manifest.json").unlink()
    manifest.write(tmp_path / "mine", date(2026, 11, 24))
    assert running.verify("--release", str(tmp_path / "mine")) == 1
    assert "build yours with `--on 2026-11-21` and compare again" in capsys.readouterr().out


def test_what_could_not_be_checked_is_no_difference(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody answers, no address, no release, a damaged manifest: status 2 and one sentence."""
    nobody = f"http://127.0.0.1:{free_port()}"
    (tmp_path / "damaged.json").write_text("{}")
    for arguments, sentence in (
        ([nobody, "--release", str(release)], f"{nobody}/manifest.json does not answer"),
        (["meldpunt.example", "--release", str(release)], "not the address of a site"),
        (["https://[::", "--release", str(release)], "not the address of a site"),
        (["https://a.example/nl/", "--release", str(release)], "not the address of a site"),
        ([nobody, "--release", str(tmp_path)], "run `python -m portal build`"),
        ([nobody, "--manifest", str(tmp_path / "damaged.json")], "is damaged"),
        ([nobody, "--config", str(tmp_path / "config.toml")], "config.toml does not exist"),
    ):
        assert main(["verify", *arguments]) == 2
        out, error = capsys.readouterr()
        assert out == ""
        assert error.startswith("portal: ")
        assert sentence in error
        assert error.count("\n") == 1


def test_a_site_that_falls_silent_halfway_is_not_equal(running: Running, capsys: pytest.CaptureFixture[str]) -> None:
    """What was found until then is told; with nothing found the status is 2, never 0."""

    def cut(request: Request, response: Response) -> None:
        if request.path == "/nl/":
            response.headers["Content-Length"] = "9999"

    running.site.change = cut
    assert running.verify() == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert "/nl/ does not answer" in error
    running.site.change = lambda request, response: (
        cut(request, response),
        for_path("/", weaken)(request, response),
    )[1]
    assert running.verify() == 1
    assert "SAMEORIGIN" in capsys.readouterr().out


def test_an_answer_without_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is cut off by its size and by its time; then it equals nothing that was built."""

    def drip() -> Iterator[bytes]:
        while True:
            yield bytes(2**20)

    with Site("http://a.example", transport=httpx.MockTransport(lambda _: httpx.Response(200, content=drip()))) as site:
        assert len(site.ask("http://a.example/").body) == 17 * 2**20
        monkeypatch.setattr(remote, "_DEADLINE_SECONDS", -1)
        assert len(site.ask("http://a.example/").body) == 2**20


@pytest.mark.parametrize(
    ("status", "location", "accepted"),
    [
        (301, "https://a.example/", True),
        (308, "https://a.example/nl/", True),
        (None, "", True),
        (200, "", False),
        (301, "https://b.example/", False),
        (301, "http://a.example/nl/", False),
        (301, "https://a.example", True),
        (301, "https://a.example.b.example/", False),
        (301, "https://[", False),
        (404, "", False),
    ],
)
def test_without_encryption_a_site_only_points_to_itself(
    built: Manifest, status: int | None, location: str, *, accepted: bool
) -> None:
    """http:// may point to the same host with https, or not answer; nothing else."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.scheme == "https":
            return httpx.Response(200, content=iter([b""]))
        if status is None:
            raise httpx.ConnectError("refused")
        return httpx.Response(status, headers={"Location": location} if location else {}, content=iter([b""]))

    with Site("https://a.example", transport=httpx.MockTransport(answer)) as site:
        found = [each for each in verify.compare(site, built) if each.where == "http://a.example/"]
    assert (found == []) == accepted


def test_what_a_site_says_does_not_reach_the_terminal_raw(built: Manifest) -> None:
    """A header may hold what a terminal obeys, or be endless; it is shown as one short line."""
    evil = {"X-Evil": f"\x1b[2J{'a' * 999}", "Location": "https://\x1b[31m"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=evil, content=iter([b""])))
    with Site("http://a.example", transport=transport) as site:
        sentences = verify.tell(verify.compare(site, built))
    assert all(sentence.isprintable() for sentence in sentences)
    assert any("“?[2Jaaa" in sentence and "aaa…”" in sentence for sentence in sentences)


def test_a_site_that_is_asked_sees_a_browser(built: Manifest) -> None:
    """Neither our name nor a password is sent, and every form is asked for as browsers do."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=iter([b""]))

    with Site("http://user:secret@a.example", transport=httpx.MockTransport(answer)) as site:
        list(verify.compare(site, built))
    assert {request.headers["Accept-Encoding"] for request in seen} == {
        "identity",
        "gzip, deflate",
        "gzip, deflate, br",
    }
    assert all("Mozilla" in request.headers["User-Agent"] for request in seen)
    assert not any("Authorization" in request.headers for request in seen)


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` says what is compared and what the status means."""
    with pytest.raises(SystemExit):
        main(["verify", "--help"])
    text = capsys.readouterr().out
    assert "Compare a running site with the release that you built yourself" in text
    assert "exit status is 0" in text
