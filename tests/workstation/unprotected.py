"""A starter on a computer without libseccomp: `python -m tests.workstation.unprotected [converter KIND [insisted]]`."""

from __future__ import annotations

import sys

from workstation.viewing import converter
from workstation.viewing.starter import Starter


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
