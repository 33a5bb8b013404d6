"""A stranger's images and documents become pixels, in a process that has no keys and can do nothing else. ADR 15."""
