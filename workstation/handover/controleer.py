#!/usr/bin/env python3
"""Controleer een overdracht: python3 controleer.py [map]

Dit programma hoort bij een overdracht van een vertrouwenspersoon. Het heeft alleen Python 3.8 of nieuwer nodig, geen
netwerk en niets van ons. Het leest overdracht.json en de bestanden die daarin staan, en zegt:

  - of de tekst en de bestanden precies zijn waarmee de melder akkoord ging;
  - voor wie, en tot en met welke dag;
  - of de handtekening van de melder klopt, en die van de vertrouwenspersoon over het geheel.

Het zegt niet wie de melder is: dat weten wij ook niet. Wel zijn twee overdrachten met dezelfde sleutel van dezelfde
melder. Of de sleutel van de vertrouwenspersoon echt is, kunt u bij diens organisatie navragen.

Ed25519: RFC 8032. What is signed: docs/SPEC.md, Consent.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any, Tuple  # noqa: UP035

# A newer Python would write tuple and list; a police officer's may be old.
Point = Tuple[int, int, int, int]  # noqa: UP006

CONSENT = b"vertrouwenspost/v1/sign/consent\x00"
HANDOVER = b"vertrouwenspost/v1/sign/handover\x00"

# -- Ed25519, RFC 8032 section 5.1: only checking, and slowly; nothing here is secret ---------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(one: Point, other: Point) -> Point:
    """Add two points (X, Y, Z, T), x = X / Z, y = Y / Z, x · y = T / Z."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(number: int, point: Point) -> Point:
    """Add a point to itself so many times."""
    found: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = add(found, point)
        point = add(point, point)
        number >>= 1
    return found


def is_same(one: Point, other: Point) -> bool:
    """Compare two points."""
    return (one[0] * other[2] - other[0] * one[2]) % P == 0 and (one[1] * other[2] - other[1] * one[2]) % P == 0


def find_x(y: int, sign: int) -> int | None:
    """Return the x of a point, or None where there is none."""
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P:
        return None
    return P - x if x & 1 != sign else x


def read_point(data: bytes) -> Point | None:
    """Read a point from 32 bytes, or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = find_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
BASE_Y = 46316835694926478169428394003475163141307993866256225615783033603165251855960
BASE: Point = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def verifies(key: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether a signature (64 bytes) of a message is by this key (32 bytes)."""
    if len(key) != 32 or len(signature) != 64:
        return False
    public, commitment = read_point(key), read_point(signature[:32])
    answer = int.from_bytes(signature[32:], "little")
    if public is None or commitment is None or answer >= L:
        return False
    question = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return is_same(multiply(answer, BASE), add(commitment, multiply(question, public)))


# -- the hand-over ----------------------------------------------------------------------------------------------------


def from_b64u(text: str) -> bytes:
    """Read base64url without padding."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def to_b64u(data: bytes) -> str:
    """Write base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def canonical(value: object) -> bytes:
    """Write JSON as it was signed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def is_signed(key: str, tag: bytes, value: object, signature: str) -> bool:
    """Say whether a signature of a value, as JSON, is by this key; both in base64url."""
    return verifies(from_b64u(key), tag + hashlib.sha256(canonical(value)).digest(), from_b64u(signature))


def find_faults(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Return the hand-over, and a sentence for everything that is wrong with it."""
    data = (folder / "overdracht.json").read_bytes()
    whole = json.loads(data)
    handover = whole["record"]
    statement = handover["consent"]["statement"]
    faults: list[str] = []
    if data != canonical(whole):
        faults.append("overdracht.json heeft niet precies de vorm waarin het werd gemaakt.")
    if set(statement) != {"action", "hash", "organisation", "recipient", "until", "verifying_key"}:
        faults.append("De verklaring van de melder heeft niet de vorm die zij moet hebben.")
    if not is_signed(statement["verifying_key"], CONSENT, statement, handover["consent"]["signature"]):
        faults.append("De handtekening van de melder klopt niet.")
    if not is_signed(handover["workstation"], HANDOVER, handover, whole["signature"]):
        faults.append("De handtekening van de vertrouwenspersoon klopt niet: er is iets veranderd.")
    if to_b64u(hashlib.sha256(handover["text"].encode()).digest()) != statement["hash"]:
        faults.append("De tekst is niet die waarmee de melder akkoord ging.")
    if statement["action"] != "handover":
        faults.append("De melder ging met iets anders akkoord dan een overdracht.")
    if handover["day"] > statement["until"]:
        faults.append("De overdracht is gemaakt na de laatste dag waarop dat mocht.")
    return handover, faults + check_files(folder, handover["files"])


def check_files(folder: Path, expected: dict[str, str]) -> list[str]:
    """Return a sentence for every file beside the record that is not as it was."""
    faults: list[str] = []
    for name, digest in expected.items():
        if Path(name).name != name or not (folder / name).is_file():
            faults.append(f"Het bestand {name!r} ontbreekt.")
        elif hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            faults.append(f"Het bestand {name!r} is veranderd.")
    return faults


def main() -> int:
    """Check, tell, and end with 0 if all is well."""
    if len(sys.argv) > 2 or sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__)
        return 2
    folder = Path(sys.argv[1]) if len(sys.argv) == 2 else Path(__file__).resolve().parent
    try:
        handover, faults = find_faults(folder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        print("Niet in orde: overdracht.json ontbreekt, of is beschadigd.")
        return 1
    for fault in faults:
        print(f"Niet in orde: {fault}")
    if faults:
        return 1
    statement = handover["consent"]["statement"]
    print("In orde. De melder ging akkoord met precies deze tekst.")
    print(f"  voor          {statement['recipient']}")
    print(f"  tot en met    {statement['until']}")
    print(f"  overgedragen  {handover['day']}, door {handover['by']} ({statement['organisation']})")
    print(f"  sleutel van de melder               {statement['verifying_key']}")
    print(f"  sleutel van de vertrouwenspersoon   {handover['workstation']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
