"""A workstation's memory in one sealed file: made, rehearsed, and restored into a new workstation. spec: Backup."""
