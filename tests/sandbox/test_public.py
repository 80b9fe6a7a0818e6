"""The public API and OAuth over HTTP."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from jsonschema import Draft7Validator

from sc_spiders.sandbox import Sandbox, World
from tests.support.patience import PATIENCE

from .client import Client

EVERYTHING = "playable,preview,blocked"


@pytest.fixture
def public(client: Client) -> Client:
    """A client of the public API, as the user forss."""
    client.headers["Authorization"] = f"OAuth {client.sandbox.oauth_token}"
    return client


@pytest.fixture
def world(client: Client) -> World:
    return client.sandbox.world


def walk(public: Client, path: str, **params: Any) -> list[dict[str, Any]]:
    """Return all rows of a list. Each request has `access` again."""
    rows, url = [], f"/public{path}"
    params = {"linked_partitioning": "true", "access": EVERYTHING} | params
    while url:
        page = public.json(url, signed=False, **params)
        rows += page["collection"]
        url, params = page["next_href"], {"access": EVERYTHING}
    return rows


def ids(rows: list[dict[str, Any]]) -> list[int]:
    assert all(row["urn"].endswith(f":{row['id']}") for row in rows)
    return [row["id"] for row in rows]


LISTS = [
    ("/users/{user}/followers", lambda world: world.followers(183)),
    ("/users/{user}/followings", lambda world: world.followings(183)),
    ("/users/{user}/tracks", lambda world: world.tracks(183)),
    ("/users/{user}/tracks?sort=asc", lambda world: world.tracks(183)[::-1]),
    ("/users/{user}/playlists", lambda world: sorted(world.albums(183) + world.playlists(183), reverse=True)),
    ("/users/{user}/related", lambda world: world.related_artists(183)),
    ("/users/{user}/likes/tracks", lambda world: marked(world.likes(183), "tracks")),
    ("/users/{user}/likes/playlists", lambda world: marked(world.likes(183), "playlists")),
    ("/users/{user}/reposts/tracks", lambda world: marked(world.reposts(183), "tracks")),
    ("/users/{user}/reposts/playlists", lambda world: marked(world.reposts(183), "playlists")),
    ("/tracks/{track}/comments", lambda world: world.comments(293)),
    ("/tracks/{track}/favoriters", lambda world: world.likers("soundcloud:tracks:293")),
    ("/tracks/{track}/reposters", lambda world: world.reposters("soundcloud:tracks:293")),
    ("/tracks/{track}/related", lambda world: world.related(293)),
    ("/playlists/{playlist}/tracks", lambda world: world.playlist_tracks(1)),
    ("/playlists/{playlist}/reposters", lambda world: world.reposters("soundcloud:playlists:1")),
    ("/me/followers", lambda world: world.followers(183)),
    ("/me/followings", lambda world: world.followings(183)),
    ("/me/reposts/tracks", lambda world: marked(world.reposts(183), "tracks")),
    ("/me/reposts/playlists", lambda world: marked(world.reposts(183), "playlists")),
    ("/me/likes/tracks", lambda world: marked(world.likes(183), "tracks")),
    ("/me/tracks", lambda world: world.tracks(183)),
    ("/me/playlists", lambda world: sorted(world.albums(183) + world.playlists(183), reverse=True)),
]


def marked(marks: list[tuple[str, int]], kind: str) -> list[int]:
    return [int(urn.rpartition(":")[2]) for urn, _ in marks if f":{kind}:" in urn]


@pytest.mark.parametrize(("path", "truth"), LISTS, ids=[path for path, _ in LISTS])
def test_lists_are_the_truth(public: Client, world: World, path: str, truth: Any) -> None:
    named = {"user": "soundcloud:users:183", "track": "soundcloud:tracks:293", "playlist": "soundcloud:playlists:1"}
    sort = {"sort": "asc"} if path.endswith("asc") else {}
    limit = 50 if sort else 20

    assert ids(walk(public, path.format(**named).partition("?")[0], limit=limit, **sort)) == truth(world)


def test_pages_of_likes_are_continued_elsewhere(public: Client) -> None:
    page = public.json(
        "/public/users/soundcloud:users:183/likes/tracks", signed=False, linked_partitioning="true", limit=10
    )

    assert page["next_href"].startswith(f"{public.sandbox.url}/public/collection?page_size=10&cursor=")


def test_without_linked_partitioning_a_list_is_bare(public: Client) -> None:
    rows = public.json("/public/users/soundcloud:users:183/followers", signed=False)

    assert isinstance(rows, list)
    assert 45 < len(rows) <= 50


def test_blocked_tracks_are_shown_only_where_asked_for(public: Client, world: World) -> None:
    all_tracks = [world.track_ids.id(at) for at in range(world.links.tracks)]
    blocked = [id for id in all_tracks if world.track(id)["policy"] == "BLOCK"][:3]
    query = {"urns": ",".join(f"soundcloud:tracks:{id}" for id in [293, *blocked]), "signed": False}

    assert ids(public.json("/public/tracks", **query)) == [293]
    rows = public.json("/public/tracks", access=EVERYTHING, **query)
    assert [row["access"] for row in rows] == ["playable", "blocked", "blocked", "blocked"]


@pytest.mark.parametrize("kind", ["tracks", "users", "playlists"])
def test_searches(public: Client, world: World, kind: str) -> None:
    rows = walk(public, f"/{kind}", q="signal", limit=50)

    assert rows
    assert [row["urn"] for row in rows] == world.search(kind, "signal")


def test_objects_have_the_names_and_dates_of_this_api(public: Client, world: World) -> None:
    track = public.json("/public/tracks/soundcloud:tracks:293", signed=False)
    v2 = world.track(293)

    assert track["created_at"] == v2["created_at"].replace("-", "/").replace("T", " ").replace("Z", " +0000")
    assert track["favoritings_count"] == v2["likes_count"]
    assert track["user"]["urn"] == "soundcloud:users:183"
    assert public.json("/public/tracks/293", signed=False) == track
    playlist = public.json("/public/playlists/soundcloud:playlists:1", signed=False)
    assert ids(playlist["tracks"]) == world.playlist_tracks(1)
    assert "tracks" not in public.json("/public/playlists/1", signed=False, show_tracks="false")
    assert public.json("/public/me", signed=False)["primary_email_confirmed"] is True


def test_resolve_redirects_and_says_where_to(public: Client) -> None:
    response = public.get("/public/resolve", signed=False, url="https://soundcloud.com/forss/sets/soulhack")

    assert response.status_code == 302
    assert response.json() == {"status": "302 - Found", "location": response.headers["Location"]}
    assert public.json(response.headers["Location"], signed=False)["id"] == 1
    assert public.get("/public/resolve", signed=False, url="https://soundcloud.com/no-1").status_code == 404


def test_resolve_takes_short_links(public: Client) -> None:
    response = public.get("/public/resolve", signed=False, url="https://on.soundcloud.com/p1")

    assert response.headers["Location"].endswith("/public/playlists/soundcloud:playlists:1")


def test_system_playlists_have_their_tracks_in_full(public: Client, world: World) -> None:
    urn = "soundcloud:system-playlists:track-stations:293"
    lead = public.get("/public/resolve", signed=False, url=world.system_playlist(urn)["permalink_url"])

    assert lead.headers["Location"].endswith(f"/public/system-playlists/{urn}")
    station = public.json(lead.headers["Location"], signed=False)
    assert station["urn"] == urn
    assert set(ids(station["tracks"])) <= set(world.station(293))
    assert all(track["playback_count"] is not None and track["access"] != "blocked" for track in station["tracks"])
    assert public.get(f"/public/system-playlists/{urn}1", signed=False).status_code == 404
    silent = next(user for user in world.users if not world.tracks(user))
    gone = f"/public/system-playlists/soundcloud:system-playlists:artist-stations:{silent}"
    assert public.get(gone, signed=False).status_code == 404


@pytest.mark.parametrize("whose", ["users/soundcloud:users:183", "me"])
def test_liked_stations_are_a_list_without_tracks(public: Client, world: World, whose: str) -> None:
    rows = walk(public, f"/{whose}/likes/system-playlists", limit=20)

    assert [row["urn"] for row in rows] == world.liked_stations(183)
    assert not any("tracks" in row for row in rows)


def test_stations_are_named_where_there_is_something_public(public: Client, world: World) -> None:
    silent = next(user for user in world.users if not world.tracks(user))

    assert "station_urn" not in public.json(f"/public/users/{silent}", signed=False)
    assert public.json("/public/users/183", signed=False)["station_urn"].endswith(":artist-stations:183")
    assert public.json("/public/tracks/293", signed=False)["station_urn"].endswith(":track-stations:293")


def test_activities(public: Client, world: World) -> None:
    page = public.json("/public/me/activities", signed=False, limit=50, access=EVERYTHING)

    assert [row["origin"]["urn"] for row in page["collection"]] == [
        urn for _, _, urn, _ in world.home_stream()[: len(page["collection"])]
    ]
    assert {"next_href", "future_href"} < set(page)
    assert all(("reposter" in row) is row["type"].endswith(":repost") for row in page["collection"])


def test_errors_are_in_this_apis_words(public: Client) -> None:
    missing = public.get("/public/tracks/soundcloud:tracks:1", signed=False)
    assert (missing.status_code, missing.json()["status"]) == (404, "404 - Not Found")
    assert missing.headers["x-ratelimit-limit"] == "-1"
    assert public.get("/public/users/183/followers", signed=False, cursor="x").status_code == 400
    assert public.get("/public/collection", signed=False, cursor="x").status_code == 400
    public.headers["Authorization"] = "OAuth wrong"
    refused = public.get("/public/me", signed=False)
    assert (refused.status_code, refused.json()["message"]) == (401, "")
    del public.headers["Authorization"]
    assert "must contain the Authorization header" in public.get("/public/users/183", signed=False).text


def test_ids_can_be_gone() -> None:
    with Sandbox(users=60, urns_only=True) as sandbox:
        client = Client(sandbox)
        client.headers["Authorization"] = f"OAuth {sandbox.oauth_token}"
        rows = client.json("/public/playlists/soundcloud:playlists:1/tracks", signed=False)
        assert all("id" not in row and "id" not in row["user"] for row in rows)
        assert rows[0]["user"]["subscriptions"][0]["product"]["id"]
        client.close()


# -- the specification ------------------------------------------------------------------------


def test_answers_validate_against_the_official_specification(public: Client, specification: Any) -> None:
    named = {
        "track_urn": "soundcloud:tracks:293",
        "user_urn": "soundcloud:users:183",
        "playlist_urn": "soundcloud:playlists:1",
        "following_urn": f"soundcloud:users:{public.sandbox.world.followings(183)[0]}",
    }
    checked = []
    for path, operations in specification["paths"].items():
        filled = re.sub(r"\{(\w+)\}", lambda found: named.get(found[1], "unknown"), path)
        response = public.get(f"/public{filled}", signed=False, q="a", limit=4, linked_partitioning="true")
        if "get" not in operations or response.status_code != 200:
            continue
        name = operations["get"]["responses"]["200"]["$ref"].rpartition("/")[2]
        (content,) = specification["components"]["responses"][name]["content"].values()
        schema = {**content["schema"], "components": specification["components"]}
        errors = [
            (path, error.json_path, error.message) for error in Draft7Validator(schema).iter_errors(response.json())
        ]
        assert errors == []
        checked.append(path)
    assert len(checked) >= 30, checked


# -- OAuth ------------------------------------------------------------------------------------


@pytest.fixture
def fresh() -> Iterator[Sandbox]:
    with Sandbox(users=20, token_quota=3, token_life=1000) as sandbox:
        yield sandbox


def token(sandbox: Sandbox, basic: bool = False, **form: Any) -> requests.Response:
    credentials = (sandbox.app_id, sandbox.app_secret)
    if not basic:
        form = {"client_id": credentials[0], "client_secret": credentials[1]} | form
    return requests.post(sandbox.urls["SC_TOKEN_URL"], data=form, auth=credentials if basic else None, timeout=PATIENCE)


def test_an_app_gets_a_token_with_http_basic_until_its_quota_is_used_up(fresh: Sandbox) -> None:
    answers = [token(fresh, basic=True, grant_type="client_credentials") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].json()["error_code"] == "rate_limit_exceeded"
    assert answers[0].json()["expires_in"] == 1000
    header = {"Authorization": f"OAuth {answers[0].json()['access_token']}"}
    assert requests.get(f"{fresh.url}/public/users/183", headers=header, timeout=PATIENCE).status_code == 200
    assert requests.get(f"{fresh.url}/public/me", headers=header, timeout=PATIENCE).status_code == 401
    fresh.tokens.expire()
    assert requests.get(f"{fresh.url}/public/users/183", headers=header, timeout=PATIENCE).status_code == 401


def test_credentials_in_the_wrong_place_are_refused(fresh: Sandbox) -> None:
    assert token(fresh, grant_type="client_credentials").status_code == 401
    assert token(fresh, basic=True, grant_type="refresh_token", refresh_token="x").status_code == 401
    assert token(fresh, grant_type="password").status_code == 400


def test_a_user_logs_in_with_pkce_and_a_refresh_token_works_once(fresh: Sandbox) -> None:
    verifier, back = "v" * 50, "http://127.0.0.1:9/callback"
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "client_id": fresh.app_id, "redirect_uri": back, "response_type": "code", "state": "abc",
        "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    page = requests.get(f"{fresh.urls['SC_AUTHORIZE_URL']}?{urlencode(query)}", timeout=PATIENCE, allow_redirects=False)
    assert page.headers["Location"].startswith(f"{back}?")
    given = parse_qs(urlsplit(page.headers["Location"]).query)
    assert given["state"] == ["abc"]
    exchange: Any = {"grant_type": "authorization_code", "code": given["code"][0], "redirect_uri": back}
    first = token(fresh, **exchange, code_verifier=verifier).json()
    assert token(fresh, **exchange, code_verifier=verifier).status_code == 401
    second = token(fresh, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    again = token(fresh, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (again.status_code, again.json()["message"]) == (401, "invalid_grant")
    header = {"Authorization": f"OAuth {second['access_token']}"}
    assert (
        requests.get(f"{fresh.url}/public/me", headers=header, timeout=PATIENCE).json()["urn"] == "soundcloud:users:183"
    )


def test_a_wrong_verifier_or_a_request_without_pkce_is_refused(fresh: Sandbox) -> None:
    query = {"client_id": fresh.app_id, "redirect_uri": "http://127.0.0.1:9/", "response_type": "code"}
    authorize = fresh.urls["SC_AUTHORIZE_URL"]
    assert requests.get(authorize, params=query, timeout=PATIENCE, allow_redirects=False).status_code == 400
    query |= {"code_challenge": "x", "code_challenge_method": "S256"}
    page = requests.get(authorize, params=query, timeout=PATIENCE, allow_redirects=False)
    code = parse_qs(urlsplit(page.headers["Location"]).query)["code"][0]
    form: Any = {"grant_type": "authorization_code", "code": code, "redirect_uri": query["redirect_uri"]}
    assert token(fresh, **form, code_verifier="wrong").status_code == 401
