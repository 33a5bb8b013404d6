"""C2SP's vectors for age (npm cctv-age), as far as they concern what `crypto.age` implements."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from crypto.age import file, stream
from crypto.age import format as age_format
from crypto.age.hybrid import Identity
from crypto.errors import ForgedError, MalformedError, NoMatchError
from crypto.recipient import decode_identity

SOURCE = Path(__file__).parent.parent.parent / "node_modules/cctv-age/index.js"
ENTRY = re.compile(r'^// \.\./testdata/(\w+)\nvar \w+ = __toBinary\("([^"]*)"\);$', re.MULTILINE)
NONCE = age_format.NONCE_SIZE


@dataclass(frozen=True)
class Vector:
    """One vector: what is expected, the fields before the file, and the file."""

    expect: str
    fields: dict[str, list[str]]
    data: bytes

    @property
    def identities(self) -> list[str]:
        return self.fields.get("identity", [])

    @property
    def is_ours(self) -> bool:
        """Say whether only hybrid identities are involved: neither armor nor passphrases nor X25519."""
        other = "armored" in self.fields or "passphrase" in self.fields
        return not other and bool(self.identities) and all(i.startswith("AGE-SECRET-KEY-PQ-1") for i in self.identities)


def read(encoded: str) -> Vector:
    head, _, body = base64.b64decode(encoded).partition(b"\n\n")
    fields: dict[str, list[str]] = {}
    for line in head.decode().splitlines():
        key, _, value = line.partition(": ")
        fields.setdefault(key, []).append(value)
    data = zlib.decompress(body) if "compressed" in fields else body
    return Vector(fields["expect"][0], fields, data)


ALL = {name: read(encoded) for name, encoded in ENTRY.findall(SOURCE.read_text())}
PLAIN = {name: v for name, v in ALL.items() if "armored" not in v.fields}
OURS = {name: v for name, v in ALL.items() if v.is_ours}
# A header of X25519 or scrypt stanzas parses here like any other; that it is right is theirs to say.
PARSED = {n: v for n, v in PLAIN.items() if v.expect != "header failure"}
_FORMAT = ("empty", "header", "hmac", "stanza", "stream", "version")
UNPARSED = {
    n: v
    for n, v in PLAIN.items()
    if v.expect == "header failure" and (n.startswith(_FORMAT) or n.endswith("_not_canonical_body"))
}
# Their file key lets the body be checked although the identity is of a kind that we leave out.
STREAMED = {n: v for n, v in PLAIN.items() if "file key" in v.fields and v.expect in ("success", "payload failure")}


def cases(vectors: dict[str, Vector]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", [pytest.param(v, id=n) for n, v in vectors.items()])


def test_the_set_is_whole() -> None:
    """None of the vectors is lost on the way from the package."""
    assert len(ALL) == 143
    assert len(OURS) >= 15
    assert len(UNPARSED) >= 20


@cases(OURS)
def test_hybrid_files_open_or_fail_at_their_stage(vector: Vector) -> None:
    """What age's author expects of a hybrid recipient is what happens here."""
    if vector.expect == "success":
        plain = file.decrypt(vector.data, [Identity(decode_identity(i)) for i in vector.identities])
        assert hashlib.sha256(plain).hexdigest() == vector.fields["payload"][0]
        return
    failure = {
        "header failure": MalformedError,
        "no match": NoMatchError,
        "HMAC failure": ForgedError,
        "payload failure": ForgedError,
    }[vector.expect]
    with pytest.raises(failure):
        file.decrypt(vector.data, [Identity(decode_identity(i)) for i in vector.identities])


@cases(PARSED)
def test_what_parses_is_written_again_the_same(vector: Vector) -> None:
    """A header has one spelling."""
    header, size = age_format.parse(vector.data)
    assert age_format.serialize(header) == vector.data[:size]


@cases(UNPARSED)
def test_a_malformed_header_is_refused_as_such(vector: Vector) -> None:
    """A defect of the format is found before any key is tried."""
    with pytest.raises(MalformedError):
        age_format.parse(vector.data)


@cases(STREAMED)
def test_bodies_and_macs_authenticate_or_fail(vector: Vector) -> None:
    """STREAM ends where it must; a body that fails anywhere gives nothing away."""
    key = bytes.fromhex(vector.fields["file key"][0])
    header, size = age_format.parse(vector.data)
    age_format.verify(header, key)
    nonce, body = vector.data[size : size + NONCE], vector.data[size + NONCE :]
    if vector.expect == "success":
        assert hashlib.sha256(stream.decrypt(body, key, nonce)).hexdigest() == vector.fields["payload"][0]
        assert stream.encrypt(stream.decrypt(body, key, nonce), key, nonce) == body
    else:
        with pytest.raises(ForgedError):
            stream.decrypt(body, key, nonce)


@cases({n: v for n, v in PLAIN.items() if v.expect == "HMAC failure"})
def test_a_wrong_mac_is_found(vector: Vector) -> None:
    """The MAC commits the header to the file key."""
    header, _ = age_format.parse(vector.data)
    with pytest.raises(ForgedError):
        age_format.verify(header, bytes.fromhex(vector.fields["file key"][0]))
