"""A demo organisation: three counsellors, one report, one answer. Nothing in it is real, and nothing is secret.

Every step may be repeated; weeks later, repeating it brings roster, cards and freshness up to date.
"""
