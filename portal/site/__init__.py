"""Site: the static release, from its templates to the bytes that are served."""
