"""The QR code of the site's address, drawn when the pages are built."""

import segno
from markupsafe import Markup
from segno.encoder import DataOverflowError

from portal.errors import BuildError


def draw(address: str) -> Markup:
    """Return an <svg> to stand inside a page: dark on light, with the quiet zone of four modules, without a style.

    It says the address in no words, so those stand beside it. Raises: BuildError, if the address does not fit.
    """
    try:
        code = segno.make_qr(address, error="m")
    except DataOverflowError:
        raise BuildError("[site] address is too long for a QR code; give the bare address.") from None
    # Everything in it is made by the library; the address itself is drawn only.
    drawing = code.svg_inline(border=4, omitsize=True, dark="#000", light="#fff", svgclass="qr", lineclass=None)
    return Markup(drawing.replace("<svg", '<svg aria-hidden="true"', 1))  # noqa: S704
