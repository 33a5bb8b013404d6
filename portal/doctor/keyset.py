"""The list of counsellors and their cards: the site closes by itself when they end, so this is said well before."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from portal.config import Organisation
from portal.database import Database
from portal.doctor.finding import Finding
from portal.vitals import keyset
from portal.vitals.keyset import Standing

# The root holder has to be found, and then every counsellor: OPERATING lets them begin a week before the end.
_SIGN_SOON_DAYS: Final = 14
# A statement of freshness holds until the end of the next week, so who syncs every week stays above this.
_SYNC_SOON_SECONDS: Final = 5 * 24 * 3600

_SIGN: Final = (
    "The root holder signs a new list (`python -m workstation roster`); then every counsellor takes it (`card`), "
    "and syncs."
)
_FIXES: Final = {
    "frozen": "Counsellors must open their desks and sync, of at least as many persons as the list asks for.",
    "nobody": "Every counsellor must open the desk, which makes new cards, and sync.",
    "missing": "Every counsellor must sync: a card that another vouches for has not come.",
    "expired": _SIGN,
}
_OTHERWISE: Final = "Every counsellor must take the newest list (`python -m workstation card`) and sync."


def examine(database: Database, organisation: Organisation, now: int) -> Iterator[Finding]:
    """Look at the keyset, as it is and as it will be if nobody does anything."""
    standing = keyset.look(database, organisation, now)
    if standing is None:
        yield Finding(
            "The site is closed: there is no list of counsellors under [organisation] id and root_key. Is the key the "
            "one that your root holder reads to you? Then every counsellor takes the list (`python -m workstation "
            "card`) and syncs."
        )
        return
    if standing.roster.version < organisation.minimum_roster_version:
        yield Finding(
            f"The site is closed: list number {standing.roster.version} is older than [organisation] "
            f"minimum_roster_version. {_SIGN}"
        )
        return
    yield _examine_roster(standing, now)
    yield _examine_closing(standing, now)
    yield from _examine_cards(standing)


def _examine_roster(standing: Standing, now: int) -> Finding:
    days, last = standing.roster_days(now), standing.roster.expires_on
    if days < 0:
        return Finding(f"The list of counsellors has expired: its last day was {last}. {_SIGN}")
    return Finding(
        f"The list of counsellors (number {standing.roster.version}) expires in {days} days, after {last}. {_SIGN}",
        days <= _SIGN_SOON_DAYS,
    )


def _examine_closing(standing: Standing, now: int) -> Finding:
    if standing.closes_at is None:
        return Finding("The site stays open.", to_do=False)
    fix = _FIXES.get(standing.reason, _OTHERWISE)
    if standing.closes_at <= now:
        return Finding(f"The site is closed, and shows telephone numbers only ({standing.reason}). {fix}")
    moment = f"{datetime.fromtimestamp(standing.closes_at, UTC):%Y-%m-%d, %H:%M} UTC"
    return Finding(
        f"The site closes on {moment} ({standing.reason}), if nobody does anything. {fix}",
        standing.closes_at <= now + _SYNC_SOON_SECONDS,
    )


def _examine_cards(standing: Standing) -> Iterator[Finding]:
    active = len(standing.roster.active)
    for week, names in zip(("this week", "next week"), standing.missing, strict=True):
        if names:
            yield Finding(
                f"{len(names)} of {active} workstations have no card for {week}, and cannot read what is written then: "
                f"{', '.join(names)}. They must open their desks, which makes new cards, and sync."
            )
        else:
            yield Finding(f"All {active} workstations have a card for {week}.", to_do=False)
