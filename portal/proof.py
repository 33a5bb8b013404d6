"""Proof of work: a puzzle is handed out (`issue`) and its solution is checked (`verify`), with ALTCHA version 2.

A puzzle holds nothing about who asked for it, and its expiry is rounded to the end of the next period, so that it
does not tell when it was asked for either. spec: Server, `GET /api/v1/ticket`.
"""

import json
from dataclasses import dataclass
from typing import Final

from altcha import Challenge, Payload, Solution, create_challenge, verify_solution

from crypto.encoding import Json, decode_b64u, digest, serialize_json
from crypto.errors import MalformedError
from portal.config import Ticket
from portal.errors import RefusalError

_ALGORITHM: Final = "PBKDF2/SHA-256"
_REFUSED: Final = "A valid ticket is needed; ask for one at /api/v1/ticket."


@dataclass(frozen=True)
class Proof:
    """A ticket that was earned; `bucket` is the period at whose beginning it expires, `hash` tells it from others."""

    bucket: int
    hash: bytes


def current_period(config: Ticket, now: int) -> int:
    """Count the periods since 1970."""
    return now // (config.period_minutes * 60)


def issue(config: Ticket, cost: int, now: int) -> bytes:
    """Make a fresh puzzle of `cost` iterations an attempt, as JSON."""
    expires_at = (current_period(config, now) + 2) * config.period_minutes * 60
    challenge = create_challenge(
        _ALGORITHM,
        cost,
        key_prefix=config.prefix,
        expires_at=expires_at,
        hmac_secret=config.secret,
    )
    return serialize_json(challenge.to_dict())


def verify(config: Ticket, text: str, now: int) -> Proof:
    """Check a solved puzzle, in base64url; how often it was used already is for the store to say.

    Raises: RefusalError 401, with the same sentence whatever is wrong.
    """
    try:
        payload = _parse(decode_b64u(text, size=None))
        expires_at = payload.challenge.parameters.expires_at
        verified = verify_solution(payload, config.secret).verified
    # ALTCHA's parsers were not made for hostile types: whatever they stumble over is not a ticket of ours.
    except (MalformedError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
        raise RefusalError(401, _REFUSED) from None
    # ALTCHA still takes the last second, in which the ticket's bucket may be gone already.
    if not verified or expires_at is None or expires_at <= now:
        raise RefusalError(401, _REFUSED)
    bucket = -(-expires_at // (config.period_minutes * 60))
    return Proof(bucket, digest(str(payload.challenge.signature).encode("ascii")))


def _parse(data: bytes) -> Payload:
    document: Json = json.loads(data)
    return Payload(Challenge.from_dict(document["challenge"]), Solution.from_dict(document["solution"]))
