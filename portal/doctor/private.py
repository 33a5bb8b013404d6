"""What only this portal may know: secrets that are everybody's, and files that others can read."""

import stat
from collections.abc import Iterator
from pathlib import Path

from portal import config as configuration
from portal.config import Config
from portal.doctor.finding import Finding
from portal.site.build import ROOT
from portal.vitals import disk


def examine(config: Config, path: Path) -> Iterator[Finding]:
    """Look at the secrets of a configuration that was read from `path`, and at who may read it and the database."""
    if config.demo:
        yield Finding(
            "[organisation] root_key is the demo's: everybody can sign a list of counsellors for this site. Put in "
            "the key that your root holder reads to you, and build."
        )
    if config.ticket.secret == configuration.load(ROOT / "config.example.toml").ticket.secret:
        yield Finding(
            "[ticket] secret is the demo's: everybody can post without work. Put in what `python -m portal secret` "
            "prints, and start the server again."
        )
    for file in (path, *disk.files(config)):
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            yield Finding(f"{file} is open to others than its owner. Run `chmod 600 {file}`.")
