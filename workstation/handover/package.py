"""A hand-over as one file: the text, the consent to it, and what checks both. spec: Consent."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crypto.consent import Consent, statement_json
from crypto.encoding import Json, encode_b64u, serialize_json

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


def make_package(leaving: Leaving) -> bytes:
    """Return a ZIP file of the record, the text and the verifier."""
    files = {
        RECORD: serialize_json(_record(leaving)),
        VERIFIER: (Path(__file__).parent / VERIFIER).read_bytes(),
    }
    return _pack(files)


def _record(leaving: Leaving) -> Json:
    consent = leaving.consent
    assert consent.statement is not None, "nothing leaves without"
    assert consent.signature is not None, "nothing leaves without"
    return {
        "by": leaving.by,
        "consent": {"signature": encode_b64u(consent.signature), "statement": statement_json(consent.statement)},
        "day": leaving.day,
        "files": {},
        "text": leaving.text,
        "version": 1,
    }


def _pack(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _TIME), data)
    return packed.getvalue()
