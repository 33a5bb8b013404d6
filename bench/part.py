"""`python -m bench.part NAME FOLDER COUNT`: one part in a process of its own; its figures go out as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from bench.intake import measure_letters, measure_strangers
from bench.process import Figures
from bench.unlocking import measure_archive, measure_unlocking

_PARTS: Final[Mapping[str, Callable[[Path, int], Figures]]] = {
    "archive": measure_archive,
    "letters": measure_letters,
    "strangers": measure_strangers,
    "unlocking": measure_unlocking,
}

if __name__ == "__main__":
    _name, _folder, _count = sys.argv[1:]
    json.dump(_PARTS[_name](Path(_folder), int(_count)), sys.stdout)
