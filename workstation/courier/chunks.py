"""Chunks on their way: those that the desk lacks, and those that must be at the portal before a reply names them.

A courier has no key, so it cannot tell a chunk from the filler that a portal gives where there is none. It keeps what
comes under the address that was asked for, four blocks in memory at a time; the desk judges. Whatever is interrupted
goes on where it was: what is in the spool is not fetched again, and what the portal has is not sent again.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from crypto.labels import KEY_SIZE
from crypto.visit import FETCH_COUNT
from workstation.courier.client import Client, authorize_courier
from workstation.courier.refusals import explain_refused
from workstation.errors import UnfitFileError
from workstation.spool import Spool
from workstation.texts import translate as _
from workstation.wellformed import is_chunk

Tell = Callable[[str], None]

# spec: Server, 1–16 records a POST.
_POST_COUNT: Final = 16
# Blocks between two lines about the progress.
_STEP: Final = 64


def fetch_chunks(client: Client, spool: Spool, tell: Tell, problems: list[str]) -> int:
    """Fetch the wanted chunks that the spool lacks; return how many came. Raises CourierError, OSError."""
    try:
        wanted = spool.read_wanted()
    except UnfitFileError as error:
        problems.append(str(error))
        return 0
    there = spool.list_chunks()
    lacking = [address for address in wanted if address not in there]
    fetched = 0
    for start in range(0, len(lacking), FETCH_COUNT):
        if not spool.has_room():
            problems.append(_("De gedeelde map is bijna vol: niet alle bijlagen zijn opgehaald. Open het bureau."))
            break
        four = lacking[start : start + FETCH_COUNT]
        filled = four + [secrets.token_bytes(KEY_SIZE) for _unused in range(FETCH_COUNT - len(four))]
        for address, block in zip(four, client.fetch(filled), strict=False):
            fetched += _keep(spool, address, block, problems)
        done = len(wanted) - len(lacking) + start + len(four)
        if done % _STEP < FETCH_COUNT or done == len(wanted):
            tell(_("bijlagen: {done} van {total} blokken opgehaald").format(done=done, total=len(wanted)))
    return fetched


def post_chunks(client: Client, spool: Spool, credential: bytes, reply: bytes, problems: list[str]) -> Iterator[str]:
    """Post the chunks that a reply names, of one reply only in each request; give lines about the progress.

    Stops at the first refusal: then the reply waits. Raises CourierError, UnfitFileError, OSError.
    """
    parts = spool.read_parts(reply)
    there = spool.list_sent_chunks()
    lacking = [address for address in parts if address not in there]
    for start in range(0, len(lacking), _POST_COUNT):
        batch = lacking[start : start + _POST_COUNT]
        records = [record for address in batch if (record := _read_fit(spool, address)) is not None]
        if len(records) < len(batch):
            problems.append(
                _("Een antwoord wacht: een deel van zijn bijlage is niet in de map. Open het bureau met deze map.")
            )
            return
        status = client.post(b"".join(records), authorize_courier(credential))
        if status != 204:
            problems.extend(explain_refused(Counter({("attachment", status): 1})))
            return
        spool.mark_chunks_sent(batch)
        done = len(parts) - len(lacking) + start + len(batch)
        yield _("bijlagen: {done} van {total} blokken verstuurd").format(done=done, total=len(parts))


def is_ready(spool: Spool, reply: bytes) -> bool:
    """Say whether the portal has every chunk that a reply names. Raises UnfitFileError."""
    return spool.list_sent_chunks().issuperset(spool.read_parts(reply))


def _read_fit(spool: Spool, address: bytes) -> bytes | None:
    record = spool.read_outgoing_chunk(address)
    if record is None or is_chunk(address, record):
        return record
    # The desk makes it again.
    spool.drop_outgoing_chunks([address])
    return None


def _keep(spool: Spool, address: bytes, block: bytes, problems: list[str]) -> bool:
    try:
        spool.put_chunk(address, block)
    except UnfitFileError as error:
        problems.append(str(error))
        return False
    return True
