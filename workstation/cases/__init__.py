"""Messages → what a counsellor sees: the inbox and its conversations. Pure: no files, no keys, no clock."""
