"""Compare a running site with the manifest of a release: every byte, every header, and nothing beside them.

Whoever builds the release from the source learns here whether a site sends what that source says: to this computer, at
this moment. What the same site sends to somebody else, nobody but they can see; so let several people compare.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from crypto.errors import MalformedError
from portal.errors import PortalError
from portal.site import manifest
from portal.site.headers import ENCODINGS
from portal.site.manifest import Manifest
from portal.site.remote import Answer, Site
from portal.site.serve import addresses

# How an answer travels, for the web server with TLS to decide. A browser takes nothing else from these.
_TRANSPORT: Final = frozenset(
    {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding", "via"}
)

# What browsers offer to take, and which form of a file they must then get.
_OFFERS: Final = {"identity": "identity", "gzip, deflate": "gzip", "gzip, deflate, br": "br"}

# These stand in no manifest, and carry the same set all the same.
_OTHERS: Final = (
    ("/deze-pagina-bestaat-niet", 404, "text/plain; charset=utf-8"),
    ("/api/v1/index", 200, "application/octet-stream"),
)
_SHOWN: Final = 10


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was built: where, and what, as a sentence."""

    where: str
    what: str


@dataclass(frozen=True)
class _Expected:
    headers: Mapping[str, str]
    sha256: str | None = None
    status: int = 200


def compare(site: Site, built: Manifest) -> Iterator[Difference]:
    """Yield everything in which `site` differs from the release `built`. Raises: PortalError, if it does not answer."""
    yield from _compare_manifest(site, built)
    for path in sorted(path for path in built.files if not path.endswith(tuple(ENCODINGS.values()))):
        for offer, encoding in _OFFERS.items():
            entry = built.files.get(path + ENCODINGS.get(encoding, ""), built.files[path])
            expected = _Expected({**built.headers, **entry.headers}, entry.sha256)
            for address in addresses(path):
                where = f"/{address}" if encoding == "identity" else f"/{address} (compressed: {encoding})"
                yield from _judge(where, site.ask(f"{site.url}/{address}", offer), expected)
    for path, status, content_type in _OTHERS:
        expected = _Expected({**built.headers, "Content-Type": content_type}, status=status)
        yield from _judge(path, site.ask(site.url + path), expected)
    yield from _compare_unencrypted(site)


def tell(differences: Iterable[Difference]) -> list[str]:
    """Return a sentence for each kind of difference, with the places where it was seen."""
    places: dict[str, list[str]] = {}
    for difference in differences:
        places.setdefault(difference.what, []).append(difference.where)
    return [
        f"{what} At: {', '.join(where[:_SHOWN])}" + (f", and {len(where) - _SHOWN} more." if where[_SHOWN:] else ".")
        for what, where in places.items()
    ]


def _compare_manifest(site: Site, built: Manifest) -> Iterator[Difference]:
    where = f"/{manifest.NAME}"
    answer = site.ask(site.url + where)
    sha256 = manifest.hash_of(manifest.serialize(built))
    yield from _judge(where, answer, _Expected({**built.headers, **manifest.OWN_HEADERS}, sha256))
    try:
        day = manifest.parse(answer.body).day
    except MalformedError:
        return
    if day != built.day:
        advice = f"build yours with `--on {day}` and compare again."
        yield Difference(where, f"The site was built for {day}, and yours for {built.day}: {advice}")


def _compare_unencrypted(site: Site) -> Iterator[Difference]:
    if site.plain_url is None:
        return
    try:
        answer = site.ask(f"{site.plain_url}/")
    except PortalError:
        # The best answer: nothing listens there.
        return
    to = answer.headers.get("location", "")
    if not (300 <= answer.status < 400 and f"{to}/".startswith(f"{site.url}/")):
        yield Difference(
            f"{site.plain_url}/", f"Without encryption something else answers than a redirection to {site.url}."
        )


def _judge(where: str, answer: Answer, expected: _Expected) -> Iterator[Difference]:
    if answer.status != expected.status:
        to = answer.headers.get("location")
        sent = f", which sends visitors on to {_quote(to)}" if to else ""
        yield Difference(where, f"The answer has status {answer.status}{sent}; it must be {expected.status}.")
        return
    if expected.sha256 not in {None, manifest.hash_of(answer.body)}:
        yield Difference(where, "The content is not what was built.")
    right = {name.lower(): value for name, value in expected.headers.items()}
    for name, value in right.items():
        if name not in answer.headers:
            yield Difference(where, f"The header {name} is missing; it must say {_quote(value)}.")
        elif answer.headers[name] != value:
            said = _quote(answer.headers[name])
            yield Difference(where, f"The header {name} says {said}; it must say {_quote(value)}.")
    for name in sorted(answer.headers.keys() - right.keys() - _TRANSPORT):
        said = _quote(answer.headers[name])
        yield Difference(where, f"The header {_quote(name)} does not belong there; it says {said}.")


def _quote(text: str) -> str:
    # The other side chose it: one line, of what a terminal shows and does not obey.
    return "“" + "".join(c if c.isprintable() else "?" for c in text[:120]) + ("…”" if text[120:] else "”")
