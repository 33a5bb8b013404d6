"""From a passphrase to an inbox that can be used, by the desk's own app; and the archive alone, next to the limit."""

from __future__ import annotations

import re
import time
from itertools import islice
from pathlib import Path
from typing import Final

from flask.testing import FlaskClient

from bench.limit import load_key, make_task, time_limit
from bench.organisation import ANNA, NOW
from bench.process import Figures, metered, read_peak, reset_peak
from workstation.archive import Archive
from workstation.demo.site import Site, unlock
from workstation.desk.app import create_app
from workstation.desk.service import Place

_PORT: Final = 8001
_HEADERS: Final = {"Host": f"127.0.0.1:{_PORT}", "Sec-Fetch-Site": "same-origin"}
# The limit is measured on so many files at most: it is the same for each, and their bytes take memory.
_SAMPLE: Final = 1_000


def measure_unlocking(folder: Path, _count: int) -> Figures:
    """Give the passphrase, be shown the inbox, look again: the desk's app, called as its server calls it."""
    site = Site(folder)
    app = create_app(Place(site.station(ANNA), site.spool(ANNA), _PORT), lambda: NOW)
    client = app.test_client()
    form = {"csrf_token": _find_token(_get(client)), "passphrase": ANNA.passphrase}
    imported = read_peak()
    with metered() as cost:
        answer = client.post("/openen", data=form, headers={**_HEADERS, "Origin": "null"})
        place = answer.headers["Location"]
        while _is_opening(page := _get(client, place)):
            # A browser asks at its own pace; what is measured is the desk's.
            time.sleep(0.05)
    with metered() as again:
        _get(client, place)
    return {
        "seconds": cost.seconds,
        "processor": cost.processor,
        "again": again.seconds,
        "page_size": len(page.encode()),
        "conversations": page.count(f'href="{place}gesprek/'),
        "imported": imported,
        "peak": read_peak(),
    }


def measure_archive(folder: Path, _count: int) -> Figures:
    """Open keyring and archive one by one; then do the library's work on the archive's files alone."""
    site = Site(folder)
    with metered() as keyring_cost, unlock(site, ANNA) as keyring:
        pass
    with unlock(site, ANNA) as keyring:
        archive = Archive(keyring.folder / "archive", keyring.derive_local(b"archive"))
        before = reset_peak()
        with metered() as cost:
            known, _unreadable = archive.load(keyring.state.archives)
        held = read_peak() - before
        files = (
            make_task((archive.folder / name).read_bytes(), [load_key(seed)])
            for conversation, seed in keyring.state.archives.items()
            for name in archive.list_files(conversation)
        )
        tasks = list(islice(files, _SAMPLE))
        return {
            "seconds": cost.seconds,
            "processor": cost.processor,
            "keyring": keyring_cost.seconds,
            "files": len(known),
            "limit": time_limit(tasks) / len(tasks) * len(known),
            "held": held,
        }


def _get(client: FlaskClient, place: str = "/") -> str:
    response = client.get(place, headers=_HEADERS)
    assert response.status_code == 200, "the desk answers its own browser"
    return response.get_data(as_text=True)


def _is_opening(page: str) -> bool:
    return 'id="opening"' in page


def _find_token(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None, "a form has a token"
    return found[1]
