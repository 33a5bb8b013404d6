"""Roster: the list of counsellors that is in force, as the other rooms need it."""
