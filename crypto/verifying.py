"""The public half of signatures: tagged Ed25519 and DSSE. Nothing here can sign. spec: Payload, Keyset."""

from __future__ import annotations

from dataclasses import dataclass

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from crypto.encoding import check_keys, decode_b64, digest, encode_b64, parse_json, serialize_json
from crypto.errors import ForgedError, MalformedError
from crypto.labels import SIGNATURE_SIZE


@dataclass(frozen=True, slots=True)
class Document:
    """A DSSE envelope as it was read; its signature is not yet verified."""

    payload_type: str
    payload: bytes
    signature: bytes


def author_id(label: bytes, verifying: bytes) -> bytes:
    """Return the id of a mailbox or workstation from its verifying key; 32 bytes."""
    return digest(label + verifying)


def verify(tag: bytes, payload: bytes, signature: bytes, verifying: bytes) -> None:
    """Verify a message's signature.

    The tag keeps a signature of one kind of key from passing for another's. Raises ForgedError.
    """
    # spec: signature = Ed25519(tag ‖ H(payload))
    _verify(tag + digest(payload), signature, verifying)


def verify_document(document: Document, payload_type: str, verifying: bytes) -> None:
    """Verify a signed document of the expected type. Raises ForgedError: do not read its payload."""
    if document.payload_type != payload_type:
        raise ForgedError("a document of another type")
    _verify(pre_authentication(document.payload_type, document.payload), document.signature, verifying)


def pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """Return DSSE's PAE, the exact bytes that are signed."""
    # spec: PAE = "DSSEv1" SP len(type) SP type SP len(payload) SP payload
    return b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type.encode(), len(payload), payload)


def serialize_document(document: Document) -> bytes:
    """Return the canonical JSON of a DSSE envelope."""
    return serialize_json(document_json(document))


def document_json(document: Document) -> dict[str, object]:
    """Return a DSSE envelope as the object that stands inside a keyset."""
    return {
        "payload": encode_b64(document.payload),
        "payloadType": document.payload_type,
        "signatures": [{"keyid": "", "sig": encode_b64(document.signature)}],
    }


def parse_document(data: bytes) -> Document:
    """Read a DSSE envelope with exactly one signature. Raises MalformedError."""
    return read_document(parse_json(data))


def read_document(value: object) -> Document:
    """Read a DSSE envelope that was already parsed as JSON. Raises MalformedError."""
    fields = check_keys(value, frozenset({"payload", "payloadType", "signatures"}))
    signatures = fields["signatures"]
    if not isinstance(signatures, list) or len(signatures) != 1:
        raise MalformedError("a document has exactly one signature")
    signed = check_keys(signatures[0], frozenset({"keyid", "sig"}))
    texts = (fields["payloadType"], fields["payload"], signed["sig"], signed["keyid"])
    if not all(isinstance(text, str) for text in texts):
        raise MalformedError("a document's fields are text")
    signature = decode_b64(signed["sig"])
    if len(signature) != SIGNATURE_SIZE:
        raise MalformedError("a signature of another size")
    return Document(fields["payloadType"], decode_b64(fields["payload"]), signature)


def _verify(message: bytes, signature: bytes, verifying: bytes) -> None:
    try:
        VerifyKey(verifying).verify(message, signature)
    except (BadSignatureError, ValueError):
        raise ForgedError("a signature does not hold") from None
