"""Writes of the public API over HTTP: what they answer, and what reads show afterwards."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from sc_spiders.sandbox import written
from tests.support.patience import PATIENCE

from .writer import Connect, Writer, strangers

Json = dict[str, Any]


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let an hour pass for what sandboxes have written."""

    def later() -> None:
        clock = SimpleNamespace(time=time.time, monotonic=lambda: time.monotonic() + 3600)
        monkeypatch.setattr(written, "time", clock)

    return later


MARKS = [
    ("POST", "/likes/tracks", "/me/likes/tracks", "likes", 200),
    ("POST", "/likes/playlists", "/me/likes/playlists", "likes", 200),
    ("POST", "/reposts/tracks", "/me/reposts/tracks", "reposts", 201),
    ("POST", "/reposts/playlists", "/me/reposts/playlists", "reposts", 201),
    ("PUT", "/me/followings", "/me/followings", "followings", 201),
]


def kind_of(path: str) -> str:
    kind = path.rpartition("/")[2]
    return kind if kind in ("tracks", "playlists") else "users"


@pytest.mark.parametrize(("method", "path", "listed", "name", "status"), MARKS, ids=[row[1] for row in MARKS])
def test_marks_come_first_in_their_list_and_go_again(
    connect: Connect, method: str, path: str, listed: str, name: str, status: int
) -> None:
    writer = connect()
    before, urns = writer.walk(listed), strangers(writer, kind_of(path))[:3]

    assert [writer.ask(method, f"{path}/{urn}").status_code for urn in urns] == [status] * 3
    assert writer.walk(listed) == urns[::-1] + before
    own = [urn for urn in writer.sandbox.account()[name] if f":{kind_of(path)}:" in urn]
    assert own == urns[::-1] + before
    assert writer.ask("DELETE", f"{path}/{urns[1]}").status_code == 200
    assert writer.walk(listed) == [urns[2], urns[0], *before]
    assert [writer.ask("DELETE", f"{path}/{urn}").status_code for urn in (urns[1], before[-1])] == [404, 200]
    assert writer.walk(listed) == [urns[2], urns[0], *before[:-1]]


@pytest.mark.parametrize(("method", "path", "listed", "name", "status"), MARKS, ids=[row[1] for row in MARKS])
def test_a_second_mark_changes_nothing(
    connect: Connect, method: str, path: str, listed: str, name: str, status: int
) -> None:
    writer = connect()
    urn = strangers(writer, kind_of(path))[0]
    first, second = writer.ask(method, f"{path}/{urn}"), writer.ask(method, f"{path}/{urn}")

    assert (first.status_code, second.status_code) == (status, 409 if name == "reposts" else 200)
    assert writer.walk(listed).count(urn) == 1


def test_the_world_stays_what_it_was(connect: Connect) -> None:
    writer = connect()
    likes = writer.sandbox.world.likes(183)
    for urn, _ in likes[:2]:
        assert writer.ask("DELETE", f"/likes/{urn.split(':')[1]}/{urn}").status_code == 200

    assert writer.sandbox.world.likes(183) == likes
    assert requests.get(f"{writer.sandbox.url}/-/truth/likes/183", timeout=PATIENCE).json() == [
        list(row) for row in likes
    ]


def test_me_counts_what_was_written(connect: Connect) -> None:
    writer = connect()
    before = writer.json("/me")
    track, user = strangers(writer, "tracks")[0], strangers(writer, "users")[0]
    writer.ask("POST", f"/likes/tracks/{track}")
    writer.ask("PUT", f"/me/followings/{user}")
    writer.ask("POST", "/playlists", json={"playlist": {"title": "A", "sharing": "private"}})
    writer.ask("POST", "/playlists", json={"playlist": {"title": "B"}})

    names = ("likes_count", "followings_count", "playlist_count", "private_playlists_count")
    after = writer.json("/me")
    assert {name: after[name] - before[name] for name in names} == dict.fromkeys(names, 1)
    assert (writer.json(f"/me/followings/{user}")["urn"], writer.walk(f"/users/{user}/followers")[0]) == (
        user,
        "soundcloud:users:183",
    )


