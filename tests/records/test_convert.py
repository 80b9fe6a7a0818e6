from __future__ import annotations

from typing import Any

import pytest

from sc_spiders.records import iso_date


@pytest.mark.parametrize(
    ("given", "iso"),
    [
        ("2025/09/16 01:23:36 +0000", "2025-09-16T01:23:36Z"),
        ("2025/09/16 01:23:36 +0200", "2025-09-15T23:23:36Z"),
        ("2025-09-16T01:23:36Z", "2025-09-16T01:23:36Z"),
        ("2025-09-16T01:23:36.123Z", "2025-09-16T01:23:36Z"),
        ("2025-09-16T01:23:36+02:00", "2025-09-15T23:23:36Z"),
        (1_700_000_000_123, "2023-11-14T22:13:20Z"),
        (1_167_609_600_000, "2007-01-01T00:00:00Z"),
        (1_699_999_999, "2023-11-14T22:13:19Z"),
    ],
)
def test_dates_of_all_forms(given: Any, iso: str) -> None:
    assert iso_date(given) == iso


@pytest.mark.parametrize(
    "given",
    [
        "",
        "2025-09-16",
        "yesterday",
        "2025/99/99 01:23:36 +0000 and more",
        "0001-01-01T00:00:00+14:00",
        None,
        -1,
        0,
        1_167_609_599,
        1_000_000_000_000,
        10**30,
        1.5,
        True,
        [],
    ],
)
def test_what_is_no_date_stays_for_the_schema_to_refuse(given: Any) -> None:
    assert iso_date(given) == given
