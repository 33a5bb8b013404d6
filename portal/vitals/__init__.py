"""Vitals: what the doctor and the figures both look at, as bare facts; what they mean is said there."""