def test_playlists_are_made_changed_and_deleted(connect: Connect) -> None:
    writer = connect()
    urns = strangers(writer, "tracks")[:4]
    body = {"title": "Best of", "description": "D", "sharing": "private", "tracks": [{"urn": urn} for urn in urns]}
    made = writer.ask("POST", "/playlists", json={"playlist": body})
    urn = made.json()["urn"]

    assert (made.status_code, made.json()["track_count"], made.json()["sharing"]) == (201, 4, "private")
    assert writer.walk(f"/playlists/{urn}/tracks") == urns
    assert writer.walk("/me/playlists")[0] == urn
    assert urn not in writer.walk("/users/soundcloud:users:183/playlists")
    change = {"tracks": [{"urn": urn} for urn in (urns[3], urns[0])], "sharing": "public"}
    changed = writer.ask("PUT", f"/playlists/{urn}", json={"playlist": change})
    assert (changed.status_code, changed.json()["title"]) == (200, "Best of")
    assert [row["urn"] for row in writer.json(f"/playlists/{urn}")["tracks"]] == [urns[3], urns[0]]
    assert urn in writer.walk("/users/soundcloud:users:183/playlists")
    (row,) = [row for row in writer.sandbox.account()["playlists"] if row["urn"] == urn]
    assert (row["title"], row["tracks"]) == ("Best of", [urns[3], urns[0]])
    assert writer.ask("DELETE", f"/playlists/{urn}").status_code == 200
    assert writer.ask("DELETE", f"/playlists/{urn}").status_code == 404
    assert urn not in writer.walk("/me/playlists")


def test_a_playlist_shows_fewer_tracks_than_it_has(connect: Connect) -> None:
    """Deleted tracks are counted and never shown. Who sends back what is shown loses them."""
    writer = connect()
    rows = writer.json("/me/playlists", access="playable,preview,blocked")
    lossy = next(row for row in rows if len(row["tracks"]) < row["track_count"])
    shown = [{"urn": row["urn"]} for row in lossy["tracks"]]

    changed = writer.ask("PUT", f"/playlists/{lossy['urn']}", json={"playlist": {"tracks": shown}}).json()
    assert changed["track_count"] == len(shown) < lossy["track_count"]


def test_a_playlist_with_a_track_that_cannot_be_in_it_is_refused_whole(connect: Connect) -> None:
    writer = connect()
    good = strangers(writer, "tracks")[0]
    tracks = [{"urn": good}, {"urn": "soundcloud:tracks:4"}]
    before = writer.sandbox.account()["playlists"]

    answer = writer.ask("PUT", "/playlists/soundcloud:playlists:1", json={"playlist": {"tracks": tracks}})
    assert (answer.status_code, "soundcloud:tracks:4" in answer.text) == (422, True)
    many = [{"urn": good}] * 501
    assert writer.ask("POST", "/playlists", json={"playlist": {"title": "A", "tracks": many}}).status_code == 422
    assert writer.ask("POST", "/playlists", json={"playlist": {"title": "A", "tracks": many[1:]}}).status_code == 201
    assert writer.sandbox.account()["playlists"][1:] == before


def test_comments(connect: Connect) -> None:
    writer = connect()
    path = "/tracks/soundcloud:tracks:293/comments"
    before = writer.walk(path)
    made = writer.ask("POST", path, json={"comment": {"body": "Well done", "timestamp": 1500}})

    assert (made.status_code, made.json()["body"], made.json()["timestamp"]) == (201, "Well done", 1500)
    assert writer.walk(path) == [made.json()["urn"], *before]
    assert writer.sandbox.account()["comments"] == [
        {"urn": made.json()["urn"], "track_urn": "soundcloud:tracks:293", "body": "Well done", "timestamp": 1500}
    ]


