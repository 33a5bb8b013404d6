"""The desk's web server: one process, on this computer's own address only, without an access log."""

from __future__ import annotations

import sys
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from workstation.clock import Clock
from workstation.confine import confine, forbid_dumps
from workstation.desk.app import create_app
from workstation.desk.service import Place
from workstation.desk.watch import begin_watch
from workstation.errors import ConfinementError
from workstation.texts import translate as _
from workstation.viewing.viewer import Viewer


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our settings and no others."""

    def __init__(self, place: Place, clock: Clock) -> None:
        self._place = place
        self._clock = clock
        self._viewer: Viewer | None = None
        super().__init__()

    def load_config(self) -> None:
        """Say how to serve; neither a file nor the environment is asked."""
        settings: dict[str, Any] = {
            "bind": f"127.0.0.1:{self._place.port}",
            # What is unlocked lives in the memory of one process.
            "workers": 1,
            "worker_class": "gthread",
            "threads": 4,
            "accesslog": None,
            "loglevel": "error",
            "proc_name": "desk",
            # Opening a large archive takes its time; the counsellor waits, nobody kills the process.
            "timeout": 0,
            "graceful_timeout": 5,
            "sendfile": False,
            # In the first process: the one that serves may start nothing.
            "pre_fork": self._renew_viewer,
            # No second way into a process that holds keys.
            "control_socket_disable": True,
            "limit_request_line": 1024,
            "limit_request_fields": 50,
            "limit_request_field_size": 4096,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def run(self) -> None:
        """Serve. This process holds no keys, but a confined one must not get out through its memory either."""
        forbid_dumps()
        super().run()

    def load(self) -> Flask:
        """Return the app; called in the process that serves, before it has threads, keys or a connection."""
        app = create_app(self._place, self._clock, viewer=self._viewer)
        try:
            confine()
        except ConfinementError as error:
            text = _("Dit bureau werkt, maar kan zelf niet worden afgesloten van het netwerk. {reason}")
            print(text.format(reason=error), file=sys.stderr, flush=True)  # noqa: T201 - the command ended before
        # After that, since it begins a thread.
        begin_watch(app.extensions["desk"])
        return app

    def _renew_viewer(self, _arbiter: object, _worker: object) -> None:
        """Begin a starter of converters for the process that is about to serve; that of the one before it ends."""
        if self._viewer is not None:
            self._viewer.stop()
        try:
            self._viewer = Viewer.start()
        except OSError:
            self._viewer = None


def serve(place: Place, clock: Clock) -> None:
    """Serve until interrupted."""
    Server(place, clock).run()
