"""Print, as JSON, what the pages are given about the hours, and what is true of them at thousands of moments.

What is true is found here by walking through every minute of two years with zoneinfo, and by nothing of ours.
"""

import json
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from holidays import country_holidays

from portal.site import contacts, hours
from portal.site.build import ROOT

AMSTERDAM: Final = ZoneInfo("Europe/Amsterdam")
YEARS: Final = (2026, 2027)
# Around every moment at which something may change.
NEAR: Final = range(-3, 4)
CLOSED: Final = {
    day for day, name in country_holidays("NL", years=[*YEARS, 2028], language="en_US").items() if name != "Good Friday"
}


def is_office_open(at: datetime) -> bool:
    """Tell whether the office works at a local time: Monday to Friday, nine to five, no public holiday."""
    return at.weekday() < 5 and 9 <= at.hour < 17 and at.date() not in CLOSED


def main() -> None:
    """Print the table: given, and a row for each moment: epoch seconds, office open, local time of the next change."""
    begin = datetime(YEARS[0], 1, 1, tzinfo=AMSTERDAM).astimezone(UTC)
    # Past the end, so that the last minutes have a next change.
    end = datetime(YEARS[-1] + 1, 1, 5, tzinfo=AMSTERDAM).astimezone(UTC)
    count = (end - begin) // timedelta(minutes=1)
    local = [(begin + timedelta(minutes=i)).astimezone(AMSTERDAM) for i in range(count)]
    states = [is_office_open(at) for at in local]
    changes: list[datetime] = [local[-1]] * count
    for i in range(count - 2, -1, -1):
        changes[i] = local[i + 1] if states[i + 1] != states[i] else changes[i + 1]
    wanted: set[int] = set()
    for i, at in enumerate(local[1:], 1):
        # Every midnight, opening and closing hour whatever the day, and the two hours that summer time moves.
        moved = at.utcoffset() != local[i - 1].utcoffset()
        if moved or (at.minute == 0 and at.hour in (0, 9, 17)):
            wanted |= {i + near for near in NEAR}
    last = next(i for i, at in enumerate(local) if at.year > YEARS[-1])
    rows = [
        [
            int((begin + timedelta(minutes=i)).timestamp()),
            local[i].isoformat(),
            states[i],
            changes[i].strftime("%Y-%m-%d %H:%M"),
        ]
        for i in sorted(wanted)
        if 0 <= i < last
    ]
    known = contacts.read_contacts(ROOT / "content" / "contacts.toml")
    weeks = {contact.key: contact.opening for contact in known if contact.service == "ivp"}
    json.dump({"weeks": weeks, "holidays": hours.list_holidays(date(YEARS[0], 1, 1).year), "rows": rows}, sys.stdout)


if __name__ == "__main__":
    main()
