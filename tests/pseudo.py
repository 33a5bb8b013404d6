"""A language that nobody speaks: every letter of every text is changed, so a text outside the catalogue stands out.

`python -m tests.pseudo --config FILE` builds a release as `python -m portal build` does, with this language added.
It has the code of Volapük, since Babel and browsers want one they know. It is made here and never shipped.
"""

import argparse
import re
import shutil
import tempfile
import unicodedata
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from portal import config as configuration
from portal.config import Config
from portal.site.build import ROOT, build

CODE: Final = "vo"
_PLAIN: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
# No letter of these is in a Dutch or English word. tests/e2e/language.test.ts knows them too.
LETTERS: Final = "ȧƀƈḓḗƒɠħīĵķŀḿƞǿƥɋřşŧŭṽẇẋẏẑȦƁƇḒḖƑƓĦĪĴĶĿḾȠǾƤɊŘŞŦŬṼẆẊẎẐ"
_CHANGED: Final = str.maketrans(_PLAIN, LETTERS)
# What is no word and must stay as it is: placeholders, tags and entities.
MARKUP: Final = re.compile(r"(%\(\w+\)s|\{\w+\}|<[^>]+>|&\w+;)")


def translate(text: str) -> str:
    """Return a text of the catalogue in the pseudo-language."""
    parts = MARKUP.split(text)
    parts[::2] = [_plain(part).translate(_CHANGED) for part in parts[::2]]
    return f"[{''.join(parts)}]"


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def add(translations: Path) -> None:
    """Add the pseudo-language to a folder of translations."""
    with (translations / "messages.pot").open("rb") as file:
        source = read_po(file)
    catalogue = Catalog(locale=CODE)
    for message in source:
        if isinstance(message.id, tuple):
            catalogue.add(message.id, tuple(translate(text) for text in message.id))
        elif message.id:
            catalogue.add(message.id, translate(message.id))
    folder = translations / CODE / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.po").open("wb") as file:
        write_po(file, catalogue)


def build_with(config: Config, on: date) -> None:
    """Build the release of this checkout with the pseudo-language beside the real ones."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("node_modules", "templates", "web"):
            (root / name).symlink_to(ROOT / name)
        shutil.copytree(ROOT / "content", root / "content")
        add(root / "content" / "translations")
        build(config, on, root=root)


def main() -> None:
    """Do what the head of this module says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    build_with(configuration.load(parser.parse_args().config), datetime.now(UTC).date())


if __name__ == "__main__":
    main()
