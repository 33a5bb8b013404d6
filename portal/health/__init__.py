"""Health: whether the store can be written, asked from this machine only."""
