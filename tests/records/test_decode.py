from __future__ import annotations

import json

import pytest

from sc_spiders.records import BadBody, decode, dumps, kind

from .samples import NOW


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": [1, null]}', {"a": [1, None]}),
        (b'\xef\xbb\xbf{"\xc3\xa9": "\xef\xbb\xbf"}', {"\xe9": "\ufeff"}),
        (b'"\\ud800"', "\ud800"),
        (b'["\\udfff", 123456789012345678901234567890]', ["\udfff", 123456789012345678901234567890]),
        (b"18446744073709551615", 2**64 - 1),
    ],
)
def test_json(body: bytes, value: object) -> None:
    assert decode(body) == value


def test_a_string_that_no_file_can_hold_costs_its_record_only() -> None:
    page = decode(b'[{"id": 1, "username": "\\ud800"}, {"id": 2, "username": "\\ud83d\\ude00"}]')
    rows, (rejected,) = kind("user", "v2").project(page, NOW)
    assert [row["username"] for row in rows] == ["\N{GRINNING FACE}"]
    assert rejected.reasons == [{"field": "", "message": "no JSON: str is not valid UTF-8: surrogates not allowed"}]
    assert dumps(rejected.object) == b'{"id":1,"username":"\\ud800"}'


@pytest.mark.parametrize("odd", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"1" * 400 + b".5"])
@pytest.mark.parametrize(("name", "costs"), [("followers_count", 1), ("username", 1), ("id", 1), ("mood", 0)])
def test_a_number_that_is_none_costs_its_record_only(name: str, costs: int, odd: bytes) -> None:
    page = decode(b'\xef\xbb\xbf[{"id": 1, "%b": %b}, {"id": 2}]' % (name.encode(), odd))
    rows, rejected = kind("user", "v2").project(page, NOW)
    assert [row["id"] for row in rows] == [1, 2][costs:]
    assert len(rejected) == costs
    rows, rejected = kind("user", "v2").project(page, NOW, raw=True)
    assert [row["id"] for row in rows] == [2]
    assert all(one.reasons for one in rejected)


@pytest.mark.parametrize("odd", [b"NaN", b"1e999", b"9" * 5000])
@pytest.mark.parametrize("body", [b"%b", b'{"a": [%b]}'])
def test_no_such_number_is_in_a_record_that_takes_anything(body: bytes, odd: bytes) -> None:
    rows, (rejected,) = kind("object", "v2").project([{"kind": "new", "a": decode(body % odd)}], NOW, subject="/new")
    assert not rows
    assert rejected.reasons


@pytest.mark.parametrize(
    "odd",
    [
        b"9" * 5000,
        b"-" + b"9" * 100_000,
        b"[" * 1100 + b"]" * 1100,
        b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
        b'{"]":["}' + b'\\"' * 9 + b'",' + b"[" * 5000 + b"]" * 5000 + b"]}",
    ],
    ids=["5,000 digits", "100,000 digits", "1,100 levels", "200,000 levels", "brackets in strings"],
)
def test_a_value_beyond_reason_costs_its_record_only(odd: bytes) -> None:
    page = decode(b'[{"id": 1, "username": "one"}, {"id": 2, "username": %b}, {"id": 3, "username": "three"}]' % odd)
    rows, (rejected,) = kind("user", "v2").project(page, NOW)

    assert [row["id"] for row in rows] == [1, 3]
    assert rejected.object["id"] == 2
    assert rejected.reasons
    assert json.loads(dumps(rejected.object))["id"] == 2


@pytest.mark.parametrize("odd", [b"9" * 5000, b"[" * 1100 + b"]" * 1100], ids=["digits", "levels"])
def test_what_no_record_takes_costs_none(odd: bytes) -> None:
    rows, rejected = kind("user", "v2").project(decode(b'[{"id": 1, "username": "one", "mood": %b}]' % odd), NOW)

    assert [row["id"] for row in rows] == [1]
    assert not rejected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"<!DOCTYPE html>",
        b'{"a": ',
        b'{"a": "',
        b"{} {}",
        b"nan",
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbf\xef\xbb\xbf{}",
        b"\xff\xfe",
        b'"\xed\xa0\x80"',
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 99_999,
        b"]" * 100_000 + b"[" * 100_000,
        b'{"a":' * 5000 + b"1" + b"}" * 5001,
        b"[" + b"1" * 10_000,
        b"Please slow down.",
        b"[" * 200_000 + b'\\"' * 400_000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_anything_else_is_a_bad_body_with_a_short_reason(body: bytes) -> None:
    with pytest.raises(BadBody) as caught:
        decode(body)
    assert 0 < len(str(caught.value)) < 200
