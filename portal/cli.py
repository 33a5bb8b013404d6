"""`python -m portal`: what the operator types."""

import argparse
import os
import secrets
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from crypto.encoding import encode_b64u
from portal import config as configuration
from portal import database, logs, migrating, server
from portal.clock import system_clock
from portal.doctor.examination import examine
from portal.errors import PortalError
from portal.site import manifest, verify
from portal.site.build import build
from portal.site.remote import Site
from portal.upkeep import loop, tasks
from portal.upkeep.rewrite import rewrite

_ABOUT: Final = """The portal: the server that people's browsers talk to. It stores what it cannot read.

The usual order is: copy config.example.toml to config.toml and fill it in, then `build`, `migrate` and `serve`."""

# What a command returns is its exit status; nothing means that it did what was asked.
Command = Callable[[argparse.Namespace], int | None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status, 0 if it did what was asked."""
    # What is made here - database, release, logs - is for its owner only.
    os.umask(0o077)
    logs.begin()
    options = _parser().parse_args(arguments)
    try:
        return options.run(options) or 0
    except PortalError as error:
        print(f"portal: {error}", file=sys.stderr)
        return 1
    except SQLAlchemyError as error:
        # Its own words would quote what it was about.
        print(f"portal: The database did not do that ({logs.describe(error)}); try again later.", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m portal", description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    build_command = _add(commands, "build", _build, "Make the people's pages anew, from the templates and the content.")
    build_command.add_argument(
        "--on",
        type=date.fromisoformat,
        metavar="DAY",
        help="leave out telephone numbers that expire before a release of this day (today) does; the manifest names it",
    )
    _add_verify(commands)
    _add(
        commands,
        "doctor",
        _doctor,
        "Say what needs doing, each with the fix: configuration, clock, disk, database, expiry, list of counsellors, "
        "telephone numbers, release. It changes nothing. The exit status is 1 if something needs doing.",
    )
    _add(commands, "migrate", _migrate, "Make the database, or bring it to this version. Stop the server first.")
    _add(commands, "serve", _serve, "Run the server, and the upkeep beside it, until Ctrl+C.")
    _add(commands, "tick", _tick, "Publish the next entries of the index now. The server does this by itself.")
    expire = _add(
        commands, "expire", _expire, "Delete what has passed its term now. The server does this by itself every night."
    )
    expire.add_argument(
        "--clock-is-right",
        action="store_true",
        help="the clock is right although it is more than two weeks past the last week in which this portal worked",
    )
    _add(
        commands,
        "rewrite",
        _rewrite,
        "Rewrite the database, so that it does not tell what came when. Done every night.",
    )
    upkeep = _add(
        commands,
        "upkeep",
        _upkeep,
        "Tick, expire and rewrite when it is time, and show the figures. `serve` starts this by itself.",
    )
    upkeep.add_argument("--parent", type=int, metavar="PID", help="end when this process, which started us, ends")
    secret = commands.add_parser(
        "secret", help="Print a fresh secret for [ticket] secret.", description=_secret.__doc__
    )
    secret.set_defaults(run=_secret)
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, run: Command, text: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text)
    command.add_argument(
        "--config", type=Path, default=Path("config.toml"), metavar="FILE", help="the configuration (config.toml)"
    )
    command.set_defaults(run=run)
    return command


def _add_verify(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _add(
        commands,
        "verify",
        _verify,
        "Compare a running site with the release that you built yourself, and say what differs. "
        "The exit status is 0 if nothing does, 1 if something does, 2 if it could not be checked.",
    )
    command.add_argument("url", metavar="URL", help="the address of the site, e.g. https://meldpunt.example")
    own = command.add_mutually_exclusive_group()
    own.add_argument(
        "--release", type=Path, metavar="FOLDER", help="your release (the one that the configuration names)"
    )
    own.add_argument("--manifest", type=Path, metavar="FILE", help="its manifest.json, if that is all you have")


def _build(options: argparse.Namespace) -> None:
    config = configuration.load(options.config)
    build(config, options.on or datetime.now(UTC).date())
    print(f"The release stands in {config.site.release}.")


def _doctor(options: argparse.Namespace) -> int:
    findings = list(examine(options.config, system_clock))
    for finding in findings:
        print(f"{'TO DO' if finding.to_do else 'ok':5}  {finding.sentence}")
    return int(any(finding.to_do for finding in findings))


def _verify(options: argparse.Namespace) -> int:
    found: list[verify.Difference] = []
    status = 0
    try:
        built = _read_manifest(options)
        with Site(options.url) as site:
            found.extend(verify.compare(site, built))
            if not found:
                print(f"{site.url} is the release that was built for {built.day}, in every byte and every header.")
    except PortalError as error:
        # What was found before is told all the same.
        print(f"portal: {error}", file=sys.stderr)
        status = 2
    for sentence in verify.tell(found):
        print(sentence)
    return 1 if found else status


def _read_manifest(options: argparse.Namespace) -> manifest.Manifest:
    if options.manifest:
        return manifest.load(options.manifest)
    release = options.release or configuration.load(options.config).site.release
    return manifest.parse(manifest.read(release)[manifest.NAME])


def _migrate(options: argparse.Namespace) -> None:
    config = configuration.load(options.config)
    migrating.migrate(database.connect(config.store.url))
    print("The database is of this version.")


def _serve(options: argparse.Namespace) -> None:
    server.serve(configuration.load(options.config), options.config.absolute())


def _tick(options: argparse.Namespace) -> None:
    config = configuration.load(options.config)
    tasks.tick(config, tasks.open_store(config), system_clock)


def _expire(options: argparse.Namespace) -> None:
    config = configuration.load(options.config)
    tasks.expire(config, tasks.open_store(config), system_clock, clock_is_right=options.clock_is_right)


def _rewrite(options: argparse.Namespace) -> None:
    rewrite(tasks.open_store(configuration.load(options.config)))


def _upkeep(options: argparse.Namespace) -> None:
    config = configuration.load(options.config)
    try:
        loop.run(config, tasks.open_store(config), system_clock, options.parent or os.getppid())
    except KeyboardInterrupt:
        # Ctrl+C reaches the whole group; the server says goodbye for both.
        return


def _secret(_options: argparse.Namespace) -> None:
    """Print 32 random bytes in base64url."""
    print(encode_b64u(secrets.token_bytes(32)))
