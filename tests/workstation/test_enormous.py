"""Fifty megabytes wherever somebody may put text: refused in bounded time and memory, and the desk goes on."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from crypto import envelope, payload
from crypto.body import Body
from crypto.conversation import Draft, compose_message, first_allow
from crypto.encoding import serialize_json
from crypto.errors import MalformedError
from crypto.labels import SIGNATURE_SIZE
from crypto.week import day_of
from tests.workstation.filing import BOUNDARY, peak
from tests.workstation.helpers import Organisation, make_mailbox, write
from tests.workstation.test_confine import Desk, served
from tests.world import NOW, make_attachment, make_team
from workstation.desk.app import create_app
from workstation.desk.service import Place

pytestmark = pytest.mark.slow

SIZE: Final = 50_000_000
CANARY: Final = "kanarie-51d2"
# It takes less than a second and less than 15 MB; two cores may have more to do.
PATIENCE_SECONDS: Final = 30
GROWTH_KIB: Final = 40_000
FORM: Final = "application/x-www-form-urlencoded"


def make_report() -> dict[str, Any]:
    """Return the fields of a report's first message, as JSON has them."""
    body = Body("Hallo", {"wellbeing": ("not-well",)}, 1, (make_attachment(),))
    draft = Draft("message", body, day_of(NOW), 0, None, {bytes(32): 1})
    written = compose_message(make_mailbox(), make_team().keyset, first_allow(("anna", "bram", "chris")), draft)
    fields: dict[str, Any] = json.loads(payload.serialize(written))
    return fields


def swell(value: Any, most: str) -> Iterator[Any]:
    """Yield the value with one thing in it enormous, for each thing that is in it: fields, elements and names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from ({**value, key: each} for each in swell(inner, most))
        yield {**value, most: 1}
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from ([*value[:place], each, *value[place + 1 :]] for each in swell(inner, most))
        yield [*value, most]
    else:
        yield most


def test_no_field_of_a_report_can_be_enormous() -> None:
    """A report is one block or up to sixteen: whatever in it is 50 MB fits in no envelope, and no parser sees it."""
    made = 0
    for fields in swell(make_report(), "W" * SIZE):
        made += 1
        data = serialize_json(fields)
        assert len(data) > SIZE
        with peak() as most, pytest.raises(MalformedError):
            envelope.pad(data, bytes(SIGNATURE_SIZE))
        # Nor is it opened where somebody leaves out the rule on their side.
        with peak() as most_opened, pytest.raises(MalformedError):
            envelope.open(data, [])
        assert max(*most, *most_opened) < 100_000
    # Each of 15 fields of every message and of what is in them.
    assert made > 40


def lay(path: Path) -> None:
    """Put something enormous there, with nothing in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(SIZE)


def worker(desk: Desk) -> str:
    """Return the number of the process that answers."""
    pid = desk.process.pid
    return Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()[0]


def memory(desk: Desk) -> int:
    """Return the most that the process that answers has ever held, in KiB."""
    return int(desk.status(worker(desk))["VmHWM"].removesuffix(" kB"))


def open_first(desk: Desk) -> str:
    """Open the first conversation; return its address."""
    desk.ask()
    found = re.search(r'href="(/gesprek/[^"]+)"', desk.page)
    assert found is not None
    assert desk.ask(found[1]) == 200
    return found[1]


def list_forms() -> list[str]:
    """Return every address to which a form can be posted; where it names one of several forms, of the first."""
    app = create_app(Place(Path("/nonexistent"), Path("/nonexistent"), 1), lambda: NOW)
    rules = [rule.rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    return [re.sub(r"<any\((\w+).*?>", r"\1", rule) for rule in rules]


def forms(fields: dict[str, str]) -> Iterator[tuple[bytes, str]]:
    """Yield a form in both encodings."""
    yield "&".join(f"{name}={value}" for name, value in fields.items()).encode(), FORM
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    yield f"{''.join(parts)}--{BOUNDARY}--\r\n".encode(), f"multipart/form-data; boundary={BOUNDARY}"


@pytest.mark.slow
def test_fifty_megabytes_in_any_form_are_answered_with_a_sentence(organisation: Organisation) -> None:
    """The form is read to its end: a browser that is cut off shows no sentence, and keeps what it sent on the disk."""
    write(organisation, make_mailbox(), f"Bericht {CANARY}")
    with served(organisation, "confined") as desk:
        desk.unlock()
        path = open_first(desk)
        token, before, took = desk.token(), memory(desk), 0.0
        addresses = list_forms()
        assert len(addresses) > 12
        for rule in addresses:
            where = rule.replace("/gesprek/<name>", path).replace("<name>", "x")
            if rule == "/vergrendelen":
                continue
            for body, kind in forms({"csrf_token": token, "text": "x" * SIZE}):
                begun = time.monotonic()
                assert desk.ask(where, body, kind) == 303, where
                took = max(took, time.monotonic() - begun)
                assert desk.ask("/melding") == 200
                assert "Dit is te lang om te versturen." in desk.page
        grown = memory(desk) - before
        print(f"at most {took:.1f} s, {grown} KiB more")  # noqa: T201 - the figures
        assert took < PATIENCE_SECONDS
        assert grown < GROWTH_KIB
        assert desk.ask(path) == 200
        assert CANARY in desk.page
        # Locking must work whatever comes with it.
        for body, kind in forms({"slip": "x" * SIZE, "text": "x" * SIZE}):
            assert desk.ask("/vergrendelen", body, kind) == 303
        desk.ask(path)
        assert CANARY not in desk.page


@pytest.mark.slow
def test_enormous_files_everywhere_cost_neither_memory_nor_time(organisation: Organisation) -> None:
    """In the spool as in the workstation's own folder; what was there is shown, and what is too large is not read."""
    write(organisation, make_mailbox(), f"Bericht {CANARY}")
    with served(organisation, "confined") as desk:
        desk.unlock()
        path = open_first(desk)
        body = f"csrf_token={desk.token()}&text=Concept".encode()
        assert desk.ask(f"{path}/concept/antwoord", body) == 303
        desk.ask("/vergrendelen", b"x=1")
        for each in [*(organisation.station("anna") / "drafts").iterdir()]:
            lay(each)
        for folder in ("archive", "drafts", "attachments"):
            lay(organisation.station("anna") / folder / os.urandom(32).hex())
        spool = organisation.spool("anna").folder
        for folder in [each for each in spool.rglob("*") if each.is_dir()]:
            lay(folder / os.urandom(32).hex())
        for name in ("keyset.json", "wanted", "synced"):
            lay(spool / name)
        before, begun = memory(desk), time.monotonic()
        desk.unlock()
        path = open_first(desk)
        assert CANARY in desk.page
        took, grown = time.monotonic() - begun, memory(desk) - before
        print(f"{took:.1f} s, {grown} KiB more")  # noqa: T201 - the figures
        assert took < PATIENCE_SECONDS
        assert grown < GROWTH_KIB
