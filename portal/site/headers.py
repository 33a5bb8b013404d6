"""The one set of headers that every answer carries, as data.

There is no exception for any path, so whoever checks one answer has checked them all, and the manifest can name the
set.
"""

from typing import Final

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

# What else an answer may carry; a cookie or anything else of the framework's choosing never gets out.
_OWN: Final = frozenset({"allow", "content-encoding", "content-length", "content-type", "vary"})


def complete(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Reduce what an answer carries to what describes its body, and add the one set."""
    own = [(name, value) for name, value in headers if name.lower() in _OWN]
    return own + list(HEADERS.items())
