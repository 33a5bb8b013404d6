"""A workstation's and the root's secrets, each in one file that is sealed under a passphrase."""
