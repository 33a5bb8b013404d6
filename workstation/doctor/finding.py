"""What a doctor says, and where it looks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Finding:
    """What is well, in a sentence; or, where `to_do`, what is not and what to do about it now."""

    sentence: str
    to_do: bool = False


@dataclass(frozen=True, slots=True)
class System:
    """Where the kernel tells about itself."""

    proc: Path = Path("/proc")
    sys: Path = Path("/sys")

    def read(self, path: Path) -> str:
        """Return a file of the kernel's; "" where it tells nothing."""
        try:
            return path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
