"""The project's settings, for crawls that kill themselves (`bench.killpoints`) or whose machine fails."""

import os

from bench import killpoints, machine
from sc_spiders.settings import *  # noqa: F403

_KILL = os.environ.get(killpoints.VARIABLE, "")

EXTENSIONS = {}
if _KILL:
    EXTENSIONS["bench.killpoints.Killer"] = 1
if os.environ.get(machine.VARIABLE):
    EXTENSIONS["bench.machine.Machine"] = 1
if _KILL.startswith("commit:") and _KILL.count(":") > 1:
    ITEM_PIPELINES = {"bench.killpoints.Lingering": 1}
