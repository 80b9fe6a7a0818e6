"""How long tests wait."""

import time

from sc_spiders.api.clock import now

PATIENCE = 300
"""Seconds after which something hangs. No test is about this time: a machine under load is slow, and not wrong."""


def wait_for_next_second() -> None:
    """Crawls that begin in the same second look the same."""
    begun = now()
    while begun == now():
        time.sleep(0.02)
