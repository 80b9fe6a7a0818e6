"""The number of examples for a property.

They are the same in each run, so that runs can be compared. `--hypothesis-profile thorough` draws others, and twenty
times as many.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

_EVERY = 100  # with this `max_examples`, `examples` returns its argument

settings.register_profile(
    "suite", derandomize=True, max_examples=_EVERY, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.register_profile("thorough", max_examples=20 * _EVERY, deadline=None, suppress_health_check=list(HealthCheck))


def examples(count: int) -> settings:
    """So many examples, or a multiple of it if the profile has more."""
    return settings(max_examples=count * settings().max_examples // _EVERY)
