"""A starter on a computer without libseccomp: `python -m tests.workstation.unprotected [converter KIND [insisted]]`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from workstation.content import ROOT
from workstation.viewing import converter
from workstation.viewing.starter import Starter
from workstation.viewing.viewer import Viewer


@contextmanager
def unprotected() -> Iterator[Viewer]:
    """Begin such a starter."""
    process = subprocess.Popen(
        [sys.executable, "-BEs", "-m", "tests.workstation.unprotected"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        bufsize=0,
    )
    lacking = Viewer(process)
    try:
        yield lacking
    finally:
        lacking.stop()
        process.wait(10)


def main() -> None:
    """Be the starter, or one of its converters."""
    if sys.argv[1:2] != ["converter"]:
        command = (sys.executable, "-BEs", "-m", "tests.workstation.unprotected", "converter")
        Starter(command=command).serve()
        return
    sys.modules["pyseccomp"] = None  # type: ignore[assignment]
    del sys.argv[1]
    converter.main()


if __name__ == "__main__":
    main()
