"""Intake: the addresses of everything a desk may want to fetch."""
