from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sc_spiders.records import dumps, redact, strip
from sc_spiders.records.decode import decode


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("https://soundcloud.com/mari/laul/s-AbC12", "https://soundcloud.com/mari/laul"),
        ("https://m.soundcloud.com/mari/laul/s-AbC12?si=1", "https://m.soundcloud.com/mari/laul?si=1"),
        ("https://soundcloud.com/mari/sets/lood/s-AbC12#t=1", "https://soundcloud.com/mari/sets/lood#t=1"),
        ("see soundcloud.com/mari/laul/s-AbC12, and", "see soundcloud.com/mari/laul, and"),
        ("https://soundcloud.com/mari/laul/s-AbC12/s-AbC12", "https://soundcloud.com/mari/laul"),
        ("https://api.soundcloud.com/tracks/1?secret_token=s-a", "https://api.soundcloud.com/tracks/1"),
        ("https://api.soundcloud.com/tracks/1?secret_token=s-a&b=2", "https://api.soundcloud.com/tracks/1?b=2"),
        ("x?a=1&secret_token=s-a&client_id=3&c=4", "x?a=1&c=4"),
        ("x?client_id=3&oauth_token=1-2-3", "x"),
        ('src="y?url=x%3Fsecret_token%3Ds-a&amp;z=1"', 'src="y?url=x&amp;z=1"'),
        ("x%3Fsecret_token%3Ds-a%26b%3D1&z=1", "x%3Fb%3D1&z=1"),
        ("https%3A%2F%2Fsoundcloud.com%2Fmari%2Flaul%2Fs-AbC12&z=1", "https%3A%2F%2Fsoundcloud.com%2Fmari%2Flaul&z=1"),
        ("HTTPS://SoundCloud.com:443//mari/laul/s-AbC12", "HTTPS://SoundCloud.com:443//mari/laul"),
        ("https:\\/\\/soundcloud.com\\/mari\\/laul\\/s-AbC12", "https:\\/\\/soundcloud.com\\/mari\\/laul"),
        (
            "https%253A%252F%252Fsoundcloud.com%252Fmari%252Flaul%252Fs-AbC12",
            "https%253A%252F%252Fsoundcloud.com%252Fmari%252Flaul",
        ),
        ("x?Client_ID=abc&b=1", "x?b=1"),
        ("x?a=1;clientId=abc", "x?a=1"),
        ("x#access_token=abc", "x"),
        ("x?secret_token%3Ds-a", "x"),
        ("x%253Fclient_id%253Dabc%2526a%253D1", "x%253Fa%253D1"),
        ("x?a=1\\u0026secret_token=s-a", "x?a=1"),
        ("x?url=%7B%22clientId%22%3A+%22a%2Fb%22%7D", "x?url=%7B%22clientId%22%3A+%22%22%7D"),
        ("%5C%22client_id%5C%22%3A%20%5C%22abc%5C%22", "%5C%22client_id%5C%22%3A%20%5C%22%5C%22"),
        ("{&quot;client_id&quot;: &quot;abc&quot;}", "{&quot;client_id&quot;: &quot;&quot;}"),
        ('{"clientId":"abc","a":1}', '{"clientId":"","a":1}'),
        ('"{\\"oauth_token\\": \\"abc\\"}"', '"{\\"oauth_token\\": \\"\\"}"'),
    ],
)
def test_share_tokens_and_credentials_go_out_of_urls(given: str, left: str) -> None:
    assert strip(given) == left
    assert redact({"a": [given]}) == {"a": [left]}


SIGNED = [
    ("https://cf-media.sndcdn.com/x.mp3?Policy=eyJTdGF0ZW1&Signature=ab~c-d__&Key-Pair-Id=APKAI", "x.mp3"),
    ("https://cf-media.sndcdn.com/x.mp3?t=1&Policy=eyJTdGF0ZW1&Signature=ab~c-d__&Key-Pair-Id=APKAI", "x.mp3?t=1"),
    ("https://b.s3.amazonaws.com/x.mp3?X-Amz-Credential=AKIA%2Fus&X-Amz-Signature=abc&x-amz-security-token=q", "x.mp3"),
    ("https://storage.googleapis.com/x.mp3?X-Goog-Signature=abc&X-Goog-Credential=me", "x.mp3"),
    ("https://b.s3.amazonaws.com/x.mp3?AWSAccessKeyId=AKIA&Signature=abc", "x.mp3"),
    ("https://w.example/?url=https%3A%2F%2Fcf.sndcdn.com%2Fx.mp3%3FPolicy%3DeyJ%26Signature%3Dabc", "x.mp3"),
]


