"""What a counsellor has chosen for this desk: its language, and whether single keys do something. Nothing secret."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crypto.encoding import check_boolean, check_keys, parse_json, serialize_json
from crypto.errors import MalformedError
from workstation import files
from workstation.errors import UnfitFileError
from workstation.texts import LANGUAGES, language

_SIZE: Final = 1024


@dataclass(slots=True)
class Settings:
    """What holds now; `change` also writes it down for the next time."""

    path: Path
    language: str
    keys: bool = True

    @classmethod
    def load(cls, path: Path, asked: str) -> Settings:
        """Read what was chosen; a language that the command asks for goes first. What is damaged says nothing."""
        settings = cls(path, language())
        try:
            fields = check_keys(parse_json(files.read_file(path, _SIZE) or b""), frozenset({"keys", "language"}))
            settings.keys = check_boolean(fields["keys"])
            settings._speak(fields["language"])
        except (MalformedError, UnfitFileError):
            pass
        settings._speak(asked)
        return settings

    def change(self, chosen: object, *, keys: bool) -> None:
        """Take over what was chosen; a language that is none changes nothing. Raises OSError, UnfitFileError."""
        self._speak(chosen)
        self.keys = keys
        files.write_atomic(self.path, serialize_json({"keys": self.keys, "language": self.language}))

    def _speak(self, chosen: object) -> None:
        if isinstance(chosen, str) and chosen in LANGUAGES:
            self.language = chosen