def test_tracks_are_changed_field_by_field(connect: Connect) -> None:
    writer = connect()
    path = "/tracks/soundcloud:tracks:293"
    before = writer.json(path)
    change = {"tag_list": '"deep house" live geo:lat=43.5', "purchase_url": "https://shop.example/x", "release": "R 1"}
    after = writer.ask("PUT", path, json={"track": change}).json()

    assert {name for name in before if before[name] != after[name]} == {"tag_list", "purchase_url", "release"}
    assert (after["tag_list"], after["release"]) == ('"deep house" live', "R 1")  # machine tags are not shown
    assert writer.json(path) == after
    others = strangers(writer, "tracks")[0]
    assert writer.ask("PUT", f"/tracks/{others}", json={"track": change}).status_code == 404


def test_a_deleted_track_is_in_no_list(connect: Connect) -> None:
    writer = connect()
    own = writer.walk("/me/tracks")
    fan = next(id for id in writer.sandbox.world.likers(own[1]) if id != 183)
    assert writer.ask("DELETE", f"/tracks/{own[1]}").status_code == 200

    assert writer.ask("GET", f"/tracks/{own[1]}").status_code == 404
    assert writer.walk("/me/tracks") == [own[0], *own[2:]]
    assert own[1] not in writer.walk(f"/users/soundcloud:users:{fan}/likes/tracks")
    assert writer.ask("DELETE", f"/tracks/{own[1]}").status_code == 404


def test_a_second_user_has_nothing_and_can_get_all(connect: Connect) -> None:
    writer = connect()
    newcomer = Writer(writer.sandbox, writer.sandbox.newcomer_token)

    assert newcomer.json("/me")["urn"] == f"soundcloud:users:{writer.sandbox.newcomer}"
    lists = [listed for _, _, listed, _, _ in MARKS] + ["/me/tracks", "/me/playlists"]
    assert [newcomer.walk(path) for path in lists] == [[]] * len(lists)
    for urn in writer.walk("/me/likes/tracks")[::-1]:
        assert newcomer.ask("POST", f"/likes/tracks/{urn}").status_code == 200
    assert newcomer.walk("/me/likes/tracks") == writer.walk("/me/likes/tracks")
    newcomer.session.close()


# -- uploads ----------------------------------------------------------------------------------


def wave(seconds: int) -> bytes:
    """A silent WAVE file of 8,000 samples a second, a byte each."""
    body = b"\x80" * 8000 * seconds
    form = struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)
    return b"RIFF" + struct.pack("<I", 36 + len(body)) + b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + body


def test_an_upload_is_counted_and_hashed_and_gets_its_length_later(
    connect: Connect, pass_time: Callable[[], None]
) -> None:
    writer = connect(processing=3600)
    data = wave(30)
    made = writer.upload(data, "show.wav", title="Show 112", sharing="private", description="[mark]", genre="Radio")
    urn = made.json()["urn"]

    assert (made.status_code, made.json()["duration"], made.json()["sharing"]) == (201, 0, "private")
    assert writer.walk("/me/tracks")[0] == urn
    row = writer.sandbox.account()["tracks"][0]
    assert (row["bytes"], row["sha256"]) == (len(data), sha256(data).hexdigest())
    assert (row["title"], row["description"], row["genre"]) == ("Show 112", "[mark]", "Radio")
    assert writer.json(f"/tracks/{urn}")["duration"] == 0
    pass_time()
    assert writer.json(f"/tracks/{urn}")["duration"] == len(data) * 1000 // 8000
    assert writer.json("/me")["quota"]["upload_seconds_used"] == 30
    assert urn not in writer.walk("/users/soundcloud:users:183/tracks")
    stranger = Writer(writer.sandbox, writer.sandbox.newcomer_token)
    assert stranger.ask("GET", f"/tracks/{urn}").status_code == 404
    token = {"secret_token": made.json()["secret_uri"].partition("=")[2]}
    assert stranger.ask("GET", f"/tracks/{urn}", params=token).status_code == 200
    stranger.session.close()


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("head", "milliseconds"),
    [
        (b"fLaC", 1000), (b"OggS", 1000), (b"ID3\4", 1000), (b"\xff\xfb\x90\0", 1000), (b"#!AMR\n", 1000),
        (b"FORM\0\0\0\0AIFF", 1000), (b"\0\0\0 ftypM4A ", 1000), (b"0&\xb2u\x8ef\xcf\x11", 1000), (b"GIF89a", 0),
        (b"#!/bin/sh", 0),
    ],
)  # fmt: skip
def test_a_file_that_is_no_audio_never_gets_a_length(connect: Connect, head: bytes, milliseconds: int) -> None:
    writer = connect(processing=0)
    made = writer.upload(head.ljust(16_000, b"\0"))

    assert made.status_code == 201
    assert writer.json(f"/tracks/{made.json()['urn']}")["duration"] == milliseconds


