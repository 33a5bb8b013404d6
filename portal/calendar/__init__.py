"""The calendar: which week it is, also when the clock is wrong."""
