"""A hand-over as one file: the text, the consent to it, the same to print, and what checks them. spec: Consent."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from crypto import labels
from crypto.consent import Consent, statement_json
from crypto.encoding import Json, encode_b64u, serialize_json
from crypto.signing import sign, verifying_key
from workstation.handover.printed import Printed, print_out

PRINTED: Final = "overdracht.pdf"
VERIFIER: Final = "controleer.py"
RECORD: Final = "overdracht.json"
# Nothing in the file tells when it was made, but for the day.
_TIME: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Leaving:
    """What leaves: a text to which a mailbox has agreed, from whom (a counsellor's name) and on which day."""

    text: str
    consent: Consent
    by: str
    day: str


def make_package(leaving: Leaving, signing: bytes) -> bytes:
    """Return a ZIP file of the record, its printed form and the verifier; a workstation's key signs for all of it."""
    statement, signature = leaving.consent.statement, leaving.consent.signature
    assert statement is not None, "nothing leaves without"
    assert signature is not None, "nothing leaves without"
    printed = Printed(
        text=leaving.text,
        recipient=statement.recipient,
        until=statement.until,
        organisation=statement.organisation,
        by=leaving.by,
        day=leaving.day,
        key=encode_b64u(statement.verifying_key),
    )
    files = {PRINTED: print_out(printed), VERIFIER: (Path(__file__).parent / VERIFIER).read_bytes()}
    record: Json = {
        "by": leaving.by,
        "consent": {"signature": encode_b64u(signature), "statement": statement_json(statement)},
        "day": leaving.day,
        "files": {name: sha256(data).hexdigest() for name, data in files.items()},
        "text": leaving.text,
        "version": 1,
        "workstation": encode_b64u(verifying_key(signing)),
    }
    signed = encode_b64u(sign(labels.SIGN_HANDOVER, serialize_json(record), signing))
    return _pack({RECORD: serialize_json({"record": record, "signature": signed}), **files})


def _pack(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _TIME), data)
    return packed.getvalue()