def test_uploads_beyond_the_quota_are_refused(connect: Connect) -> None:
    writer = connect(upload_quota=50, processing=0)
    first, second = writer.upload(wave(30)), writer.upload(wave(30))

    assert (first.status_code, second.status_code) == (201, 422)
    assert writer.json("/me")["quota"]["upload_seconds_left"] == 20
    assert writer.ask("DELETE", f"/tracks/{first.json()['urn']}").status_code == 200
    assert writer.json("/me")["quota"]["upload_seconds_left"] == 50


AGAIN = [("suffix", 201, "new-5000000002"), ("refuse", 422, None)]


@pytest.mark.parametrize(("again", "status", "permalink"), AGAIN, ids=["suffix", "refuse"])
def test_a_permalink_that_is_taken(connect: Connect, again: str, status: int, permalink: str | None) -> None:
    writer = connect(permalink_again=again)
    answers = [writer.upload(permalink="new") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, status]
    assert answers[1].json().get("permalink_url", "/").rpartition("/")[2] == (permalink or "")


def test_a_new_private_track_may_show_its_description_late(connect: Connect, pass_time: Callable[[], None]) -> None:
    writer = connect(description_lag=3600)
    urn = writer.upload(sharing="private", description="[mark]").json()["urn"]

    assert writer.json(f"/tracks/{urn}")["description"] is None
    pass_time()
    assert writer.json(f"/tracks/{urn}")["description"] == "[mark]"


def test_artwork_is_taken_with_a_track_and_with_a_new_playlist_only(connect: Connect) -> None:
    writer = connect()
    picture = {"track[artwork_data]": ("a.png", b"\x89PNG")}
    track = "/tracks/soundcloud:tracks:293"
    before = writer.json(track)["artwork_url"]

    assert writer.ask("PUT", track, files=picture, data={"track[title]": "T"}).json()["artwork_url"] != before
    assert writer.json(track)["title"] == "T"
    form = {"playlist[title]": "P", "playlist[tracks][][urn]": "soundcloud:tracks:293"}
    picture = {"playlist[artwork_data]": ("a.png", b"\x89PNG")}
    made = writer.ask("POST", "/playlists", files=picture, data=form).json()
    assert (made["artwork_url"][:8], made["track_count"]) == ("https://", 1)
    changed = writer.ask("PUT", f"/playlists/{made['urn']}", files={"playlist[artwork_data]": ("b.png", b"x")}).json()
    assert changed["artwork_url"] == made["artwork_url"]


def begun(writer: Writer, length: int) -> socket.socket:
    """A connection on which an upload of this length has begun."""
    host, port = writer.sandbox.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=PATIENCE)
    head = (
        f"POST /public/tracks HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: OAuth {writer.sandbox.oauth_token}\r\n"
        f"Content-Type: multipart/form-data; boundary=B\r\nContent-Length: {length}\r\n\r\n"
        '--B\r\nContent-Disposition: form-data; name="track[title]"\r\n\r\nx\r\n'
        '--B\r\nContent-Disposition: form-data; name="track[asset_data]"; filename="a.mp3"\r\n\r\nID3'
    )
    connection.sendall(head.encode())
    return connection


