"""Writes of the public API over HTTP: what they answer, and what reads show afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from sc_spiders.sandbox import Sandbox
from tests.support.patience import PATIENCE

Json = dict[str, Any]


ALL: Json = {"access": "playable,preview,blocked", "show_tracks": "false"}
"""Also blocked tracks, and playlists without their tracks."""


class Writer:
    """A client that writes with a user's token."""

    def __init__(self, sandbox: Sandbox, token: str = "") -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"OAuth {token or sandbox.oauth_token}"

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, f"{self.sandbox.url}/public{path}", timeout=PATIENCE, **options)

    def json(self, path: str, **query: Any) -> Any:
        response = self.ask("GET", path, params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def walk(self, path: str) -> list[str]:
        """Return the URNs of all rows of a list."""
        found, url, query = [], path, {"linked_partitioning": "true", "limit": 50} | ALL
        while url:
            page = self.json(url, **query)
            found += [row["urn"] for row in page["collection"]]
            url, query = (page["next_href"] or "").partition("/public")[2], ALL
        return found

    def upload(self, data: bytes = b"ID3" + b"\0" * 32_000, name: str = "a.mp3", **fields: str) -> requests.Response:
        form = {f"track[{field}]": value for field, value in ({"title": "New"} | fields).items()}
        return self.ask("POST", "/tracks", data=form, files={"track[asset_data]": (name, data)})


Connect = Callable[..., Writer]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Return a writer for a new sandbox with these options."""
    with ExitStack() as stack:

        def make(token: str = "", **options: Any) -> Writer:
            sandbox = stack.enter_context(Sandbox(users=60, **options))
            writer = Writer(sandbox, token)
            stack.callback(writer.session.close)
            return writer

        yield make


def strangers(writer: Writer, kind: str) -> list[str]:
    """The URNs of tracks, playlists or users that forss has nothing to do with."""
    world = writer.sandbox.world
    if kind == "users":
        there = {183, *world.followings(183)}
        return [f"soundcloud:users:{id}" for id in world.users if id not in there]
    marked = {urn for urn, _ in world.likes(183) + world.reposts(183)}
    ids = getattr(world, f"{kind[:-1]}_ids")
    count = getattr(world.links, kind)
    urns = [f"soundcloud:{kind}:{ids.id(at)}" for at in range(40, count)]
    return [urn for urn in urns if urn not in marked]


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
