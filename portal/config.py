"""The configuration: a frozen value, read once and passed as an argument.

Every key is asked for; a key that is missing or unknown is an error which names the key and the fix. There is no
default for anything, least of all for a retention or a secret: who runs a portal has decided on each of them.
`config.example.toml` says what each key is for.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from crypto.labels import DEMO_ROOT_KEY
from portal import reading
from portal.errors import ConfigError


@dataclass(frozen=True)
class Key:
    """How a key of the configuration is read, and what it is, for whoever has to add or correct it."""

    read: Callable[[object], object]
    meaning: str


@dataclass(frozen=True)
class Organisation:
    """The team that runs this portal; what the release pins for the people who visit it."""

    id: Annotated[str, Key(reading.slug, "the organisation's id, 1 to 64 of a-z, 0-9 and -")]
    root_key: Annotated[bytes, Key(reading.key, "the root's verifying key, 32 bytes in base64url")]
    minimum_roster_version: Annotated[int, Key(reading.integer(1, 2**31), "the lowest roster version to accept")]


@dataclass(frozen=True)
class Site:
    """The static release and what its pages must know."""

    release: Annotated[Path, Key(reading.path, "the folder of the built release")]
    address: Annotated[
        str, Key(reading.origin, "the site's own address without a path, e.g. https://vertrouwenspost.example")
    ]
    responsible: Annotated[
        str, Key(reading.sentence, "who is responsible for the site, with a postal address, for the page on privacy")
    ]
    leave_to: Annotated[str, Key(reading.url, "where 'leave this page' goes, an https:// address")]
    release_weeks: Annotated[int, Key(reading.integer(1, 26), "whole weeks until the release must be built anew")]


@dataclass(frozen=True)
class Store:
    """Where blocks lie, and for how long."""

    # It may hold a password.
    url: Annotated[
        str, Key(reading.database, "the database, as an SQLAlchemy address, e.g. sqlite:///var/portal.sqlite")
    ] = field(repr=False)
    block_term_weeks: Annotated[int, Key(reading.integer(1, 520), "whole weeks that a block is kept")]
    block_term_spread_weeks: Annotated[
        int, Key(reading.integer(0, 52), "up to so many random weeks are added to each term")
    ]


@dataclass(frozen=True)
class Index:
    """How replies are published."""

    tick_minutes: Annotated[int, Key(reading.integer(1, 1440), "minutes between two publications")]
    entries_per_tick: Annotated[
        int, Key(reading.integer(1, 1000), "entries that every publication adds, real and dummy together")
    ]


@dataclass(frozen=True)
class Ticket:
    """What posting without the courier credential costs."""

    secret: Annotated[
        bytes, Key(reading.secret, "at least 32 random bytes in base64url, made for this portal alone")
    ] = field(repr=False)
    period_minutes: Annotated[
        int, Key(reading.integer(5, 1440), "minutes; a ticket holds for one to two of these periods")
    ]
    posts_per_ticket: Annotated[int, Key(reading.integer(1, 1000), "how many POSTs one ticket serves")]
    cost: Annotated[int, Key(reading.integer(1, 1_000_000), "PBKDF2 iterations of one attempt in quiet times")]
    highest_cost: Annotated[
        int, Key(reading.integer(1, 1_000_000), "PBKDF2 iterations of one attempt at most, for a slow phone")
    ]
    posts_per_step: Annotated[
        int, Key(reading.integer(1, 1_000_000), "after so many POSTs in a period the cost rises by itself")
    ]
    prefix: Annotated[
        str,
        Key(reading.hexadecimal, "what the result must begin with, in hexadecimal; each digit is 16 times the work"),
    ]


@dataclass(frozen=True)
class Budget:
    """How many bytes are accepted in a week, so that a flood ends before the disk does."""

    heads_per_week: Annotated[
        int, Key(reading.integer(0, 2**53), "bytes of messages a week that may come in with tickets")
    ]
    chunks_per_week: Annotated[
        int, Key(reading.integer(0, 2**53), "bytes of attachments a week that may come in from anybody")
    ]
    courier_per_week: Annotated[
        int, Key(reading.integer(0, 2**53), "bytes of other blocks a week that may come in with the courier credential")
    ]


@dataclass(frozen=True)
class Server:
    """Where and how wide the server listens."""

    host: Annotated[str, Key(reading.sentence, "the address to listen on, e.g. 127.0.0.1")]
    port: Annotated[int, Key(reading.integer(1, 65535), "the port to listen on")]
    workers: Annotated[int, Key(reading.integer(1, 64), "processes that answer")]
    threads: Annotated[int, Key(reading.integer(1, 256), "threads in each of them")]


@dataclass(frozen=True)
class Metrics:
    """Where the operator's figures are shown."""

    socket: Annotated[
        Path | None,
        Key(
            reading.path_or_nothing,
            'the Unix socket that shows figures about the portal, e.g. "var/metrics.sock", or "" for none',
        ),
    ]


@dataclass(frozen=True)
class Config:
    """The whole configuration of one portal."""

    organisation: Organisation
    site: Site
    store: Store
    index: Index
    ticket: Ticket
    budget: Budget
    server: Server
    metrics: Metrics

    @property
    def demo(self) -> bool:
        """Whether the root key is the one of the demo organisation, whose signing key everybody knows."""
        return self.organisation.root_key == DEMO_ROOT_KEY


def load(path: Path) -> Config:
    """Read `path`. Relative paths in it are relative to the folder it lies in.

    Raises: ConfigError, with a sentence that names the file, the key and the fix.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        return _parse(document, path.absolute().parent)
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist; copy config.example.toml to it and fill it in.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} cannot be read ({type(error).__name__}); check its permissions and its encoding."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}.") from None
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _parse(document: Mapping[str, object], folder: Path) -> Config:
    shapes = get_type_hints(Config)
    _refuse_unknown("section", document, shapes)
    sections: dict[str, Any] = {}
    for name, shape in shapes.items():
        table = document.get(name)
        if not isinstance(table, dict):
            raise ConfigError(f"the section [{name}] is missing; config.example.toml shows what belongs in it.")
        sections[name] = _parse_section(name, shape, table)
    site, store, metrics = sections["site"], sections["store"], sections["metrics"]
    sections["site"] = replace(site, release=folder / site.release)
    sections["store"] = replace(store, url=reading.anchored(store.url, folder))
    sections["metrics"] = replace(metrics, socket=metrics.socket and folder / metrics.socket)
    return Config(**sections)


def _parse_section(section: str, shape: type, table: Mapping[str, object]) -> object:
    hints = get_type_hints(shape, include_extras=True)
    _refuse_unknown(f"key in [{section}]", table, hints)
    return shape(**{name: _parse_key(section, name, hint.__metadata__[0], table) for name, hint in hints.items()})


def _parse_key(section: str, name: str, key: Key, table: Mapping[str, object]) -> object:
    if name not in table:
        raise ConfigError(f"[{section}] {name} is missing; add it: {key.meaning}.")
    try:
        return key.read(table[name])
    except ValueError as error:
        # The value itself is never repeated: it may be a secret.
        raise ConfigError(f"[{section}] {name} {error}; it is {key.meaning}.") from None


def _refuse_unknown(what: str, found: Mapping[str, object], known: Iterable[str]) -> None:
    for name in sorted(set(found) - set(known)):
        raise ConfigError(
            f"the {what} named {name!r} is unknown; remove it, or correct it to one of: {', '.join(known)}."
        )
