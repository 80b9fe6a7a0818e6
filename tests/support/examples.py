"""The number of examples for a property, and text for them.

They are the same in each run, so that runs can be compared. `--hypothesis-profile thorough` draws others, and twenty
times as many. `few` draws a twentieth, for a run of tests within a test.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

_EVERY = 100  # with this `max_examples`, `examples` returns its argument
_CHARACTERS = st.characters(exclude_categories=["Cs"])

settings.register_profile(
    "suite", derandomize=True, max_examples=_EVERY, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.register_profile("thorough", max_examples=20 * _EVERY, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("few", settings.get_profile("suite"), max_examples=_EVERY // 20)


def examples(count: int) -> settings:
    """So many examples, or a multiple of it if the profile has more."""
    return settings(max_examples=max(1, count * settings().max_examples // _EVERY))


def any_text(*, min_size: int = 0, max_size: int | None = None) -> st.SearchStrategy[str]:
    """What `st.text` gives: any text that can be encoded. `st.text` takes a second to ask the codec for it."""
    return st.text(_CHARACTERS, min_size=min_size, max_size=max_size)