def test_an_upload_that_breaks_off_makes_no_track(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    writer = connect()
    before = writer.sandbox.account()["tracks"]
    with begun(writer, 10_000_000) as connection:
        connection.sendall(b"x" * 100_000)

    wait_until(lambda: any(row["end"] for row in writer.sandbox.requests))
    row = writer.sandbox.requests[-1]
    assert (row["method"], row["status"], row["bytes"] < 200_000) == ("POST", None, True)
    assert writer.sandbox.account()["tracks"] == before
    assert caplog.text == ""


def test_a_file_of_more_than_4_gigabytes_is_refused_before_it_is_sent(connect: Connect) -> None:
    writer = connect()
    with begun(writer, 5_000_000_000) as connection:
        assert connection.recv(20).split()[1] == b"422"


def test_uploads_can_be_slow_and_can_stall(connect: Connect) -> None:
    begin = time.monotonic()
    assert connect(upload_rate=1_000_000).upload(b"ID3" + b"\0" * 500_000).status_code == 201
    assert time.monotonic() - begin > 0.4
    begin = time.monotonic()
    assert connect(upload_stall=0.5).upload(b"ID3" + b"\0" * 1_500_000).status_code == 201
    assert time.monotonic() - begin > 0.5


# -- refusals ---------------------------------------------------------------------------------


BAD = [
    ("POST", "/tracks/293/comments", {"json": {"body": "x"}}, "Parameter comment is missing."),
    ("POST", "/tracks/293/comments", {"json": {"comment": {}}}, "Parameter comment[body] is missing."),
    ("POST", "/tracks/293/comments", {"data": "{'comment': {'body': 'x'}}"}, "Could not parse JSON request body."),
    ("POST", "/tracks/293/comments", {"data": {"comment[body]": "x"}}, "Could not parse JSON request body."),
    ("PUT", "/tracks/293", {"json": {"title": "x"}}, "Parameter track is missing."),
    ("PUT", "/tracks/293", {"json": {"track": {"sharing": "secret"}}}, "sharing is not valid: secret"),
    ("POST", "/playlists", {"json": {"title": "x"}}, "Parameter playlist is missing."),
    ("POST", "/playlists", {"json": {"playlist": {"sharing": "public"}}}, "Parameter playlist[title] is missing."),
    ("PUT", "/playlists/1", {"json": ["playlist"]}, "Could not parse JSON request body."),
    ("POST", "/tracks", {"files": {"asset_data": ("a.mp3", b"ID3")}}, "Parameter track is missing."),
    ("POST", "/tracks", {"files": {"track[asset_data]": ("a.mp3", b"")}}, "unable to process provided asset_data"),
    ("POST", "/tracks", {"files": {"track[asset_data]": ("a.mp3", b"ID3")}}, "Parameter track[title] is missing."),
    ("POST", "/tracks", {"files": {"track[asset_data]": (f"{'a' * 256}.mp3", b"ID3")}}, "The file name is longer"),
    ("PUT", "/me/followings/183", {}, "You cannot follow yourself."),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "message"), BAD, ids=[f"{row[1]}-{row[3]}" for row in BAD])
def test_a_body_that_cannot_be_read_is_refused_in_the_apis_words(
    connect: Connect, method: str, path: str, body: Json, message: str
) -> None:
    writer = connect()
    before = writer.sandbox.account()
    answer = writer.ask(method, path, **body)

    assert answer.status_code == 422
    assert answer.json()["message"].startswith(message)
    assert writer.sandbox.account() == before


def test_a_file_name_that_is_not_ascii_fails_as_it_did(connect: Connect) -> None:
    assert connect().upload(name="\u00fcber.mp3").status_code == 500


