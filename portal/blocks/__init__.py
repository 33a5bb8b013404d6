"""Blocks: store, fetch and delete what only its readers understand."""
