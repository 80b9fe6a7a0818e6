from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sc_spiders.records import iso_date
from sc_spiders.records.convert import CONVERSIONS
from sc_spiders.redaction.values import redact

DATES = st.builds(
    "{}{}{}".format,
    st.sampled_from(["2025-09-16T01:23:36", "2025-09-16t01:23:36", "0999-09-16T01:23:36", "2025/09/16 01:23:36", ""]),
    st.sampled_from(["", ".5", ".1234567"]),
    st.sampled_from(["Z", "z", "", "+00:00", "-05:00", "-0530", "-05:00:01", " +0000", " -0100", "\n", "Z\nZ"]),
)


@pytest.mark.parametrize(
    ("given", "iso"),
    [
        ("2025/09/16 01:23:36 +0000", "2025-09-16T01:23:36Z"),
        ("2025/09/16 01:23:36 +0200", "2025-09-15T23:23:36Z"),
        ("2025-09-16T01:23:36Z", "2025-09-16T01:23:36Z"),
        ("2025-09-16T01:23:36.123Z", "2025-09-16T01:23:36Z"),
        ("2025-09-16T01:23:36+02:00", "2025-09-15T23:23:36Z"),
        ("2025-09-16T01:23:36-02:00", "2025-09-16T03:23:36Z"),
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


@example(["2025-09-16T01:23:36Z", "2025-09-16T01:23:36-05:00"])
@settings(max_examples=100)
@given(st.lists(DATES | st.sampled_from([1, True, 1_700_000_000_123]), min_size=1, max_size=3))
def test_only_dates_that_stay_are_passed_over(values: list[Any]) -> None:
    date = CONVERSIONS["date"]
    assert date.needed(values) or list(map(date.convert, values)) == values


@pytest.mark.parametrize("name", ["Policy", "Signature", "Key_Pair_Id", "KeyPairId", "AWSAccessKeyId", "CloudFront-A"])
def test_lists_with_names_of_signatures_are_not_passed_over(name: str) -> None:
    values = [[{"a": 1}], [{name: "x"}]]
    assert CONVERSIONS["list"].needed(values)
    assert redact(values) == [[{"a": 1}], [{}]]
