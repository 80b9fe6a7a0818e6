"""One file, one spider."""
