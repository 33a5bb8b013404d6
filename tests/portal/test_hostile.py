"""Hostile requests of any kind: never a 5xx, always the headers, and nothing changes."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crypto.encoding import encode_b64u
from crypto.verifying import serialize_document
from portal.gate import CALLS, RECORD_SIZE
from portal.site.headers import HEADERS
from tests.portal.helpers import Portal, credential_of

# Hundreds of malformed requests.
pytestmark = pytest.mark.slow

# The portal is shared by all examples on purpose: nothing may change in it.
shared = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

COURIER = "Courier " + encode_b64u(credential_of())
header_text = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=300)
authorizations = st.one_of(
    header_text,
    header_text.map(lambda text: f"Ticket {text}"),
    header_text.map(lambda text: f"Courier {text}"),
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9), st.lists, max_leaves=5)
    .map(lambda value: encode_b64u(repr(value).encode()))
    .map(lambda text: f"Ticket {text}"),
)


@pytest.fixture
def unchanged(portal: Portal) -> Iterator[Portal]:
    """Give a portal with a keyset, whose every row must be the same afterwards."""
    before = portal.everything()
    yield portal
    assert portal.everything() == before


@shared
@given(
    path=st.sampled_from([*CALLS, "/", "/nl/", "/healthz", "/api/v2/blocks"]) | st.text(max_size=30).map("/".__add__),
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY"]),
    authorization=authorizations,
    body=st.binary(max_size=200) | st.binary(min_size=128, max_size=128) | st.binary(min_size=1024, max_size=1024),
)
def test_no_request_breaks_the_server(
    unchanged: Portal, path: str, method: str, authorization: str, body: bytes
) -> None:
    """Any method, path, credential and body is answered with a status below 500."""
    environ = {"PATH_INFO": path.encode().decode("latin-1"), "HTTP_AUTHORIZATION": authorization}
    answer = unchanged.client.open("/", method=method, data=body, environ_overrides=environ)
    assert answer.status_code < 500
    assert {name: answer.headers[name] for name in HEADERS} == dict(HEADERS)


@shared
@given(authorization=authorizations, head=st.binary(min_size=65, max_size=65), count=st.integers(1, 3))
def test_no_post_without_admission_is_stored(unchanged: Portal, authorization: str, head: bytes, count: int) -> None:
    """Records of the right size with any header but a right one are 400 or 401."""
    body = b"".join(bytes([i]) + head[1:] + bytes(RECORD_SIZE - 65) for i in range(count))
    answer = unchanged.client.post("/api/v1/blocks", data=body, headers={"Authorization": authorization})
    assert answer.status_code in {400, 401}


@shared
@given(place=st.integers(0, 10_000), byte=st.integers(1, 255), which=st.integers(0, 2))
def test_no_altered_document_is_published(unchanged: Portal, place: int, byte: int, which: int) -> None:
    """One changed byte anywhere in a roster, a card or a statement is 400 or 403."""
    documents = (unchanged.team.roster_document, unchanged.team.cards[0], unchanged.team.freshness[0])
    data = bytearray(serialize_document(documents[which]))
    data[place % len(data)] ^= byte
    assert unchanged.client.put("/api/v1/keyset", data=bytes(data)).status_code in {400, 403}


@shared
@given(data=st.binary(min_size=1, max_size=400))
def test_no_other_bytes_are_a_document(unchanged: Portal, data: bytes) -> None:
    """Arbitrary bytes are 400."""
    assert unchanged.client.put("/api/v1/keyset", data=data).status_code == 400


@shared
@given(kind=st.integers(3, 255))
def test_no_unknown_kind_is_stored(unchanged: Portal, kind: int) -> None:
    """Also from the courier."""
    record = bytes(64) + bytes([kind]) + bytes(RECORD_SIZE - 65)
    answer = unchanged.client.post("/api/v1/blocks", data=record, headers={"Authorization": COURIER})
    assert answer.status_code == 400


def fuzz(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the fuzzer; what it instruments, it imports itself, so it is a process of its own."""
    command = [sys.executable, str(Path(__file__).with_name("fuzz.py")), str(folder), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_half_a_minute_of_guided_fuzzing_finds_nothing(tmp_path: Path) -> None:
    """Rows of requests with any method, path, header, credential and body: no 5xx, and always the headers."""
    ended = fuzz(tmp_path, "-max_total_time=30")
    assert ended.returncode == 0, ended.stderr[-2000:]
    done = re.search(r"^Done (\d+) runs", ended.stderr, re.MULTILINE)
    assert done is not None
    assert int(done[1]) > 300


def test_the_fuzzer_finds_a_table_that_is_gone(tmp_path: Path) -> None:
    """It can fail, and names the call and the status, not what was sent."""
    ended = fuzz(tmp_path, "-max_total_time=30", "--broken")
    assert ended.returncode != 0
    assert re.search("FoundError: (GET|HEAD) /api/v1/index was answered with 503", ended.stdout)
    assert list(tmp_path.glob("crash-*"))
