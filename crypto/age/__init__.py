"""age-encryption.org/v1 with post-quantum recipients, strictly a subset: no passphrases, X25519 recipients or armor."""
