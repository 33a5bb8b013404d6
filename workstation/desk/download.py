"""A readable copy of an attachment as an answer to the browser, a chunk at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from werkzeug.wrappers import Response

from crypto.attachment import Attachment
from workstation.desk.filenames import encode_name, save_name

# For a browser that does not know the extended name: it says nothing, and no program opens it by itself.
_NEUTRAL_NAME: Final = "bijlage.bin"


def make_download(attachment: Attachment, pieces: Iterator[bytes]) -> Response:
    """Return the answer; a browser saves it and does not look into it.

    Its length is told first. So if `pieces` fails in the middle, the browser sees that the file is not whole.
    """
    response = Response(pieces, mimetype="application/octet-stream")
    response.content_length = attachment.size
    names = {"filename": _NEUTRAL_NAME, "filename*": encode_name(save_name(attachment.name))}
    response.headers.set("Content-Disposition", "attachment", **names)
    return response
