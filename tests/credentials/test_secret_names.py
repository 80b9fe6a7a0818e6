"""Credentials in arguments are found in every spelling. Other arguments pass."""

from __future__ import annotations

import pytest

from sc_spiders.redaction.logs import redact
from sc_spiders.redaction.names import given_secret, is_secret

SHARE = "s-QrStUvWxYz1"
GIVEN = [
    "user=https://soundcloud.com/u1?client_id=CID&oauth_token=TOK",
    "x=/u1#access_token=TOK",
    f"path=/tracks/1%2F{SHARE}",
    "path=/users/1;client_id=CID",
    "path=/users/1?Authorization=OAuth%20TOK",
    "path=/users/1?authorization=x",
    f"path=/resolve?url=https%253A%252F%252Fsoundcloud.com%252Fu%252Ft%252F{SHARE}",
    f"q=soundcloud.com/u/t/{SHARE}",
    f"q=listen to https://SoundCloud.com:443//u/sets/n/{SHARE}?si=1",
    f"tag=u/t/{SHARE}",
    "params=authorization=OAuth 2-1-1-x",
    "params=token=TOK",
    f"track=https%3A%2F%2Fsoundcloud.com%2Fa%2Fb%2F{SHARE}",
    f"track=soundcloud:tracks:5:{SHARE}",
    f"track=5:{SHARE}",
    f"track=https://w.soundcloud.com/player/?url=https%3A//api.soundcloud.com/tracks/5%3Fsecret_token%3D{SHARE}",
    'q={"client_id":"x"}',
    f"track=a/b/{SHARE}",
    f"user=x,a/b/{SHARE},y",
    f"track=/a/b/{SHARE}/",
    f"x=https:\\/\\/soundcloud.com\\/a\\/b\\/{SHARE}",
    "params=a=1&client_id=x",
    f"path=/tracks/soundcloud:tracks:1/{SHARE}",
    "q=%2525252563lient_id=x",
    "params=x=1&Token=abc",
    "user=forss,https://soundcloud.com/a?si=1&Client-ID=x",
    "q=OAuth 2-290059-777-abc",
]
NONE = [
    "user=s-club-7",
    "user=s-club",
    "track=a/s-club-7",
    "track=a/s-house",
    "track=https://soundcloud.com/a/s-house",
    "playlist=a/sets/s-house",
    "playlist=https://soundcloud.com/a/sets/s-house",
    "q=my secret token is love",
    "q=oauth 2.0 explained",
    "q=client-id: a song",
    "q=100% pure",
    "q=a/b/c",
    "path=/users/183/followings",
    "path=/tracks?ids=1,2,3&limit=200",
    "params=linked_partitioning=true&access=playable",
    "track=https://soundcloud.com/a/sets/s-club/s-dd-1",
    "user=@file.txt",
    "url=https://soundcloud.com/s-club/s-house?si=abc",
    "path=/resolve?url=https://soundcloud.com/mari/s-house",
    "q=token",
    "q=authorization",
    "url=https://on.soundcloud.com/s-AbCdE",
    "path=/users/soundcloud:users:183/tracks",
    "q=s-AbCdEf",
    "path=/playlists/5?representation=full",
    "playlist=discover/sets/charts-top:all-music:gb",
    "playlist=https://soundcloud.com/discover/sets/x:s-house1",
]


@pytest.mark.parametrize("text", GIVEN)
def test_what_is_a_credential(text: str) -> None:
    assert given_secret(text)


@pytest.mark.parametrize("text", NONE)
def test_what_is_none(text: str) -> None:
    assert not given_secret(text)


@pytest.mark.parametrize("name", ["client_id", "clientId", "Client-ID", "CLIENTID", "oauthToken", "Secret_Token"])
def test_a_name_is_one_in_any_spelling(name: str) -> None:
    assert is_secret(name)
    assert redact(f"{name}=abcdefgh") == f"{name}=[hidden]"


@pytest.mark.parametrize("word", ["%25", "a", "soundcloud.com/", "://", "a.", "a/", "client_id ", "oauth ", "%2", " "])
def test_a_long_text_of_pieces_that_could_begin_one_holds_none(word: str) -> None:
    """A pattern with quadratic time would take hours here."""
    assert not given_secret(word * 30_000)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("s3://AKIAEXAMPLE:abc%2Fdef/ghi@b/x.jsonl", "s3://AKIAEXAMPLE:[hidden]@b/x.jsonl"),
        ("ftp://u:p@ss/with/slash@h/x y", "ftp://u:[hidden]@h/x y"),
        ("{'FTP_PASSWORD': 'hunter22'}", "{'FTP_PASSWORD': '[hidden]'}"),
        ("http://127.0.0.1:8000/users/1", "http://127.0.0.1:8000/users/1"),
    ],
)
def test_passwords_of_outputs_are_not_shown(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer {}",
        "authorization=bearer%20{}",
        "'Authorization': b'OAuth {}'",
        "https://w.soundcloud.com/player?url=x%3Fclient_id%3D{}",
        "x%253Fclient_id%253D{}",
        '{{"client_id": "{}"}}',
        '"{{\\"client_id\\": \\"{}\\"}}"',
        '"{{\\\\\\"oauth_token\\\\\\":\\\\\\"{}\\\\\\"}}"',
        "?a=1\\u0026client_id\\u003d{}",
        "https://cf-media.sndcdn.com/x.mp3?Policy={}",
        "https://cf-media.sndcdn.com/x.mp3?a=1&Signature={}&b=2",
        "?Key-Pair-Id={}",
        "?X-Amz-Signature={}",
        "%3FX-Amz-Credential%3D{}",
        "redis://me:{}@host/0",
        "https://soundcloud.com/a/b/s-{}",
        "https%3A%2F%2Fsoundcloud.com%2Fa%2Fsets%2Fb%2Fs-{}",
    ],
)
@pytest.mark.parametrize("secret", ["q1w2e3r4t5y6u7i8o9p0", "Abcdefghijklmnopqrstuvwxyz"])
def test_no_log_line_shows_it_however_it_is_written(text: str, secret: str) -> None:
    shown = redact(text.format(secret))
    assert secret not in shown
    assert "[hidden]" in shown


@pytest.mark.parametrize("text", ["Policy: ALLOW", "the bearer of bad news", "OAuth tokens", "signature=unknown"])
def test_a_log_line_without_one_stays(text: str) -> None:
    assert redact(text) == text
