"""The one set of headers that every answer carries, and those that describe a file of the release, as data.

There is no exception for any path, so whoever checks one answer has checked them all, and the manifest can name the
set.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from portal.errors import BuildError

_CONTENT_SECURITY: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'none'",  # Plaintext cannot be posted by accident: no form goes anywhere.
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)

# Whatever a browser can be asked for and these pages never need; a name that browsers do not know would fill their
# console.
_DENIED_FEATURES: Final = (
    "accelerometer",
    "autoplay",
    "camera",
    "display-capture",
    "encrypted-media",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "usb",
    "window-management",
    "xr-spatial-tracking",
)

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "; ".join(_CONTENT_SECURITY),
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _DENIED_FEATURES),
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",  # Two years, in seconds.
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_ALREADY_COMPRESSED: Final = frozenset({".png"})

# The forms beside the plain one, best first: what HTTP calls them, and what their file's name ends in.
ENCODINGS: Final = {"br": ".br", "gzip": ".gz"}

# What else an answer may carry; a cookie or anything else of the framework's choosing never gets out.
_OWN: Final = frozenset({"allow", "content-encoding", "content-length", "content-type", "retry-after", "vary"})


def is_compressible(path: str) -> bool:
    """Say whether a plain file of the release also has compressed forms."""
    return PurePosixPath(path).suffix not in _ALREADY_COMPRESSED


def describe(path: str) -> Mapping[str, str]:
    """Return the headers that describe a file of the release, plain or compressed. Raises: BuildError."""
    for encoding, ending in ENCODINGS.items():
        if path.endswith(ending):
            return {"Content-Encoding": encoding, **describe(path.removesuffix(ending))}
    content_type = _TYPES.get(PurePosixPath(path).suffix)
    if content_type is None:
        raise BuildError(f"{path} is of a kind that is not served; see portal/site/headers.py.")
    return {"Content-Type": content_type, **({"Vary": "Accept-Encoding"} if is_compressible(path) else {})}


def complete(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Reduce what an answer carries to what describes its body, and add the one set."""
    own = [(name, value) for name, value in headers if name.lower() in _OWN]
    return own + list(HEADERS.items())
