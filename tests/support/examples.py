"""How many examples a property is tried with.

They are the same in each run, so that a run says of a change what another would say. `--hypothesis-profile thorough`
draws other ones, and twenty times as many.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

_EVERY = 100  # `max_examples` of a profile for which `examples` gives what was asked for

settings.register_profile(
    "suite", derandomize=True, max_examples=_EVERY, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.register_profile("thorough", max_examples=20 * _EVERY, deadline=None, suppress_health_check=list(HealthCheck))


def examples(count: int) -> settings:
    """So many examples, or as many more as the profile has."""
    return settings(max_examples=count * settings().max_examples // _EVERY)
