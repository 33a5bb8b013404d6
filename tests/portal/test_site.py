"""The static release: what is built, what is served, and that the two are the same."""

import gzip
import hashlib
import json
import re
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import brotli
import pytest

from crypto.errors import MalformedError
from portal.app import create_app
from portal.config import Config
from portal.errors import BuildError
from portal.site import compress, headers, identifying, manifest, qr, questions, serve
from portal.site.build import ROOT, build
from portal.site.headers import HEADERS
from tests.portal.helpers import Portal

pytestmark = [pytest.mark.slow, pytest.mark.only("sqlite")]

DAY = date(2026, 11, 21)
PAGE = '{% extends "base.html" %}{% block main %}<h1>{{ _("Begin") }}</h1>{% endblock %}'
BASE = """<html lang="{{ lang }}"><meta name="organisation" content="{{ organisation }}">
<meta name="root-key" content="{{ root_key }}">
<meta name="minimum-roster-version" content="{{ minimum_roster_version }}">
{% for contact in contacts %}{{ contact.name }} {% endfor %}{% block main %}{% endblock %}"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Make a small checkout: two pages, a script with a module, a stylesheet; real content and the real esbuild."""
    root = tmp_path / "checkout"
    (root / "web").mkdir(parents=True)
    (root / "web" / "main.ts").write_text('import("./later").then((m) => m.run());\n')
    (root / "web" / "later.ts").write_text(
        'import words from "./words.txt";\nexport function run() { return words; }\n'
    )
    (root / "web" / "words.txt").write_text("aap\nnoot\n")
    (root / "web" / "style.css").write_text('body { color: black; background: url("/assets/icon.svg"); }\n')
    site = root / "templates" / "site"
    (site / "images").mkdir(parents=True)
    (site / "images" / "icon.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (site / "base.html").write_text(BASE)
    (site / "start.html").write_text(PAGE)
    (site / "lezen.html").write_text(PAGE)
    (site / "_part.html").write_text("{{ unknown }}")
    shutil.copytree(ROOT / "content" / "questions", root / "content" / "questions")
    for name in ("contacts.toml", "identifying.toml"):
        shutil.copyfile(ROOT / "content" / name, root / "content" / name)
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    return root


@pytest.fixture
def config_to_build(config: Config, tmp_path: Path) -> Config:
    """Make a configuration whose release is not there yet."""
    return replace(config, site=replace(config.site, release=tmp_path / "var" / "release"))


def files(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_real_pages_build(config_to_build: Config, checkout: Path) -> None:
    """The project's own templates render with the context that they are promised."""
    shutil.rmtree(checkout / "templates")
    (checkout / "templates").symlink_to(ROOT / "templates")
    build(config_to_build, DAY, root=checkout)
    built = files(config_to_build.site.release)
    assert built["index.html"] == built["nl/index.html"]
    pages = {path: text.decode() for path, text in built.items() if path.endswith(".html")}
    assert len(pages) >= 4
    for text in pages.values():
        assert f'<meta name="organisation" content="{config_to_build.organisation.id}">' in text
        assert "112" in text
        assert "{{" not in text


def test_a_release_is_pages_assets_and_a_manifest(config_to_build: Config, checkout: Path) -> None:
    """Every file stands where it is promised, with its compressed forms beside it; names of entries are fixed."""
    build(config_to_build, DAY, root=checkout)
    built = set(files(config_to_build.site.release))
    plain = {path for path in built if not path.endswith((".br", ".gz"))}
    later = {path for path in plain if path.startswith("assets/later-")}
    assert len(later) == 1
    assert plain - later == {
        "index.html",
        "nl/index.html",
        "nl/lezen/index.html",
        "assets/main.js",
        "assets/style.css",
        "assets/icon.svg",
        "manifest.json",
    }
    assert built - plain == {path + ending for path in plain - {"manifest.json"} for ending in (".br", ".gz")}


def test_two_builds_are_byte_identical(config_to_build: Config, checkout: Path, tmp_path: Path) -> None:
    """The same checkout, configuration and day give the same bytes, wherever they are written to."""
    other = replace(config_to_build, site=replace(config_to_build.site, release=tmp_path / "elsewhere"))
    build(config_to_build, DAY, root=checkout)
    build(other, DAY, root=checkout)
    assert files(config_to_build.site.release) == files(tmp_path / "elsewhere")


def test_a_build_replaces_the_release_as_a_whole(config_to_build: Config, checkout: Path) -> None:
    """Nothing of the old release stays, and nothing lies about beside the new one."""
    build(config_to_build, DAY, root=checkout)
    (checkout / "templates" / "site" / "lezen.html").unlink()
    build(config_to_build, DAY, root=checkout)
    release = config_to_build.site.release
    assert not (release / "nl" / "lezen").exists()
    assert [path.name for path in release.parent.iterdir()] == [release.name]


def test_a_failed_build_leaves_the_old_release(config_to_build: Config, checkout: Path) -> None:
    """Whatever fails, and however late, the release that stands is the whole old one."""
    build(config_to_build, DAY, root=checkout)
    release = config_to_build.site.release
    before = files(release)
    (checkout / "templates" / "site" / "start.html").write_text("{{ nobody_defines_this }}")
    with pytest.raises(BuildError, match=r"page start cannot be rendered: 'nobody_defines_this' is undefined"):
        build(config_to_build, DAY, root=checkout)
    assert files(release) == before
    assert [path.name for path in release.parent.iterdir()] == [release.name]


def test_a_folder_that_is_no_release_is_not_replaced(config_to_build: Config, checkout: Path) -> None:
    """A slip in the configuration does not delete somebody's files."""
    release = config_to_build.site.release
    release.mkdir(parents=True)
    (release / "letter.txt").write_text("dear")
    with pytest.raises(BuildError, match=r"is not a release; name another folder in \[site\] release"):
        build(config_to_build, DAY, root=checkout)
    assert files(release) == {"letter.txt": b"dear"}


def test_a_script_that_does_not_compile_is_one_error(config_to_build: Config, checkout: Path) -> None:
    """The error holds esbuild's own words, which say where."""
    (checkout / "web" / "main.ts").write_text("const = 1;\n")
    with pytest.raises(BuildError, match=r"esbuild refuses web/main\.ts:(?s:.*)main\.ts:1:6"):
        build(config_to_build, DAY, root=checkout)


def test_a_missing_tool_is_one_error(config_to_build: Config, checkout: Path) -> None:
    """Without `npm ci` there is no esbuild, and the error says so."""
    (checkout / "node_modules").unlink()
    with pytest.raises(BuildError, match="run `npm ci`"):
        build(config_to_build, DAY, root=checkout)


def test_what_is_filled_in_is_escaped(config_to_build: Config, checkout: Path) -> None:
    """An editor's text is text, also inside a translated sentence."""
    path = checkout / "content" / "contacts.toml"
    path.write_text(path.read_text().replace('name = "Vertrouwenslijn"', 'name = "<script>"', 1))
    build(config_to_build, DAY, root=checkout)
    page = (config_to_build.site.release / "index.html").read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_another_language_is_translated_from_its_catalogue(config_to_build: Config, checkout: Path) -> None:
    """Message ids are Dutch; a further language has a folder of its own and reads its .po file."""
    folder = checkout / "content" / "translations" / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with pytest.raises(BuildError, match=r"translation .* cannot be read"):
        build(config_to_build, DAY, root=checkout)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    (folder / "messages.po").write_text(header + 'msgid "Begin"\nmsgstr "Start"\n')
    build(config_to_build, DAY, root=checkout)
    release = config_to_build.site.release
    assert "<h1>Begin</h1>" in (release / "index.html").read_text()
    assert '<html lang="en">' in (release / "en" / "index.html").read_text()
    assert "<h1>Start</h1>" in (release / "en" / "lezen" / "index.html").read_text()


QUESTIONS = """
[[questions]]
id = "how"
heading = "Hoe?"
why = "Daarom."
kind = "one"
choices = [{ id = "well", label = "Goed" }, { id = "badly", label = "Slecht" }]
"""

WRONG_QUESTIONS = [
    ('kind = "one"', 'kind = "two"', 'kind must be "one" or "several"'),
    ('id = "how"', 'id = "How"', "an id is not 1 to 32"),
    ('id = "badly"', 'id = "well"', "two choices have the same id"),
    ('label = "Goed"', 'text = "Goed"', "question 1, choice 1: label is missing"),
    ("choices = [{", "choices = [{}, {", "question 1, choice 1: id is missing"),
    (
        'label = "Goed"',
        'label = "Goed", then = "story"',
        "choice 1: then: a value of then must be one of danger",
    ),
    ('label = "Goed"', 'label = "Goed", than = "danger"', "question 1, choice 1: than is unknown"),
    (QUESTIONS[QUESTIONS.index("choices") :], "choices = []", "must be a list of choices"),
]


@pytest.mark.parametrize(("right", "wrong", "message"), WRONG_QUESTIONS)
def test_a_slip_in_the_questions_stops_the_build(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    """What travels inside a message must be of the protocol's form."""
    (tmp_path / "1.toml").write_text(QUESTIONS.replace(right, wrong))
    with pytest.raises(BuildError, match=message):
        questions.read_questions(tmp_path)


def test_a_version_of_the_questions_is_never_lost(tmp_path: Path) -> None:
    """Answers name the version they were given to: one that is gone stops the build."""
    for name in ("1.toml", "2.toml", "3.toml"):
        (tmp_path / name).write_text(QUESTIONS)
    assert [version.version for version in questions.read_questions(tmp_path)] == [1, 2, 3]
    (tmp_path / "2.toml").unlink()
    with pytest.raises(BuildError, match="without a gap"):
        questions.read_questions(tmp_path)


def test_a_choice_may_lead_to_a_step_of_its_own(tmp_path: Path) -> None:
    """Its question then comes before all others; a choice without one leads nowhere."""
    (tmp_path / "1.toml").write_text(QUESTIONS.replace('label = "Slecht"', 'label = "Slecht", then = "danger"'))
    (tmp_path / "2.toml").write_text(QUESTIONS)
    first, second = questions.read_questions(tmp_path)
    assert [choice.then for choice in first.questions[0].choices] == ["", "danger"]
    assert first.questions[0].comes_first
    assert not second.questions[0].comes_first


def test_no_version_that_was_answered_is_changed() -> None:
    """What stands under an id is what people answered; only the newest version may still change."""
    folder = ROOT / "content" / "questions"
    known = {"1.toml": "6428757d8a5eec4fae9ad51a98ff69907656a14ad759ff2323ca6d96c73c3aa0"}
    assert {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in known} == known


def test_an_id_means_the_same_in_every_version() -> None:
    """Answers to an earlier version are shown in the words of that one, so an id that stays keeps its meaning."""
    texts: dict[tuple[str, str], str] = {}
    for version in questions.read_questions(ROOT / "content" / "questions"):
        for question in version.questions:
            for choice in question.choices:
                assert texts.setdefault((question.id, choice.id), choice.label) == choice.label


IDENTIFYING = "\n".join(
    f'[{name}]\nany_case = ["Aa", "Bb en Cc"]\nas_written = []'
    for name in ("places", "parties", "functions", "months", "no_names")
)


def test_what_may_identify_is_read_as_attributes(tmp_path: Path) -> None:
    """Each list is one text, as the page carries it."""
    path = tmp_path / "identifying.toml"
    path.write_text(IDENTIFYING)
    assert identifying.read_identifying(path).places == identifying.Phrases("Aa|Bb en Cc", "")


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("[parties]", "[party]", "party is unknown"),
        ('"Aa"', '"Aa|Dd"', "texts without |"),
        ('"Aa"', '" Aa"', "a space at their ends"),
        ('"Aa"', "3", "must be text of one line is not"),
        ('["Aa", "Bb en Cc"]', '"Aa"', "must be a list of texts"),
        ('"Bb en Cc"', '"aa"', "aa stands there twice"),
        ("as_written = []", "", "as_written is missing"),
    ],
)
def test_a_slip_in_what_may_identify_stops_the_build(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    """A list that cannot be looked for in the page is found here."""
    path = tmp_path / "identifying.toml"
    path.write_text(IDENTIFYING.replace(right, wrong, 1))
    with pytest.raises(BuildError, match=re.escape(message)):
        identifying.read_identifying(path)


def test_the_site_shows_its_address_as_a_code(config_to_build: Config, checkout: Path) -> None:
    """Another address is another drawing, and one that does not fit stops the build."""
    shutil.rmtree(checkout / "templates")
    (checkout / "templates").symlink_to(ROOT / "templates")
    other = replace(config_to_build, site=replace(config_to_build.site, address="https://other.example"))
    drawings = []
    for each in (config_to_build, other):
        build(each, DAY, root=checkout)
        page = (each.site.release / "nl" / "schrijven" / "index.html").read_text()
        assert each.site.address.removeprefix("https://") in page
        drawings += re.findall(r'<svg aria-hidden="true".*?</svg>', page)
    assert len(set(drawings)) == 2
    assert drawings[0] == qr.draw(config_to_build.site.address)
    with pytest.raises(BuildError, match=r"\[site\] address is too long"):
        qr.draw("https://" + "a" * 3000)


def test_the_manifest_lists_every_file_and_every_header(release: Path) -> None:
    """Each with its SHA-256 and the headers of its own, beside the day and the set that all carry."""
    document = json.loads((release / "manifest.json").read_bytes())
    assert set(document) == {"day", "files", "headers"}
    assert document["day"] == "2026-11-21"
    assert document["headers"] == HEADERS
    assert set(document["files"]) == set(files(release)) - {"manifest.json"}
    body = (release / "main.js.gz").read_bytes()
    assert document["files"]["main.js.gz"] == {
        "headers": {
            "Content-Encoding": "gzip",
            "Content-Type": "text/javascript; charset=utf-8",
            "Vary": "Accept-Encoding",
        },
        "sha256": hashlib.sha256(body).hexdigest(),
    }


def test_a_manifest_reads_back_and_has_one_spelling(release: Path) -> None:
    """What parses serialises to the same bytes; anything else in it is refused."""
    listing = (release / "manifest.json").read_bytes()
    assert manifest.serialize(manifest.parse(listing)) == listing
    for right, wrong in (
        (b'"day"', b'"date"'),
        (b"2026-11-21", b"2026-11-31"),
        (b'"sha256"', b'"sha512"'),
        (b'"headers":{', b'"headers":{"X":1,'),
        (b'{"day"', b'{ "day"'),
        (b'"files":{', b'"files":{"a":[],'),
    ):
        with pytest.raises(MalformedError):
            manifest.parse(listing.replace(right, wrong, 1))


def test_files_are_served_as_they_were_built(portal: Portal) -> None:
    """Pages under their folder's `/`, everything else under its name, each with its type."""
    for path, name, content_type in (
        ("/", "index.html", "text/html; charset=utf-8"),
        ("/index.html", "index.html", "text/html; charset=utf-8"),
        ("/nl/", "nl/index.html", "text/html; charset=utf-8"),
        ("/main.js", "main.js", "text/javascript; charset=utf-8"),
        ("/manifest.json", "manifest.json", "application/json"),
    ):
        answer = portal.client.get(path)
        assert (answer.status_code, answer.content_type) == (200, content_type)
        assert answer.data == (portal.config.site.release / name).read_bytes()


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.4, gzip;q=0.5", "gzip"),
        ("br;q=0, *", "gzip"),
        ("*", "br"),
        ("", "identity"),
        ("zstd", "identity"),
        ("gzip;q=0", "identity"),
        ("identity, gzip;q=0.5", "identity"),
        ("identity, gzip", "gzip"),
        ("identity;q=0, *;q=0", "identity"),
    ],
)
def test_a_file_is_sent_in_the_form_that_is_liked_best(portal: Portal, accepted: str, encoding: str) -> None:
    """The bytes that were built in this form are sent, and behind them are those of the plain file."""
    answer = portal.client.get("/main.js", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding", "identity") == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"
    ending, unpack = {"br": (".br", brotli.decompress), "gzip": (".gz", gzip.decompress), "identity": ("", bytes)}[
        encoding
    ]
    assert answer.data == (portal.config.site.release / f"main.js{ending}").read_bytes()
    assert unpack(answer.data) == (portal.config.site.release / "main.js").read_bytes()


def test_compressed_forms_have_no_address_of_their_own(portal: Portal) -> None:
    """They are forms of one file, which a browser asks for by one name."""
    assert portal.client.get("/main.js.gz").status_code == 404


def test_a_head_request_has_the_length_and_no_body(portal: Portal) -> None:
    """HEAD answers like GET, without the bytes."""
    answer = portal.client.head("/")
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(portal.client.get("/").data))


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/nl",
        "/nl/index",
        "/../config.toml",
        "/nl/../index.html",
        "/%2e%2e/portal.sqlite",
        "/main.js/",
        "/\x00",
    ],
)
def test_a_path_never_reaches_the_file_system(portal: Portal, path: str) -> None:
    """What is not in the dictionary is 404, whatever it looks like."""
    assert portal.client.get("/", environ_overrides={"PATH_INFO": path}).status_code == 404


