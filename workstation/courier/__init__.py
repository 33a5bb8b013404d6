"""The only part of the workstation that uses a network. It carries ciphertext and holds no key but its credential."""
