"""A running site, asked as a browser would ask it.

It is not trusted: sizes and times have bounds, nothing is followed or unpacked.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

import httpx

from portal.errors import PortalError

# Tor Browser's words, so that a site cannot tell us from visitors by ours.
_BROWSER: Final = {
    "User-Agent": "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "*/*",
}

# Nothing in a release comes near this size, and no honest answer takes this long.
_MOST: Final = 2**24
_SILENCE_SECONDS: Final = 20
_DEADLINE_SECONDS: Final = 120


@dataclass(frozen=True)
class Answer:
    """What came back: headers by their names in lower case, repeated ones joined by commas; the body as it was sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Site:
    """The site at one address; `url` ends without `/`, and `plain_url` is the same host without encryption."""

    def __init__(self, url: str, *, transport: httpx.BaseTransport | None = None) -> None:
        """Prepare to ask; nothing is sent yet. Raises: PortalError."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
            raise PortalError("That is not the address of a site; write it like https://meldpunt.example.")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self.url = f"{parts.scheme}://{host}" + (f":{port}" if port else "")
        self.plain_url = None if parts.scheme == "http" else f"http://{host}"
        # Neither proxies nor passwords from the environment: the address says it all.
        self._http = httpx.Client(
            timeout=_SILENCE_SECONDS, follow_redirects=False, trust_env=False, headers=_BROWSER, transport=transport
        )

    def __enter__(self) -> Self:
        """Use the site in a `with` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._http.close()

    def ask(self, url: str, offer: str = "identity") -> Answer:
        """Get an address, and offer to take it compressed so. Raises: PortalError, if no whole answer comes."""
        try:
            with self._http.stream("GET", url, headers={"Accept-Encoding": offer}) as response:
                headers = {name.lower(): response.headers[name] for name in response.headers}
                return Answer(response.status_code, headers, _read(response))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PortalError(
                f"{url} does not answer, or not in a way that can be trusted ({type(error).__name__})."
            ) from None


def _read(response: httpx.Response) -> bytes:
    end = time.monotonic() + _DEADLINE_SECONDS
    body = bytearray()
    # Raw: what is compressed is compared as it came. What is too long or too slow is cut off, and then equals nothing.
    for part in response.iter_raw():
        body += part
        if len(body) > _MOST or time.monotonic() > end:
            break
    return bytes(body)
