"""The protocol as pure functions: no I/O, no clock, randomness as an argument. See docs/SPEC.md."""
