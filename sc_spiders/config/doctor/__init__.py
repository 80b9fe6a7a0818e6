"""Checks that the machine, the installation and the credentials are good for a crawl. `scrapy doctor` runs it."""

from __future__ import annotations

from collections.abc import Iterator

from scrapy.settings import BaseSettings

from sc_spiders.config.doctor import access, machine, project
from sc_spiders.config.doctor.finding import Finding
from sc_spiders.errors import MissingLibrary

__all__ = ["Finding", "examine"]

_CHECKS = (
    machine.python,
    machine.packages,
    project.settings,
    project.schemas,
    project.spiders,
    project.sandbox,
    access.credentials,
    access.token_file,
    machine.output,
    machine.redis,
)


def examine(settings: BaseSettings, *, online: bool = False) -> Iterator[Finding]:
    """The findings of all checks. Without `online`, requests go only to this machine and SC_REDIS_URL."""
    checks = list(_CHECKS)
    if online:
        checks.append(access.online)
    for check in checks:
        try:
            yield from check(settings)
        except MissingLibrary as e:
            yield Finding.bad(e.problem, e.remedy)
        except Exception as e:
            yield Finding.bad(
                f"{check.__name__.replace('_', ' ')}: {type(e).__name__}: {e}",
                "this check itself failed: please report it with this line",
            )
