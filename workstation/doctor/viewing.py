"""Whether attachments can be looked at: a picture of our own is drawn as a stranger's would be."""

from __future__ import annotations

from collections.abc import Iterator

from workstation.doctor.finding import Finding
from workstation.texts import translate as _
from workstation.viewing.outcome import FAILED, GONE, UNPROTECTED
from workstation.viewing.pixels import Page, PixelsError, encode_png, parse
from workstation.viewing.viewer import Viewer, ViewingError


def examine_viewing() -> Iterator[Finding]:
    """Draw one pixel, in the processes that a desk would begin."""
    try:
        viewer = Viewer.start()
    except OSError:
        yield _explain(GONE)
        return
    try:
        yield _explain(try_viewing(viewer))
    finally:
        viewer.stop()


def try_viewing(viewer: Viewer) -> str:
    """Return what stood in the way, as a word of `outcome`; nothing if the pixel came back."""
    sent = Page(1, 1, b"\x0a\x50\x55")
    try:
        _count, pages = parse(viewer.convert("PNG", [encode_png(sent)]))
        return "" if list(pages) == [sent] else FAILED
    except ViewingError as error:
        return error.reason
    except PixelsError:
        return FAILED


def _explain(reason: str) -> Finding:
    if not reason:
        return Finding(_("Foto's en pdf's die met een bericht meekomen kunt u veilig bekijken."))
    if reason == UNPROTECTED:
        text = _(
            "Het programma dat plaatjes van bijlagen maakt kan hier niet worden afgesloten; het bureau toont ze niet. "
            "Installeer libseccomp; op Debian: `apt install libseccomp2`. Start daarna het bureau opnieuw."
        )
        return Finding(text, to_do=True)
    text = _(
        "Het programma dat plaatjes van bijlagen maakt werkt hier niet; opslaan kan wel. "
        "Installeer dit programma opnieuw, met alles uit requirements.txt."
    )
    return Finding(text, to_do=True)
