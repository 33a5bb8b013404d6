"""Run the revisions in `versions/` on the connection that `portal.migrating` hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
