"""The portal as a WSGI application: every room gets what it needs as an argument, here and nowhere else."""

from flask import Flask

from portal import database, migrating, surroundings
from portal.admission.service import Admission
from portal.blocks import views as blocks_views
from portal.blocks.service import Blocks
from portal.calendar.service import Calendar
from portal.clock import Clock, system_clock
from portal.config import Config
from portal.database import Database
from portal.gate import RECORD_COUNT, RECORD_SIZE
from portal.health import views as health_views
from portal.health.service import Health
from portal.index import views as index_views
from portal.index.service import Publication
from portal.intake import views as intake_views
from portal.intake.service import Intake
from portal.keyset import views as keyset_views
from portal.keyset.service import Keysets
from portal.site import serve
from portal.ticket import views as ticket_views
from portal.ticket.service import Tickets


def create_app(config: Config, *, clock: Clock = system_clock, look: bool = True) -> Flask:
    """Make the application; it has neither a secret key nor sessions.

    Without `look` the database is not looked at: it may be away for a while.

    Raises: DatabaseError (not migrated), BuildError (no release, or another than was built).
    """
    # static_folder=None: Flask would otherwise serve files by a path from the request.
    app = Flask("portal", static_folder=None, template_folder=None)
    # A second wall behind the gate.
    app.config["MAX_CONTENT_LENGTH"] = RECORD_COUNT * RECORD_SIZE
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    # A redirect to a tidier path would repeat the path that was asked for.
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    store = database.connect(config.store.url, connections=config.server.threads)
    if look:
        migrating.require_current(store)
    _furnish(app, config, store, clock)
    surroundings.surround(app)
    return app


def _furnish(app: Flask, config: Config, store: Database, clock: Clock) -> None:
    admission, calendar = Admission(config.organisation, config.ticket, clock), Calendar(clock)
    app.register_blueprint(blocks_views.blueprint(Blocks(store, admission, config.store, config.budget, calendar)))
    app.register_blueprint(health_views.blueprint(Health(store)))
    app.register_blueprint(index_views.blueprint(Publication(store, config.index, config.store, calendar)))
    app.register_blueprint(intake_views.blueprint(Intake(store, admission)))
    app.register_blueprint(keyset_views.blueprint(Keysets(store, config.organisation, clock)))
    app.register_blueprint(ticket_views.blueprint(Tickets(store, config.ticket, clock)))
    app.register_blueprint(serve.blueprint(serve.load(config.site.release)))
