"""Upkeep: what the clock asks for: ticks, expiry, rewriting."""
