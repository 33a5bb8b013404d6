"""Reports that no honest page writes: `python -m tests.workstation.hostile FOLDER SINK PERSON...`.

They are composed by the protocol's own code and laid where couriers lay what they fetch, for the real desks of an
organisation (tests/e2e/organisation.ts). SINK is an address that whatever runs, or loads something, asks for.
"""

from __future__ import annotations

import os
import sys
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path

from crypto import envelope, labels, payload
from crypto.attachment import Attachment
from crypto.body import Body
from crypto.conversation import Draft, compose_message, first_allow, list_recipients
from crypto.encoding import decode_b64u
from crypto.keyset import Keyset, verify
from crypto.mailbox import Mailbox
from crypto.roster import Pins
from crypto.signing import sign
from crypto.week import day_of
from tests.workstation.drawn import make_active_pdf
from tests.workstation.filing import encrypt
from tests.workstation.helpers import make_mailbox
from workstation.spool import Spool

PIECE = 40_000
ENVELOPES = 16
# Enough to fill every envelope of a letter, and nothing in it at which a line could be broken.
FILLS = {"woord": "W", "regels": "\n", "stapel": "e" + "\u0301\u0327" * 8}
# What a payload may not hold, as JSON writes it: a terminal's escape, NUL, half a character, a C1 control.
REFUSED = ("\\u001b[2J", "\\u0000", "\\ud800", "\x9b")
NAMES = (
    "foto \u202egpj.exe",
    '"><img src=x onerror=window.ran=1>.jpg',
    "<script>window.ran=1<!-- .jpg",
    "../../../.bashrc",
    "C:\\Windows\\CON",
    '=HYPERLINK("http://sink/","x").csv',
    "{{ 7*7 }}{% raw %}.pdf",
    "\u2066\u2067\u2068\u200b\u200d\ufeff\u00ad",
    "a" + " " * 70 + ".exe",
    "'; filename*=UTF-8''x.exe; x='.jpg",
)


def nasty(sink: str) -> str:
    """Return a text that runs or loads something wherever text is taken for markup, a template or a formula."""
    return "\n".join(
        (
            "<script>window.ran = 1</script>",
            '"><img src=x onerror="window.ran = 1"> \' onfocus=window.ran=1 autofocus x=\'',
            f'</textarea></template></title></p><script src="{sink}/a.js"></script>',
            f'<img src="{sink}/b"><iframe src="{sink}/c"></iframe><object data="{sink}/d"></object>',
            f'<link rel=stylesheet href="{sink}/e"><style>@import "{sink}/f"; * {{ color: url({sink}/g) }}</style>',
            f'<meta http-equiv=refresh content="0;url={sink}/h"><base href="{sink}/"><svg onload=window.ran=1>',
            f'<form action="{sink}/i"><button autofocus>x</button></form><a href="{sink}/j" ping="{sink}/k">x</a>',
            "javascript:window.ran=1 data:text/html,<script>window.ran=1</script> vbscript:x",
            "{{ 7 * 7 }} {% raw %} {{ config }} {{ ''.__class__.__mro__ }} ${7*7} <%= 7*7 %> {0.__class__} %(x)s %s",
            f'=HYPERLINK("{sink}/l","x") +1 -1 @SUM(1) \\u003cscript\\u003e &lt;script&gt; &#60;script&#62;',
            "\u202eomgekeerd \u2066\u2067\u2068 \u200b\u200d\u200f\ufeff \u061c\u180e",
            "\ufdfd" * 40 + "e" + "\u0301" * 400,
            "W" * 3_000,
        )
    )


def compose(box: Mailbox, keyset: Keyset, persons: Sequence[str], bodies: Sequence[Body]) -> list[tuple[bytes, bytes]]:
    """Return the blocks (address, bytes) of a report in so many messages."""
    blocks, previous = [], None
    for number, body in enumerate(bodies):
        draft = Draft("message", body, day_of(int(time.time())), number, previous, {})
        written = compose_message(box, keyset, first_allow(persons), draft)
        data = payload.serialize(written)
        previous = payload.message_id(data)
        blocks.append((written.address, seal(box, keyset, written, data)))
    return blocks


def seal(box: Mailbox, keyset: Keyset, written: payload.Payload, data: bytes) -> bytes:
    """Sign and seal these bytes, whatever they are."""
    signature = sign(labels.SIGN_MAILBOX, data, box.signing)
    return envelope.seal(data, signature, list_recipients(keyset, written), os.urandom)


def fill(unit: str) -> list[Body]:
    """Return the bodies of a letter that is as long as a letter can be."""
    text = unit * (PIECE // len(unit.encode()) // (2 if unit == "\n" else 1))
    return [Body(text, continues=number < ENVELOPES - 1) for number in range(ENVELOPES)]


def write_refused(box: Mailbox, keyset: Keyset, persons: Sequence[str], escape: str) -> tuple[bytes, bytes]:
    """Return the block of a message whose text holds what none may."""
    draft = Draft("message", Body("Geweigerd HIER"), day_of(int(time.time())), 0, None, {})
    written = compose_message(box, keyset, first_allow(persons), draft)
    return written.address, seal(box, keyset, written, payload.serialize(written).replace(b"HIER", escape.encode()))


def main(folder: Path, sink: str, persons: Sequence[str]) -> None:
    """Lay the reports into every spool."""
    root_key = tomllib.loads((folder / "config.toml").read_text("utf-8"))["organisation"]["root_key"]
    spools = [Spool.open(folder / f"spool-{person}") for person in persons]
    pins = Pins("proef", decode_b64u(root_key), 1)
    keyset = verify(spools[0].read_keyset() or b"", pins, int(time.time()))
    film = encrypt(b"MZ" * 40_000, NAMES[0])
    drawing = encrypt(make_active_pdf(sink, "window.ran=1"), NAMES[1])
    lost = (Attachment(os.urandom(32), os.urandom(32), name, 7) for name in NAMES[2:])
    files = [film.attachment, drawing.attachment, *lost]
    answers = {"wellbeing": ("not-well",), "script-alert-1": ("x",)}
    report = Body(f"Kwaad bericht.\n{nasty(sink)}", answers, 1, tuple(files))
    blocks = compose(make_mailbox(1), keyset, persons, [report])
    blocks += compose(make_mailbox(2), keyset, persons, [Body("Gewoon bericht met kanarie-9c41 erin.")])
    for seed, (name, unit) in enumerate(FILLS.items(), 3):
        first, *rest = fill(unit)
        named = Body(f"Lang bericht {name} " + first.text, continues=True)
        blocks += compose(make_mailbox(seed), keyset, persons, [named, *rest])
    blocks += [write_refused(make_mailbox(20 + i), keyset, persons, escape) for i, escape in enumerate(REFUSED)]
    for spool in spools:
        for address, block in blocks:
            spool.put_incoming(address, block)
        for address, chunk in (*film.chunks, *drawing.chunks):
            spool.put_chunk(address, chunk)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
