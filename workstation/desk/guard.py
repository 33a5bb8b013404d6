"""Who may ask for a page: this computer's own browser, from this page. Other pages in it are strangers.

A page of another origin can make a browser send requests here, and a name that it controls can be made to point here.
So the Host must be ours, and whoever says where a request comes from must say: from here. A stranger's request leaves
no trace: it has no session, gets no cookie, and its answer is the same whatever is open.
"""

from __future__ import annotations

from typing import Final

from flask import Flask, Request, Response, abort, request

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; "
        "trusted-types 'none'"
    ),
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # A visitor's browser must not keep this page in a form from which it could be restored.
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


def install(app: Flask, port: int) -> None:
    """Put the guard before every request, the static files included, and the headers on every answer."""

    def check() -> None:
        if is_stranger(request, port):
            abort(403)

    def complete(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers[name] = value
        if response.headers.get("Content-Disposition", "").startswith("attachment"):
            # A stranger's file: should a browser ever show it after all, it can do nothing.
            response.headers["Content-Security-Policy"] += "; sandbox"
        response.headers.pop("Server", None)
        return response

    app.before_request(check)
    app.after_request(complete)


def is_stranger(asked: Request, port: int) -> bool:
    """Say whether a request does not come from this desk's own page, or from a person who typed its address."""
    host = asked.headers.get("Host", "")
    # A browser puts a whole address, or *, in place of a path for a proxy only; it may name another host.
    target = asked.environ.get("RAW_URI", "/")
    return host not in {f"127.0.0.1:{port}", f"localhost:{port}"} or target[:1] != "/" or not _is_from_here(asked, host)


def _is_from_here(asked: Request, host: str) -> bool:
    site = asked.headers.get("Sec-Fetch-Site")
    origin = asked.headers.get("Origin")
    reading = asked.method in {"GET", "HEAD"}
    if site is not None and site != "same-origin":
        # "none" is an address that a person typed or kept; no page can cause it.
        return site == "none" and origin is None and reading
    if origin == f"http://{host}":
        return True
    if origin == "null":
        # With no-referrer a browser hides its origin even from itself; then the other header must speak.
        return site == "same-origin"
    return origin is None and (reading or site == "same-origin")
