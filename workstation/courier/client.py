"""The portal's calls as a courier makes them. spec: Server.

The portal is not trusted: every answer is read up to the size it may have, within a time, never decompressed and never
redirected. What comes back is bytes; nobody here opens them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import httpx

from crypto.encoding import encode_b64u
from crypto.labels import BLOCK_SIZE, KEY_SIZE, PREFIX_SIZE
from crypto.visit import FETCH_COUNT
from workstation.courier.refusals import explain_status
from workstation.errors import CourierError
from workstation.spool import INDEX_SIZE, KEYSET_SIZE
from workstation.texts import translate as _

# Two million addresses; more in one list is an attack.
_INTAKE_SIZE: Final = 2**26
_TICKET_SIZE: Final = 2**14
_SENTENCE_SIZE: Final = 2**12
# Seconds without a byte, and for a whole answer: a server that drips one byte at a time must not hold us.
_SILENCE: Final = 20.0
_DEADLINE: Final = 180.0
# How often, and after how many seconds at most, a portal is asked that says that it is busy.
_BUSY_CALLS: Final = 7
_BUSY_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body of an answer, the body no larger than was allowed."""

    status: int
    body: bytes


class Client:
    """A connection to one portal. Raises CourierError when it is out of reach or answers beyond all bounds."""

    def __init__(self, url: str, *, deadline: float = _DEADLINE, silence: float = _SILENCE) -> None:
        """Prepare for the portal at this address; nothing is sent yet."""
        self._deadline = deadline
        try:
            self._http = httpx.Client(
                base_url=url,
                timeout=min(silence, deadline),
                follow_redirects=False,
                # Neither proxies nor passwords from the environment: the address says it all.
                trust_env=False,
                headers={"Accept-Encoding": "identity", "User-Agent": ""},
            )
        except (httpx.InvalidURL, ValueError):
            raise CourierError(_("Dit is geen adres van een portaal. Het begint met https://.")) from None

    def __enter__(self) -> Self:
        """Use the client in a `with` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._http.close()

    def get_keyset(self) -> bytes | None:
        """Return the keyset, not verified; None before the first roster."""
        answer = self._ask("GET", "/api/v1/keyset", KEYSET_SIZE)
        if answer.status == 503:
            return None
        return self._expect(answer, 200)

    def get_intake(self, credential: bytes) -> list[bytes]:
        """Return the addresses of all blocks that may be for the team."""
        answer = self._ask("GET", "/api/v1/intake", _INTAKE_SIZE, headers=authorize_courier(credential))
        body = self._expect(answer, 200)
        if len(body) % KEY_SIZE:
            raise CourierError(_("Het portaal geeft een onleesbare lijst. Er is niets opgehaald."))
        return [body[i : i + KEY_SIZE] for i in range(0, len(body), KEY_SIZE)]

    def get_index(self) -> bytes:
        """Return the index: the first four bytes of each address at which a reader may find something, sorted."""
        answer = self._ask("GET", "/api/v1/index", INDEX_SIZE)
        body = self._expect(answer, 200)
        if len(body) % PREFIX_SIZE:
            raise CourierError(_("Het portaal geeft een onleesbare lijst. Er is niets opgehaald."))
        return body

    def fetch(self, addresses: Sequence[bytes]) -> list[bytes]:
        """Return the blocks under exactly four addresses; where there is none, random bytes."""
        assert len(addresses) == FETCH_COUNT, "always four, whatever is wanted"
        answer = self._ask("POST", "/api/v1/blocks/fetch", FETCH_COUNT * BLOCK_SIZE, content=b"".join(addresses))
        body = self._expect(answer, 200)
        if len(body) != FETCH_COUNT * BLOCK_SIZE:
            raise CourierError(_("Het portaal geeft berichten van een verkeerde grootte. Probeer het later opnieuw."))
        return [body[i : i + BLOCK_SIZE] for i in range(0, len(body), BLOCK_SIZE)]

    def put_document(self, document: bytes) -> int:
        """Publish a signed document of the keyset; return the status."""
        return self._ask("PUT", "/api/v1/keyset", _SENTENCE_SIZE, content=document).status

    def get_ticket(self) -> bytes:
        """Return a puzzle for whoever posts without credential."""
        return self._expect(self._ask("GET", "/api/v1/ticket", _TICKET_SIZE), 200)

    def post(self, records: bytes, authorization: dict[str, str]) -> int:
        """Post up to 16 records, one after the other; return the status. All are stored, or none."""
        return self._ask("POST", "/api/v1/blocks", _SENTENCE_SIZE, content=records, headers=authorization).status

    def _expect(self, answer: Answer, status: int) -> bytes:
        if answer.status != status:
            raise CourierError(explain_status(answer.status) + " " + _("Antwoorden blijven in de map."))
        return answer.body

    def _ask(
        self, method: str, path: str, most: int, *, content: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        end = time.monotonic() + self._deadline
        try:
            for _call in range(_BUSY_CALLS):
                with self._http.stream(method, path, content=content, headers=headers) as response:
                    answer, pause = Answer(response.status_code, _read(response, most, end)), _read_pause(response)
                if pause == 0 or time.monotonic() + pause > end:
                    break
                # To ask twice does nothing twice.
                time.sleep(pause)
        except (httpx.HTTPError, httpx.InvalidURL):
            raise CourierError(
                _("Het portaal is niet te bereiken. Er gaat niets verloren. Probeer het later opnieuw.")
            ) from None
        return answer


def authorize_courier(credential: bytes) -> dict[str, str]:
    """Return the header with which a courier shows its credential."""
    return {"Authorization": f"Courier {encode_b64u(credential)}"}


def _read_pause(response: httpx.Response) -> int:
    """Return after how many seconds a busy portal wants to be asked again; 0 if it is not busy."""
    text = response.headers.get("Retry-After", "")
    if response.status_code != 503 or not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        return 0
    return min(int(text), _BUSY_SECONDS)


def _read(response: httpx.Response, most: int, end: float) -> bytes:
    body = bytearray()
    # Raw: what claims to be compressed is not unpacked.
    for part in response.iter_raw():
        body += part
        if len(body) > most or time.monotonic() > end:
            raise CourierError(_("Het portaal antwoordt te veel of te langzaam. Er is niets veranderd."))
    return bytes(body)