WRITES = [
    ("POST", "/likes/tracks/293"), ("DELETE", "/likes/tracks/293"),
    ("POST", "/likes/playlists/1"), ("DELETE", "/likes/playlists/1"),
    ("POST", "/reposts/tracks/293"), ("DELETE", "/reposts/tracks/293"),
    ("POST", "/reposts/playlists/1"), ("DELETE", "/reposts/playlists/1"),
    ("PUT", "/me/followings/183"), ("DELETE", "/me/followings/183"),
    ("POST", "/tracks"), ("PUT", "/tracks/293"), ("DELETE", "/tracks/293"), ("PUT", "/tracks/293/storefront"),
    ("POST", "/tracks/293/comments"), ("POST", "/playlists"), ("PUT", "/playlists/1"), ("DELETE", "/playlists/1"),
]  # fmt: skip


def test_an_unconfirmed_address_is_told_by_nothing_but_401(connect: Connect) -> None:
    writer = connect(unverified=True)

    assert writer.ask("GET", "/me").status_code == 200
    for method, path in WRITES:
        answer = writer.ask(method, path)
        assert (answer.status_code, answer.text, answer.headers["Content-Type"][:10]) == (401, "\n", "text/plain")


def test_nobody_writes_without_a_users_token(connect: Connect) -> None:
    writer = connect()
    form = {"grant_type": "client_credentials"}
    app = (writer.sandbox.app_id, writer.sandbox.app_secret)
    given = requests.post(writer.sandbox.urls["SC_TOKEN_URL"], data=form, auth=app, timeout=PATIENCE).json()
    before = writer.sandbox.account()

    for header in (f"OAuth {given['access_token']}", "OAuth unknown", ""):
        writer.session.headers["Authorization"] = header
        assert {writer.ask(method, path).status_code for method, path in WRITES} == {401}
    assert writer.sandbox.account() == before


def test_tests_can_ask_what_there_is_and_what_was_asked(connect: Connect) -> None:
    writer = connect()
    writer.json("/me")
    writer.ask("POST", "/playlists", json={"playlist": {"title": "P"}})
    rows = requests.get(f"{writer.sandbox.url}/-/requests", timeout=PATIENCE).json()

    assert [(row["method"], row["path"], row["status"]) for row in rows] == [
        ("GET", "/public/me", "200"),
        ("POST", "/public/playlists", "201"),
    ]
    assert [row["bytes"] for row in rows] == [0, len('{"playlist": {"title": "P"}}')]
    assert all(row["begin"] <= row["end"] for row in rows)
    account = requests.get(f"{writer.sandbox.url}/-/account", timeout=PATIENCE).json()
    assert account == writer.sandbox.account()
    assert account["playlists"][0]["title"] == "P"
    there = {"user": writer.sandbox.newcomer}
    empty = requests.get(f"{writer.sandbox.url}/-/account", params=there, timeout=PATIENCE).json()
    assert set(map(len, empty.values())) == {0}


def test_v2_takes_no_writes(connect: Connect) -> None:
    writer = connect()
    for method, path in [
        ("POST", "/tracks"), ("PUT", "/tracks/soundcloud:tracks:293"), ("DELETE", "/tracks/soundcloud:tracks:293"),
        ("POST", "/tracks/293/comments"), ("POST", "/playlists"), ("PUT", "/playlists/1"), ("DELETE", "/playlists/1"),
        ("PUT", "/users/183/track_likes/293"), ("DELETE", "/users/183/playlist_likes/1"),
        ("POST", "/me/followings/183"), ("PUT", "/me/track_reposts/293"), ("POST", "/uploads/track-upload-policy"),
    ]:  # fmt: skip
        answer = requests.request(method, writer.sandbox.url + path, timeout=PATIENCE)
        assert (answer.status_code, "captcha" in answer.text, answer.headers["X-DD-B"]) == (403, True, "1")
    assert requests.post(f"{writer.sandbox.url}/no-such-place", timeout=PATIENCE).status_code == 404


CEILINGS = [
    ("like", "POST", "/likes/tracks/{track}", {}),
    ("repost", "POST", "/reposts/tracks/{track}", {}),
    ("follow", "PUT", "/me/followings/{user}", {}),
    ("comment", "POST", "/tracks/{track}/comments", {"json": {"comment": {"body": "x"}}}),
    ("playlist", "POST", "/playlists", {"json": {"playlist": {"title": "x"}}}),
    ("upload", "POST", "/tracks", {"data": {"track[title]": "x"}, "files": {"track[asset_data]": ("a", b"ID3")}}),
]  # fmt: skip


