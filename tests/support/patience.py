"""How long tests wait at most."""

PATIENCE = 300
"""Seconds after which something hangs. No test is about this time: a machine under load is slow, and not wrong."""
