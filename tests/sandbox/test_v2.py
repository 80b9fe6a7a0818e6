"""The v2 API over HTTP: objects, lists and their pages, client ids."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sc_spiders.sandbox import Sandbox
from tests.support.patience import PATIENCE

from .client import Client

LISTS = ("followers", "followings", "tracks", "toptracks", "albums")


def thing(row: dict[str, Any]) -> str:
    kind = "track" if "track" in row else "playlist"
    return f"soundcloud:{kind}s:{row[kind]['id']}"


@pytest.mark.parametrize("limit", [3, 20, 200])
@pytest.mark.parametrize("name", LISTS)
def test_all_pages_together_are_the_truth(client: Client, name: str, limit: int) -> None:
    for user in client.sandbox.world.users[:8]:
        rows = client.rows(f"/users/{user}/{name}", limit=limit, linked_partitioning=1)
        assert [row["id"] for row in rows] == getattr(client.sandbox.world, name)(user)


@pytest.mark.parametrize("limit", [7, 200])
def test_likes_reposts_and_streams_are_the_truth(client: Client, limit: int) -> None:
    world = client.sandbox.world
    for user in world.users[:8]:
        likes = client.rows(f"/users/{user}/likes", limit=limit)
        assert [thing(row) for row in likes] == [urn for urn, _ in world.likes(user)]
        reposts = client.rows(f"/stream/users/{user}/reposts", limit=limit)
        assert [thing(row) for row in reposts] == [urn for urn, _ in world.reposts(user)]
        stream = client.rows(f"/stream/users/{user}", limit=limit)
        assert [(row["type"], thing(row)) for row in stream] == [row[:2] for row in world.stream(user)]


def test_a_page_has_ten_rows_unless_asked_and_never_more_than_200(client: Client) -> None:
    assert 7 < len(client.json("/users/183/followers")["collection"]) <= 10
    assert len(client.json("/users/183/followers", limit=5000)["collection"]) <= 200
    assert client.get("/users/183/followers", limit="many").status_code == 400


def test_pages_are_short_and_empty_in_the_middle(client: Client) -> None:
    sizes = [len(page) for page in client.pages("/users/183/followers", limit=20)]

    assert 0 in sizes[1:-1]
    assert any(0 < size < 20 for size in sizes[:-1])


def test_next_href_is_on_the_own_host_and_carries_cursor_and_limit_alone(client: Client) -> None:
    href = client.json("/users/183/likes", limit=20, linked_partitioning=1, access="playable")["next_href"]

    path, _, query = href.partition("?")
    assert path == f"{client.sandbox.url}/users/183/likes"
    assert re.fullmatch(r"offset=20\d\d-\d\d-\d\dT[\d%A.]+Z%2Cuser-\w+-likes%2C000-\d{20}-\d{20}&limit=20", query)


@pytest.mark.parametrize("cursor", ["100", "2020-01-01T00:00:00.000Z,user-track-likes,1", "x", "-1"])
@pytest.mark.parametrize("name", ["followers", "likes", "tracks"])
def test_a_made_up_cursor_is_refused(client: Client, name: str, cursor: str) -> None:
    assert client.get(f"/users/183/{name}", offset=cursor).status_code == 400


def test_cursors_outlive_the_sandbox() -> None:
    with Sandbox(users=100, seed=3) as first:
        client = Client(first)
        href = client.json("/users/183/likes")["next_href"]
        rest = client.json(href)["collection"]
        client.close()
    with Sandbox(users=100, seed=3) as second:
        client = Client(second)
        assert client.json(href.removeprefix(first.url))["collection"] == rest
        client.close()


def test_users_go_by_id_and_by_urn(client: Client) -> None:
    assert client.json("/users/soundcloud:users:183") == client.json("/users/183")
    assert client.json("/users/soundcloud%3Ausers%3A183")["urn"] == "soundcloud:users:183"


@pytest.mark.parametrize("path", ["/users/1", "/users/x", "/tracks/1", "/playlists/2", "/users/1/likes", "/no"])
def test_what_is_unknown_answers_404_with_an_empty_object(client: Client, path: str) -> None:
    response = client.get(path)

    assert (response.status_code, response.json()) == (404, {})


@pytest.mark.parametrize(
    ("url", "kind", "id"),
    [
        ("https://soundcloud.com/forss", "user", 183),
        ("http://www.soundcloud.com/Forss/?utm_source=x", "user", 183),
        ("https://m.soundcloud.com/forss/flickermood#t=3", "track", 293),
        ("https://soundcloud.com/forss/sets/soulhack", "playlist", 1),
    ],
)
def test_resolve(client: Client, url: str, kind: str, id: int) -> None:
    answer = client.json("/resolve", url=url)

    assert (answer["kind"], answer["id"]) == (kind, id)
    if kind != "user":
        assert answer["user"] == client.json("/users/183")


UNKNOWN = (
    "",
    "forss",
    "https://example.com/forss",
    "https://soundcloud.com/nobody-9",
    "https://on.soundcloud.com/u183",
)


@pytest.mark.parametrize("url", UNKNOWN)
def test_resolve_of_what_is_unknown(client: Client, url: str) -> None:
    assert client.get("/resolve", url=url).status_code == 404


def test_resolve_of_a_system_playlist(client: Client) -> None:
    answer = client.json("/resolve", url="https://soundcloud.com/discover/sets/track-stations:293")

    assert answer == client.sandbox.world.system_playlist("soundcloud:system-playlists:track-stations:293")


STATION = "track-stations:293"
SHORT = {"u183": "/forss", "t293": "/forss/flickermood", f"s{STATION}": f"/discover/sets/{STATION}"}


@pytest.mark.parametrize(
    ("code", "path"), [*SHORT.items(), ("strack-stations:293", "/discover/sets/track-stations:293")]
)
def test_a_short_link_leads_to_the_long_address_of_whoever_shared_it(client: Client, code: str, path: str) -> None:
    answer = client.get(f"/{code}", signed=False)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"{client.sandbox.url}{path}?")
    assert "utm_source=" in answer.headers["Location"]


@pytest.mark.parametrize("code", ["u1", "x183", "t", "strack-stations:1"])
def test_a_short_link_that_is_none(client: Client, code: str) -> None:
    assert client.get(f"/{code}", signed=False).status_code == 404


def test_playlists_have_few_full_tracks_and_the_rest_comes_in_batches(client: Client) -> None:
    world = client.sandbox.world
    ids = [world.playlist_ids.id(at) for at in range(world.links.playlists)]
    longest = max(ids, key=lambda id: len(world.playlist_tracks(id)))
    answer = client.json(f"/playlists/{longest}", representation="full")
    wanted = world.playlist_tracks(longest)

    assert [track["id"] for track in answer["tracks"]] == wanted
    stubs = [track for track in answer["tracks"] if "title" not in track]
    assert all(set(stub) == {"id", "kind", "monetization_model", "policy"} for stub in stubs)
    assert len(wanted) - 5 <= len(stubs)
    batch = wanted[-50:]
    got = [track["id"] for track in client.json("/tracks", ids=",".join(map(str, batch)))]
    assert got != batch
    assert sorted(got) == sorted(id for id in batch if world.has_track(id))
    assert client.get("/tracks", ids=",".join(map(str, range(51)))).status_code == 400


def test_a_batch_leaves_out_what_is_gone(client: Client) -> None:
    assert [track["id"] for track in client.json("/tracks", ids="294,293,295")] == [293]


def test_without_a_client_id_nothing_is_served(client: Client) -> None:
    for response in (client.get("/users/183", signed=False), client.get("/users/183", signed=False, client_id="x")):
        assert response.status_code == 401
        assert response.content == b""


def test_a_client_id_wears_out_and_the_web_page_shows_the_next() -> None:
    with Sandbox(users=20, expire_after=3) as sandbox:
        client = Client(sandbox)
        first = sandbox.client_id
        answers = [client.get("/users/183", signed=False, client_id=first).status_code for _ in range(5)]
        assert answers == [200, 200, 200, 401, 401]
        page = client.get("/", signed=False).text
        found = re.search(r'"hydratable": "apiClient", "data": \{"id": "(\w{32})"', page)
        assert found
        assert found[1] == sandbox.client_id != first
        assert client.get("/users/183", signed=False, client_id=found[1]).status_code == 200
        client.close()


@pytest.mark.parametrize("script", [0, 2, -1])
def test_the_client_id_is_in_one_script_where_the_page_does_not_have_it(script: int) -> None:
    with Sandbox(users=20, hydration=False, script=script) as sandbox:
        client = Client(sandbox)
        page = client.get("/", signed=False).text
        assert sandbox.client_id not in page
        sources = re.findall(r'<script crossorigin src="([^"]+/assets/\d+-[0-9a-f]{8}\.js)"></script>', page)
        bodies = [client.get(source, signed=False).text for source in sources]
        assert len(bodies) > 3
        marked = [f'client_application_id:46941,client_id:"{sandbox.client_id}"' in body[:50_000] for body in bodies]
        assert marked.index(True) == script % len(bodies)
        assert sum(marked) == 1
        client.close()


def test_a_script_can_be_had_in_part(client: Client) -> None:
    page = client.get("/", signed=False).text
    source = re.findall(r'src="([^"]+)"', page)[-1]
    whole = client.get(source, signed=False).content
    import requests

    part = requests.get(source, headers={"Range": "bytes=0-999"}, timeout=PATIENCE)

    assert part.status_code == 206
    assert part.content == whole[:1000]


def test_the_truth_and_the_counts_are_told_over_http(client: Client) -> None:
    world = client.sandbox.world
    nodes, edges = world.graph([183], 2, ["likes", "followings"])
    answer = client.json("/-/truth/graph", seeds="183", depth=2, relations="likes,followings")

    assert set(answer["nodes"]) == nodes
    assert {tuple(edge) for edge in answer["edges"]} == edges
    assert client.json("/-/truth/followers/183") == world.followers(183)
    assert client.json("/-/truth/likers/soundcloud:tracks:293") == world.likers("soundcloud:tracks:293")
    client.json("/users/183/followers")
    stats = client.json("/-/stats")
    assert stats["requests"]["/users/{id}/followers"] > 0
    assert stats["total"] == stats["distinct"] + stats["repeated"]


def test_another_date_is_shown_at_the_same_address() -> None:
    with Sandbox(users=60, seed=1, date="2026-01-01") as sandbox:
        client, address = Client(sandbox), sandbox.url
        before = {user: client.get(f"/users/{user}").status_code for user in sandbox.world.users}
        sandbox.go_to("2026-12-31")
        after = {user: client.get(f"/users/{user}").status_code for user in before}
        client.close()

        assert set(before.values()) == {200}
        assert {user for user, status in after.items() if status == 200} == set(before) & set(sandbox.world.users)
        assert 404 in after.values()
        assert sandbox.url == address
        with pytest.raises(ValueError, match="yesterday"):
            sandbox.go_to("yesterday")
