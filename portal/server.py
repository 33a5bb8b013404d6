"""gunicorn, told to write nothing about visitors, and the upkeep process beside it.

gunicorn's own words about a request quote it: in its log (an address, a header, a path) and in its answer to what it
cannot parse. The first are replaced here, the second in portal/worker.py.
"""

import os
import subprocess
import sys
from pathlib import Path

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]
from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from portal import logs
from portal.app import create_app
from portal.config import Config
from portal.connection import PATIENCE_SECONDS
from portal.errors import ConfigError
from portal.health.service import is_loopback
from portal.worker import PlainWorker


class QuietLogger(Logger):  # type: ignore[misc]
    """Write gunicorn's fixed sentences, with numbers (such as a process id) and nothing else filled in."""

    def critical(self, msg: object, *args: object, **_kwargs: object) -> None:
        """Write a sentence."""
        self.error_log.critical(_plain(msg, args))

    def error(self, msg: object, *args: object, **_kwargs: object) -> None:
        """Write a sentence."""
        self.error_log.error(_plain(msg, args))

    def warning(self, msg: object, *args: object, **_kwargs: object) -> None:
        """Write a sentence."""
        self.error_log.warning(_plain(msg, args))

    def info(self, msg: object, *args: object, **_kwargs: object) -> None:
        """Write a sentence."""
        self.error_log.info(_plain(msg, args))

    def debug(self, msg: object, *args: object, **_kwargs: object) -> None:
        """Write nothing: at this level gunicorn speaks of single requests."""

    def exception(self, msg: object, *args: object, **_kwargs: object) -> None:
        """Write a sentence, and where in the code it happened; no traceback, which quotes what it was about."""
        error = sys.exc_info()[1]
        place = f" ({logs.describe(error)})" if error is not None else ""
        self.error_log.error(_plain(msg, args) + place)


class PortalServer(BaseApplication):  # type: ignore[misc]
    """The portal under gunicorn."""

    def __init__(self, config: Config, config_path: Path) -> None:
        self._config = config
        self._config_path = config_path
        self._upkeep: subprocess.Popen[bytes] | None = None
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn what to do, in its own words."""
        server = self._config.server
        settings = {
            "bind": f"[{server.host}]:{server.port}" if ":" in server.host else f"{server.host}:{server.port}",
            "workers": server.workers,
            "threads": server.threads,
            "worker_class": PlainWorker,
            "logger_class": QuietLogger,
            "accesslog": None,
            "errorlog": "-",
            "loglevel": "info",
            "proc_name": "vertrouwenspost",
            "preload_app": False,
            # A ticket is the largest thing in a header, below 1,000 bytes.
            "limit_request_line": 2048,
            "limit_request_fields": 50,
            "limit_request_field_size": 4096,
            # No header of a proxy changes what a request means, so none that a visitor sends does either.
            "forwarded_allow_ips": "",
            # Seconds until a worker that does not move at all is replaced; a slow visitor never stops one.
            "timeout": 120,
            "graceful_timeout": 20,
            # Seconds between requests; with fewer than somebody has who never said anything, an honest visitor would
            # have to leave a full house first.
            "keepalive": PATIENCE_SECONDS,
            "sendfile": False,
            "control_socket_disable": True,
            "on_exit": lambda _arbiter: self._stop_upkeep(),
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Make the application, in each worker anew; `serve` has looked at the database, which may be away by now."""
        return create_app(self._config, look=False)

    def run(self) -> None:
        """Serve until the process is told to end."""
        _Arbiter(self).run()

    def keep_upkeep(self) -> None:
        """Start the upkeep, if it does not run: at the beginning, and whenever it has ended."""
        if self._upkeep is not None and self._upkeep.poll() is None:
            return
        parent = str(os.getpid())
        command = [sys.executable, "-m", "portal", "upkeep", "--config", str(self._config_path), "--parent", parent]
        # No shell, and every argument is our own. The child notices by itself when this process is gone.
        self._upkeep = subprocess.Popen(command, cwd=Path(__file__).resolve().parent.parent)  # noqa: S603

    def _stop_upkeep(self) -> None:
        if self._upkeep is not None:
            self._upkeep.terminate()


class _Arbiter(Arbiter):  # type: ignore[misc]
    """gunicorn's own, which replaces workers that end, and once a second also looks after the upkeep."""

    def manage_workers(self) -> None:
        """Start what is missing."""
        super().manage_workers()
        self.app.keep_upkeep()


def serve(config: Config, config_path: Path) -> None:
    """Serve until the process is told to end.

    Raises: ConfigError, if the demo's keys would be shown to others than this machine; DatabaseError and BuildError,
    before anything is listened to.
    """
    if config.demo and not is_loopback(config.server.host):
        raise ConfigError(
            "The demo's root key is known to everybody and must not be served to others: "
            "set [organisation] root_key to the key of your own root holder, or [server] host to 127.0.0.1."
        )
    # Once here, so that a missing migration or release is one sentence and not a worker that dies again and again.
    create_app(config)
    sys.stderr.write(f"The portal listens on http://{config.server.host}:{config.server.port}/\n")
    PortalServer(config, config_path).run()


def _plain(msg: object, args: tuple[object, ...]) -> str:
    try:
        return str(msg) % tuple(arg if isinstance(arg, int) else "…" for arg in args)
    except (TypeError, ValueError):
        return "gunicorn says something that cannot be shown."
