"""The portal: a dumb store with nine calls, which keeps what it cannot read (docs/SPEC.md, "Server")."""
