"""The number of examples for a property.

They are the same in each run, so that runs can be compared. `--hypothesis-profile thorough` draws others, and twenty
times as many. `few` draws a twentieth, for a run of tests within a test.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

_EVERY = 100  # with this `max_examples`, `examples` returns its argument

settings.register_profile(
    "suite", derandomize=True, max_examples=_EVERY, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.register_profile("thorough", max_examples=20 * _EVERY, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("few", settings.get_profile("suite"), max_examples=_EVERY // 20)


def examples(count: int) -> settings:
    """So many examples, or a multiple of it if the profile has more."""
    return settings(max_examples=max(1, count * settings().max_examples // _EVERY))
