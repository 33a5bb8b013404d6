"""The release, which must be built anew before the numbers in it expire."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from portal.config import Config
from portal.doctor.finding import Finding
from portal.errors import BuildError
from portal.site import manifest

# Building takes a minute; a week's notice is enough.
_BUILD_SOON: Final = timedelta(days=7)


def examine(config: Config, on: date) -> Iterator[Finding]:
    """Look at the built release on the day `on`; one that cannot be read is a finding too."""
    try:
        built = date.fromisoformat(manifest.load(config.site.release / manifest.NAME).day)
    except BuildError as error:
        yield Finding(str(error))
        return
    end = built + timedelta(weeks=config.site.release_weeks)
    life, soon = f"The release was built for {built}", end <= on + _BUILD_SOON
    if end < on:
        yield Finding(
            f"{life} and had to be built anew by {end}: it may hold numbers that have expired. Run `python -m portal "
            f"build` now and start the server again."
        )
    else:
        fix = "Run `python -m portal build` by then and start the server again."
        yield Finding(f"{life} and must be built anew by {end}, in {(end - on).days} days. {fix}", soon)