@pytest.mark.parametrize(("given", "end"), SIGNED, ids=range(len(SIGNED)))
def test_what_signs_an_address_goes_out_of_it(given: str, end: str) -> None:
    """This holds in `raw` and in rejected.jsonl, too, under any key."""
    left = redact({"media": {"transcodings": [{"url": given}]}})["media"]["transcodings"][0]["url"]
    assert left == strip(given)
    assert left.endswith(end)


_FILE = "https://cf-media.sndcdn.com/x.mp3?t=1&"
SIGNED_IN_A_TEXT = {
    "CloudFront": _FILE + "Policy=SECRET1_aaaa__&Signature=SECRET2~bbbb&Key-Pair-Id=APKASECRET3",
    "lower case": _FILE + "policy=SECRET1_aaaa__&signature=SECRET2~bbbb&key-pair-id=apkaSECRET3",
    "cookies": "CloudFront-Policy=SECRET1aa; CloudFront-Signature=SECRET2bb; CloudFront-Key-Pair-Id=SECRET3",
    "S3": _FILE + "X-Amz-Credential=AKIASECRET1%2Fus&X-Amz-Security-Token=SECRET2tt&X-Amz-Signature=SECRET3",
    "Google": _FILE + "X-Goog-Credential=SECRET1&X-Goog-Signature=SECRET2aa",
    "Google, once": _FILE + "GoogleAccessId=SECRET1&Expires=1&Signature=SECRET2%3D",
    "Azure": _FILE + "sv=2020&sig=SECRET1aaaa%3D&se=1",
    "Akamai": _FILE + "hdnts=exp=1~acl=/*~hmac=SECRET1aaaa",
    "Akamai, escaped": (_FILE + "hdnts=exp=1~acl=/*~hmac=SECRET1aaaa").replace("/", "\\/"),
    "Azure, encoded": "https://x.example/?u=x.mp3%3Fse%3D1%26sig%3DSECRET1aaaa",
    "anybody's": _FILE + "token=SECRET1aaaaaaaa",
    "HTML": f'<a href="{_FILE}a=1&amp;Signature=SECRET1~b&amp;Policy=SECRET2aa">x</a>',
    "encoded": "https://x.example/?u=x.mp3%3Fa%3D1%26Policy%3DSECRET1%26Signature%3DSECRET2%26Key-Pair-Id%3DSECRET3",
    "encoded twice": "https://x.example/?u=x.mp3%253Fa%253D1%2526Policy%253DSECRET1%2526Signature%253DSECRET2",
    "escaped": "x.mp3?a=1\\u0026Signature=SECRET1aaaa\\u0026Policy=SECRET2aaaaaa",
    "JSON in JSON": r"{\"u\":\"x.mp3?a\\u003d1\\u0026Signature\\u003dSECRET1\\u0026Key-Pair-Id\\u003dSECRET2\"}",
    "capitals": _FILE + "HMAC=SECRET1aaaa&SIG=SECRET2aaaa&SE=1",
}


@pytest.mark.parametrize(
    "written", [lambda body: body, lambda body: body.replace(b"=", b"\\u003d")], ids=["=", "u003d"]
)
@pytest.mark.parametrize("text", SIGNED_IN_A_TEXT.values(), ids=SIGNED_IN_A_TEXT)
def test_no_text_of_a_page_keeps_it(text: str, written: Callable[[bytes], bytes]) -> None:
    """This holds for all fields, also for those without a declared conversion."""
    row = {"title": f"see {text}", "user": {"avatar_url": text}, "tracks": [[text]]}
    page = written(orjson.dumps({"collection": [row], "next_href": "https://api.example/x?token=a"}))
    assert b"SECRET" in page
    data = decode(page)
    assert b"SECRET" not in orjson.dumps(data)
    assert data["next_href"].endswith("?token=a")
    assert b"SECRET" not in dumps(redact(row))


def test_a_header_in_a_text_keeps_no_token() -> None:
    for header in ("Authorization: Bearer SECRET38aaaaaa1aaaa", "authorization: OAuth 2-SECRET-290059-777"):
        assert "SECRET" not in strip(f"try {header}")
        assert "SECRET" not in redact({"a": [header]})["a"][0]
        assert "SECRET" not in strip(header.replace(" ", "\t"))


