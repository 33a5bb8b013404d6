"""Metrics: figures for the operator's monitoring, on a socket of their own, and never about single messages."""
