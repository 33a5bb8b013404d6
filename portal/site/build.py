"""Build the static release: pages, script, stylesheet, images, all of it compressed too, and the manifest.

The same checkout, configuration and day give the same bytes: nothing here knows a time, a host or an order of files.
"""

import shutil
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from crypto.encoding import encode_b64u
from portal.config import Config
from portal.errors import BuildError
from portal.site import bundle, compress, contacts, hours, identifying, manifest, pages, qr, questions

ROOT: Final = Path(__file__).resolve().parent.parent.parent


def build(config: Config, on: date, *, root: Path = ROOT) -> None:
    """Build the release of the checkout `root` into the configured folder, with the contacts that hold on the day `on`.

    The old release stays as it is until the new one is whole. Raises: BuildError, with one sentence that names the fix.
    """
    release = config.site.release
    try:
        release.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{release.name}-", dir=release.parent) as folder:
            fresh = Path(folder) / "new"
            _fill(fresh, root, _context(config, on, root))
            compress.compress(fresh)
            manifest.write(fresh, on)
            _swap(fresh, release, Path(folder) / "old")
    except OSError as error:
        raise BuildError(f"The release cannot be written to {release} ({type(error).__name__}).") from None


def _context(config: Config, on: date, root: Path) -> Mapping[str, Any]:
    numbers = root / "content" / "contacts.toml"
    versions = questions.read_questions(root / "content" / "questions")
    return {
        "organisation": config.organisation.id,
        "root_key": encode_b64u(config.organisation.root_key),
        "minimum_roster_version": config.organisation.minimum_roster_version,
        "demo": config.demo,
        "leave_to": config.site.leave_to,
        "responsible": config.site.responsible,
        "address": config.site.address,
        "address_code": qr.draw(config.site.address),
        "identifying": identifying.read_identifying(root / "content" / "identifying.toml"),
        "contacts": contacts.choose_shown(numbers, contacts.read_contacts(numbers), on, config.site.release_weeks),
        "holidays": hours.list_holidays(on.year),
        "term_weeks": config.store.block_term_weeks,
        "spread_weeks": config.store.block_term_spread_weeks,
        "questions": versions[-1],
        "earlier_questions": versions[:-1],
    }


def _fill(fresh: Path, root: Path, context: Mapping[str, Any]) -> None:
    templates = root / "templates" / "site"
    assets = fresh / "assets"
    assets.mkdir(parents=True)
    bundle.bundle(root, assets)
    for image in sorted((templates / "images").iterdir()):
        shutil.copyfile(image, assets / image.name)
    for path, page in pages.render(templates, root / "content" / "translations", context):
        (fresh / path).parent.mkdir(parents=True, exist_ok=True)
        (fresh / path).write_bytes(page)


def _swap(fresh: Path, release: Path, old: Path) -> None:
    # A folder cannot be replaced in one step: for a moment there is none. The server reads it only when it starts.
    if release.exists():
        if not (release / manifest.NAME).is_file():
            raise BuildError(f"{release} exists and is not a release; name another folder in [site] release.")
        release.rename(old)
    fresh.rename(release)
