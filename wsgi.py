"""The portal for another WSGI server than `python -m portal serve`: PORTAL_CONFIG names the configuration.

`serve` also keeps gunicorn from writing about visitors and runs the upkeep; with another server both are the
operator's task.
"""

import os
from pathlib import Path

from portal.app import create_app
from portal.config import load

application = create_app(load(Path(os.environ["PORTAL_CONFIG"])))
