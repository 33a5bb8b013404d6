"""Ticket: proof of work instead of a name, for whoever posts."""
