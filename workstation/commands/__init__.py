"""What each command does. A command returns the lines that it tells; only `cli` prints."""
