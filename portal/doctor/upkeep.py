"""Whether the upkeep runs: it shows its figures, and says there which of its tasks have failed."""

from collections.abc import Iterator
from typing import Final

from portal.config import Config
from portal.doctor.finding import Finding
from portal.metrics import figures, listener

# A task of the night is done once a day; two hours more are for the night itself.
_NIGHT_HOURS: Final = 26


def examine(config: Config) -> Iterator[Finding]:
    """Ask the upkeep for its figures, on its socket."""
    if config.metrics.socket is None:
        yield Finding("Whether the upkeep runs cannot be seen, because [metrics] socket is empty.", to_do=False)
        return
    try:
        ages = figures.read_ages(listener.ask(config.metrics.socket))
    except OSError as error:
        yield Finding(
            f"The upkeep does not answer at {config.metrics.socket} ({type(error).__name__}): nothing is published or "
            f"deleted. Start the server: `python -m portal serve`. If it runs, look in its log for “The figures”."
        )
        return
    late = [task for task, hours in sorted(ages.items()) if hours > _late_hours(config, task)]
    for task in late:
        yield Finding(
            f"The upkeep runs, but its {task} last succeeded {ages[task]} hours ago. Look in the server's log for the "
            f"line that begins with “{figures.FAILURES[task]}”; it says why."
        )
    if not late:
        yield Finding("The upkeep runs, and none of its tasks is late.", to_do=False)


def _late_hours(config: Config, task: str) -> int:
    return _NIGHT_HOURS if task != "tick" else 1 + 2 * config.index.tick_minutes // 60
