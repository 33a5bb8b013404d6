"""A report as a reporter's browser sends it: code, mailbox, message, ticket. spec: Steps, Write."""

from __future__ import annotations

import json
import os
from typing import Final

from altcha import Challenge, Payload, solve_challenge

from crypto import code, envelope, labels
from crypto.address import delete_hash, derive_address, derive_delete_token
from crypto.age.hybrid import Identity
from crypto.body import Body
from crypto.conversation import Draft, authenticate_own, compose_message, first_allow, list_recipients
from crypto.encoding import encode_b64u
from crypto.errors import ProtocolError
from crypto.keyset import Keyset
from crypto.labels import KEY_SIZE
from crypto.mailbox import Mailbox, derive
from crypto.payload import serialize
from crypto.signing import sign
from crypto.week import day_of
from workstation.content import load_words
from workstation.courier.client import Client
from workstation.demo.site import ORGANISATION
from workstation.errors import CourierError
from workstation.texts import translate as _

_TEXT: Final = (
    "Sinds drie weken krijg ik ’s avonds berichten van iemand die weet waar ik woon. "
    "Gisteren stond er een auto voor de deur. Die reed pas weg toen ik het licht uitdeed.\n\n"
    "Misschien stelt het niets voor. Mijn man zegt dat ik het moet melden. "
    "Ik wil eerst weten wat er dan gebeurt."
)
_ANSWERS: Final = {
    "wellbeing": ("not-well",),
    "what-happened": ("intimidation", "stalking"),
    "wish": ("talk", "charges"),
}


def send_report(client: Client, keyset: Keyset, now: int) -> list[str]:
    """Send a report to everybody of the roster; return its eight words. Raises CourierError."""
    secret = code.make_secret(os.urandom(code.SECRET_SIZE))
    mailbox = derive(secret, ORGANISATION)
    record = _seal(mailbox, keyset, now)
    status = client.post(record, {"Authorization": f"Ticket {_earn_ticket(client)}"})
    if status != 204:
        raise CourierError(_("De demomelding is niet aangenomen (code {status}).").format(status=status))
    return code.encode(secret, load_words())


def is_there(client: Client, words: list[str]) -> bool:
    """Say whether the portal still has the report of these words. Raises CourierError."""
    try:
        mailbox = derive(code.decode(words, load_words()), ORGANISATION)
        address = derive_address(mailbox.address_key, mailbox.conversation, 0)
        block = client.fetch([address, *(os.urandom(KEY_SIZE) for _unused in range(3))])[0]
        opened = envelope.open(block, [Identity(mailbox.identity)])
        authenticate_own(opened, ORGANISATION, mailbox, 0)
    except ProtocolError:
        return False
    return True


def _seal(mailbox: Mailbox, keyset: Keyset, now: int) -> bytes:
    body = Body(_TEXT, _ANSWERS, 1)
    draft = Draft("message", body, day_of(now), 0, None, {})
    allow = first_allow(w.person for w in keyset.roster.active.values())
    payload = compose_message(mailbox, keyset, allow, draft)
    data = serialize(payload)
    signature = sign(labels.SIGN_MAILBOX, data, mailbox.signing)
    block = envelope.seal(data, signature, list_recipients(keyset, payload), os.urandom)
    token = derive_delete_token(mailbox.delete_key, payload.address)
    return payload.address + delete_hash(token) + bytes([labels.KIND_HEAD]) + block


def _earn_ticket(client: Client) -> str:
    challenge = Challenge.from_dict(json.loads(client.get_ticket()))
    solution = solve_challenge(challenge)
    if solution is None:
        raise CourierError(_("Het portaal vraagt meer rekenwerk dan de demo kan doen."))
    return encode_b64u(json.dumps(Payload(challenge, solution).to_dict()).encode())
