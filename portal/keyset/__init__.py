"""Keyset: the signed documents that say who the counsellors are."""
