"""How long tests wait for what must come."""

PATIENCE = 300
"""Seconds after which something hangs. No test is about this time: a machine under load is slow, and not wrong."""