@pytest.mark.parametrize(("action", "method", "path", "body"), CEILINGS, ids=[row[0] for row in CEILINGS])
def test_more_writes_than_a_ceiling_are_taken_for_spam(
    connect: Connect, action: str, method: str, path: str, body: Json
) -> None:
    writer = connect(ceilings=f"{action}=2")
    rows = zip(strangers(writer, "tracks"), strangers(writer, "users"), strict=False)
    paths = [path.format(track=track, user=user) for track, user in rows]
    answers = [writer.ask(method, path, **body) for path in paths[:3]]

    assert [answer.ok for answer in answers] == [True, True, False]
    assert (answers[2].status_code, answers[2].json()["spam_warning_urn"]) == (429, "soundcloud:spam-warnings:1")
    writer.sandbox.next_day()
    assert writer.ask(method, paths[2], **body).ok


def test_nobody_follows_more_than_so_many(connect: Connect) -> None:
    writer = connect(most_followings=41)
    users = strangers(writer, "users")
    there = len(writer.sandbox.account()["followings"])

    answers = [writer.ask("PUT", f"/me/followings/{user}") for user in users[: 42 - there]]
    assert [answer.status_code for answer in answers] == [201] * (41 - there) + [422]
    assert "more than 41" in answers[-1].json()["message"]


def test_only_public_things_can_be_liked(connect: Connect) -> None:
    writer = connect()
    urn = writer.upload(sharing="private").json()["urn"]

    assert writer.ask("POST", f"/likes/tracks/{urn}").status_code == 404
    assert writer.ask("POST", "/likes/tracks/4").status_code == 404


def test_storefronts_are_replaced_whole_by_their_owner(connect: Connect) -> None:
    writer = connect()
    path, card = "/tracks/293/storefront", {"title": "Buy", "type": "vinyl", "link": "https://shop.example/"}
    assert writer.ask("PUT", path, json={**card, "price": "9"}).json()["price"] == "9"
    assert writer.ask("PUT", path, json=card).json()["price"] is None

    assert writer.ask("PUT", path, json={**card, "link": "ftp://x"}).status_code == 400
    assert writer.ask("PUT", f"/tracks/{strangers(writer, 'tracks')[0]}/storefront", json=card).status_code == 403


def test_a_session_ends_by_sign_out(connect: Connect) -> None:
    writer = connect()
    newcomer = Writer(writer.sandbox, writer.sandbox.newcomer_token)
    assert writer.ask("POST", "/sign-out").status_code == 200
    body = {"access_token": writer.sandbox.newcomer_token}
    assert requests.post(f"{writer.sandbox.url}/sign-out", json=body, timeout=PATIENCE).status_code == 200

    assert (writer.ask("GET", "/me").status_code, newcomer.ask("GET", "/me").status_code) == (401, 401)
    newcomer.session.close()


# -- what is not settled, and faults ----------------------------------------------------------


def test_lists_may_show_a_write_later(connect: Connect, pass_time: Callable[[], None]) -> None:
    writer = connect(lag=3600)
    track, user = strangers(writer, "tracks")[0], strangers(writer, "users")[0]
    liked = writer.walk("/me/likes/tracks")
    writer.ask("POST", f"/likes/tracks/{track}")
    writer.ask("DELETE", f"/likes/tracks/{liked[0]}")
    writer.ask("PUT", f"/me/followings/{user}")
    urn = writer.ask("POST", "/playlists", json={"playlist": {"title": "A"}}).json()["urn"]

    assert writer.walk("/me/likes/tracks") == liked
    assert urn not in writer.walk("/me/playlists")
    assert writer.json(f"/playlists/{urn}")["title"] == "A"
    assert writer.json(f"/me/followings/{user}")["urn"] == user
    assert writer.sandbox.account()["playlists"][0]["urn"] == urn
    pass_time()
    assert urn in writer.walk("/me/playlists")
    assert writer.walk("/me/likes/tracks") == [track, *liked[1:]]
    assert user in writer.walk("/me/followings")