# What secrets in texts are made of.
PIECES = (
    *(
        "https://soundcloud.com/a/b",
        "a/b",
        "/sets/x",
        "/s-AbCd12",
        "s-AbCd12",
        "s%2DAbCd12",
        "%73-AbCd12",
        "/",
        "%2F",
        "%252f",
        "%2%66",
        ":",
        "%3A",
        "1",
        "ab",
    ),
    *(
        "?",
        "&",
        "&amp;",
        ";",
        "#",
        "%26",
        "%3f",
        "\\u0026",
        "=",
        "%3d",
        "%253D",
        "\\u003d",
        "\\\\u003d",
        '"',
        '\\"',
        ": ",
    ),
    *(
        "client_id",
        "client%5fid",
        "CLIENT-ID",
        "oauthtoken",
        "access_token",
        "secret_token",
        "secretTo\u212aen",
        "track_authorization",
    ),
    *("Signature", "signature", "Key-Pair-Id", "sig", "SIG", "se", "hdnts", "HMAC", "token", "CloudFront-Signature"),
    *(
        "Bearer",
        "oauth",
        "abcdefghij1234567",
        " ",
        "\t",
        "\n",
        "\u200b",
        "\u017f",
        "secretto\u212aen",
        "%",
        "-",
        ".",
        ",",
    ),
)
OF_EACH_SORT = "\\\n= token sig= /s- bearer"  # texts are searched only for the sorts that they may hold


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=9).map("".join))
def test_what_is_removed_does_not_depend_on_other_text(text: str) -> None:
    assert strip(text + OF_EACH_SORT) == strip(text) + OF_EACH_SORT


def test_no_key_of_an_object_signs_something() -> None:
    signed = {"Policy": "a", "Signature": "b", "Key-Pair-Id": "c", "X-Amz-Signature": "d", "CloudFront-Policy": "e"}
    assert redact({"a": 1, **signed, "s": [{"policy": "a", "signature": "b", "key_pair_id": "c", "d": 1}]}) == {
        "a": 1,
        "s": [{"d": 1}],
    }


def test_a_policy_that_signs_nothing_stays() -> None:
    track = {
        "policy": "ALLOW",
        "purchase_url": "https://shop.example/?policy=open&signature=mine",
        "key_signature": "C",
        "title": "The bearer of unbelievable 1984 news; sig=nature, token = love",
        "description": "https://shop.example/?sig=1&signed=no",
    }
    assert redact(track) == track
    assert decode(orjson.dumps(track)) == track


@pytest.mark.parametrize(
    "given",
    [
        "https://soundcloud.com/s-club-7",
        "https://soundcloud.com/mari/s-club-7",
        "https://soundcloud.com/mari/sets/s-club-7",
        "https://i1.sndcdn.com/artworks-000003283417-7bxhxh-large.jpg",
        "https://shop.example/x/y/s-AbC12",
        "my secret_token is love",
        "",
        None,
        5,
    ],
)
def test_all_else_stays(given: Any) -> None:
    assert strip(given) == given


@pytest.mark.parametrize("key", ["clientId", "oauthToken", "Secret_Token", "secretToken", "dateOfBirth", "secret-uri"])
def test_a_key_is_dropped_in_any_spelling(key: str) -> None:
    assert redact({"a": [{key: 1, "b": 2}]}) == {"a": [{"b": 2}]}


def test_redacting_copies_deeply() -> None:
    given = {
        "user": {"date_of_birth": {"year": 1990}, "id": 1},
        "secret_uri": "x",
        "tracks": [{"track_authorization": "x"}],
    }
    assert redact(given) == {"user": {"id": 1}, "tracks": [{}]}
    assert given["user"] == {"date_of_birth": {"year": 1990}, "id": 1}
    inner: list[int] = []
    assert redact([inner])[0] is not inner


@pytest.mark.parametrize("levels", [900, 20_000])
def test_depth_is_no_matter(levels: int) -> None:
    value: Any = {"secret_token": 1}
    for _ in range(levels):
        value = [{"a": value}]
    text = dumps(redact(value))
    assert text == b'[{"a":' * levels + b"{}" + b"}]" * levels


@pytest.mark.parametrize(
    "value",
    [
        2**70,
        [-(2**70), {"a": 1.5, "b": [True, False, None, {}, []]}],
        {"\ud800": '\udfff"\\\n'},
        ["é", 2**64, {"x": [{"y": 1}, 2], "z": ""}],
    ],
)
def test_what_orjson_refuses_is_written_as_json_all_the_same(value: Any) -> None:
    with pytest.raises(TypeError):
        orjson.dumps(value)
    text = dumps(value)
    assert json.loads(text) == value
    assert b"\n" not in text


def test_json_has_no_infinity() -> None:
    assert dumps([float("inf"), float("nan"), 2**64]) == b"[null,null,18446744073709551616]"


def test_usual_values_are_written_by_orjson() -> None:
    assert dumps({"é": 1}) == '{"é":1}'.encode()
