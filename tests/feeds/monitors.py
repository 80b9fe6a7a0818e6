"""A suite of Spidermon's own monitors, as its users put it together, for the tests in this folder."""

from __future__ import annotations

from spidermon import MonitorSuite
from spidermon.contrib.scrapy.monitors import (
    ErrorCountMonitor,
    FieldCoverageMonitor,
    FinishReasonMonitor,
    ItemCountMonitor,
    ItemValidationMonitor,
)


class Suite(MonitorSuite):  # type: ignore[misc]  # Spidermon has no types
    monitors = (ItemCountMonitor, FinishReasonMonitor, ErrorCountMonitor, ItemValidationMonitor, FieldCoverageMonitor)
