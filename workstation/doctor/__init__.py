"""What protects this workstation now, and what its person has to do. It asks no passphrase and opens nothing."""