def test_a_file_changed_after_building_is_not_served(config: Config, release: Path, tmp_path: Path) -> None:
    """A release that is not the one that was built stops the start, and names the file."""
    for name in ("main.js", "manifest.json"):
        copy = tmp_path / f"copy-{name}"
        shutil.copytree(release, copy)
        text = (copy / name).read_text()
        (copy / name).write_text(text + "\n")
        with pytest.raises(BuildError, match=r"main\.js|manifest"):
            create_app(replace(config, site=replace(config.site, release=copy)))


def test_a_file_beside_the_manifest_is_not_served(release: Path, tmp_path: Path) -> None:
    """Only what the manifest lists is loaded."""
    shutil.copytree(release, tmp_path / "copy")
    (tmp_path / "copy" / "extra.txt").write_text("not listed")
    assert "extra.txt" not in serve.load(tmp_path / "copy")


def test_a_release_for_other_headers_is_not_served(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manifest's headers are a promise to whoever verifies the release."""
    shutil.copytree(release, tmp_path / "copy")
    monkeypatch.setitem(HEADERS, "X-Frame-Options", "SAMEORIGIN")
    with pytest.raises(BuildError, match="other headers"):
        manifest.read(tmp_path / "copy")


def test_without_a_release_nothing_starts(config: Config, tmp_path: Path) -> None:
    """The error says what to run."""
    with pytest.raises(BuildError, match="run `python -m portal build`"):
        create_app(replace(config, site=replace(config.site, release=tmp_path / "none")))


def test_a_kind_of_file_without_a_type_is_refused(tmp_path: Path) -> None:
    """A browser is never left to guess."""
    (tmp_path / "program.exe").write_bytes(b"MZ")
    with pytest.raises(BuildError, match=r"program\.exe is of a kind that is not served"):
        manifest.write(tmp_path, DAY)


def test_what_is_compressed_already_is_not_compressed_again(tmp_path: Path) -> None:
    """A picture has one form, and says nothing about choosing."""
    (tmp_path / "a.png").write_bytes(b"PNG")
    compress.compress(tmp_path)
    assert list(files(tmp_path)) == ["a.png"]
    assert headers.describe("a.png") == {"Content-Type": "image/png"}