def test_a_write_can_be_answered_and_not_kept(connect: Connect) -> None:
    writer = connect(unkept=1.0)
    before = writer.sandbox.account()
    track = strangers(writer, "tracks")[0]
    playlist = writer.ask("POST", "/playlists", json={"playlist": {"title": "A"}})

    assert (playlist.status_code, playlist.json()["title"]) == (201, "A")
    assert writer.ask("POST", f"/likes/tracks/{track}").status_code == 200
    assert writer.ask("PUT", "/tracks/293", json={"track": {"title": "B"}}).json()["title"] == "B"
    assert writer.ask("DELETE", "/tracks/293").status_code == 200
    assert writer.upload().status_code == 201
    assert writer.ask("GET", f"/playlists/{playlist.json()['urn']}").status_code == 404
    assert writer.sandbox.account() == before


def test_fields_can_be_taken_and_not_written(connect: Connect) -> None:
    writer = connect(ignored="release,sharing")
    changed = writer.ask("PUT", "/tracks/293", json={"track": {"release": "R", "sharing": "private", "title": "T"}})

    assert [changed.json()[name] for name in ("release", "sharing", "title")] == [None, "public", "T"]


def test_what_is_not_known_of_the_api_can_be_either_way(connect: Connect) -> None:
    writer = connect(repost_again=200, delete_again=200)
    track, user = strangers(writer, "tracks")[0], strangers(writer, "users")[0]

    assert [writer.ask("POST", f"/reposts/tracks/{track}").status_code for _ in range(2)] == [201, 200]
    assert [writer.ask("DELETE", f"/reposts/tracks/{track}").status_code for _ in range(2)] == [200, 200]
    assert writer.ask("DELETE", f"/likes/tracks/{track}").status_code == 200
    assert writer.ask("DELETE", f"/me/followings/{user}").status_code == 200


FAULTS = ["500", "502", "503", "504", "reset", "timeout", "405", "429spam", "422asset"]
AFTER = ["500after", "502after", "503after", "504after", "reset-after", "timeout-after", "cut-after", "cut"]


def status(write: Callable[[], requests.Response]) -> int:
    """The status of an answer, or 0 without a whole one."""
    try:
        return write().status_code
    except requests.RequestException:
        return 0


@pytest.mark.parametrize(("fault", "is_done"), [(name, False) for name in FAULTS] + [(name, True) for name in AFTER])
def test_a_fault_strikes_before_the_work_or_after_it(connect: Connect, fault: str, is_done: bool) -> None:
    writer = connect(faults=f"{fault}@/public/tracks#1,{fault}@/public/likes/*#1,hang=0.1")
    track = strangers(writer, "tracks")[0]

    def like() -> requests.Response:
        return writer.ask("POST", f"/likes/tracks/{track}")

    def upload() -> requests.Response:
        return writer.upload(title="First")

    expected = int(fault[:3]) if fault[0].isdecimal() else 0
    assert (status(upload), status(like)) == (expected, expected)
    account = writer.sandbox.account()
    assert (account["tracks"][0]["title"] == "First", track in account["likes"]) == (is_done, is_done)
    assert [row["status"] for row in writer.sandbox.requests] == [fault, fault]


@pytest.mark.parametrize(
    ("lie", "status", "body"),
    [("html200after", 200, "<title>"), ("empty-after", 201, ""), ("other-after", 201, '"urn":"soundcloud:tracks:293"')],
)
def test_an_answer_can_lie_about_what_was_done(connect: Connect, lie: str, status: int, body: str) -> None:
    writer = connect(faults=f"{lie}@/public/tracks#1")
    answer = writer.upload(title="First")
    assert answer.status_code == status
    assert body in answer.text
    assert (not body) == (not answer.text)
    assert writer.sandbox.account()["tracks"][0]["title"] == "First"
