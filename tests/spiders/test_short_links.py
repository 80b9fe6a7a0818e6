"""Short links: v2 cannot resolve them, so the crawl requests them without a credential, and follows only good ones."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sc_spiders.api import APIS
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import crawl

TRACKING = "?ref=clipboard&p=a&si=0123456789abcdef&utm_source=clipboard#t=3"


class Links:
    """A host of short links. `leads`: their targets by path; all others are 404. `heard`: the requests it got."""

    def __init__(self) -> None:
        self.leads: dict[str, str] = {}
        self.heard: list[tuple[str, dict[str, str]]] = []
        links = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                links.heard.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                location = links.leads.get(self.path)
                self.send_response(302 if location else 404)
                if location:
                    self.send_header("Location", location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def links() -> Iterator[Links]:
    links = Links()
    thread = threading.Thread(target=links.server.serve_forever, args=(0.01,))
    thread.start()
    yield links
    links.server.shutdown()
    thread.join()
    links.server.server_close()


@pytest.mark.parametrize("api", APIS)
def test_they_lead_to_what_was_shared(tmp_path: Path, sandbox: Sandbox, api: str) -> None:
    settings = {"SC_API": api, "SC_OAUTH_TOKEN": sandbox.oauth_token}
    station = "track-stations:293"
    codes = {"u183": "user", "t293": "track", "p1": "playlist", f"s{station}": "playlist"}

    found = crawl(
        "resolve",
        tmp_path,
        sandbox=sandbox,
        settings=settings,
        url=",".join(f"https://on.soundcloud.com/{one}" for one in codes),
    )

    assert {kind: found.urns(kind) for kind in ("user", "track", "playlist")} == {
        "user": {"soundcloud:users:183"},
        "track": {"soundcloud:tracks:293"},
        "playlist": {"soundcloud:playlists:1", f"soundcloud:system-playlists:{station}"},
    }
    assert (found.records("listing"), found.code) == ([], 0)


def test_a_playlist_by_short_link_has_its_tracks(tmp_path: Path, sandbox: Sandbox) -> None:
    found = crawl("playlist", tmp_path, sandbox=sandbox, playlist="on.soundcloud.com/p1", include="tracks")

    assert [edge["position"] for edge in found.edges("contains")] == list(range(12))
    (listing,) = found.records("listing")
    assert (listing["endpoint"], listing["subject"]) == ("playlist", "soundcloud:playlists:1")
    assert not found.records("playlist")


def test_nothing_is_signed_on_the_way_and_no_parameter_goes_on(tmp_path: Path, sandbox: Sandbox, links: Links) -> None:
    links.leads = {"/Ab1": f"{sandbox.url}/forss/flickermood{TRACKING}"}
    asked = sandbox.stats.requests["/resolve"]
    found = crawl(
        "track",
        tmp_path,
        sandbox=sandbox,
        settings={"SC_SHORT_LINK_URL": links.url, "SC_OAUTH_TOKEN": sandbox.oauth_token},
        track="https://on.soundcloud.com/Ab1",
        params="secret=no",
    )

    assert found.urns("track") == {"soundcloud:tracks:293"}
    ((path, headers),) = links.heard
    assert path == "/Ab1"
    assert not {"authorization", "cookie", "referer"} & headers.keys()
    assert sandbox.stats.requests["/resolve"] == asked + 1
    assert not any("utm_source" in request for request in sandbox.stats._asked if "/resolve" in request)


@pytest.mark.parametrize("host", ["soundcloud.com", "www.soundcloud.com", "m.soundcloud.com", "SoundCloud.com:443"])
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_all_forms_of_a_page_are_the_same(
    tmp_path: Path, sandbox: Sandbox, links: Links, scheme: str, host: str
) -> None:
    host = host.replace("443", "80") if scheme == "http" else host
    links.leads = {"/Ab1": f"{scheme}://{host}/forss{TRACKING}"}
    settings = {"SC_SHORT_LINK_URL": links.url, "SC_CLIENT_ID": sandbox.client_id}
    found = crawl("user", tmp_path, sandbox=sandbox, settings=settings, user="https://on.soundcloud.com/Ab1")

    assert (found.urns("user"), found.code) == ({"soundcloud:users:183"}, 0)


ASTRAY = {
    "elsewhere": ("http://127.0.0.1:9/forss", "error", "foreign_host"),
    "the api": ("{api}/users/183", "error", "foreign_host"),
    "another port": ("https://soundcloud.com:8443/forss", "error", "foreign_host"),
    "a host like it": ("https://soundcloud.com.example/forss", "error", "foreign_host"),
    "no page": ("ftp://soundcloud.com/forss", "error", "foreign_host"),
    "a private one of another form": ("http://m.soundcloud.com/forss/x/s-AbCdEfGh123", "error", "share_link"),
    "another scheme": ("https://127.0.0.1/forss", "error", "foreign_host"),
    "no address": ("http://[", "error", "foreign_host"),
    "the front page": ("{web}/?utm_source=x", "not_found", None),
    "something private": ("{web}/forss/unreleased/s-AbCdEfGh123", "error", "share_link"),
    "something private with a token like a word": ("{web}/forss/unreleased/s-abcdefgh", "error", "share_link"),
    "itself": ("/Ab1", "error", "redirects"),
    "nowhere": ("", "not_found", None),
}


@pytest.mark.parametrize(("leads", "ended", "error"), ASTRAY.values(), ids=ASTRAY)
def test_what_leads_astray_is_told_and_not_followed(
    tmp_path: Path, sandbox: Sandbox, links: Links, leads: str, ended: str, error: str | None
) -> None:
    with Sandbox(users=20) as web:
        links.leads = {"/Ab1": leads.format(web=web.url, api=sandbox.url)}
        settings = {
            "SC_SHORT_LINK_URL": links.url, "SC_WEB_URL": web.url, "SC_CLIENT_ID": sandbox.client_id,
        }  # fmt: skip

        found = crawl("user", tmp_path, sandbox=sandbox, settings=settings, user="https://on.soundcloud.com/Ab1")

        assert not web.stats.requests
    (listing,) = found.records("listing")
    assert (listing["endpoint"], listing["subject"]) == ("short_link", "https://on.soundcloud.com/Ab1")
    assert (listing["ended"], listing["error"], found.code) == (ended, error, 1)
    assert "s-AbCdEfGh123" not in (tmp_path / "out.jsonl").read_text()


def test_two_of_them_to_one_thing_are_one_seed(tmp_path: Path, sandbox: Sandbox) -> None:
    user = "https://on.soundcloud.com/u183,forss,183"
    found = crawl("user_graph", tmp_path, sandbox=sandbox, user=user, relations="followings")

    assert len(found.listings("followings")) == 1


def test_the_long_address_is_kept_with_the_job(tmp_path: Path) -> None:
    """If the API fails after the link was resolved, the link is not requested again."""
    settings = {"JOBDIR": str(tmp_path / "job"), "SC_ATTEMPTS": "5", "SC_MAX_WAIT": "1"}
    with Sandbox(users=60, faults="500@/resolve#1-2") as sandbox:
        crawl("user", tmp_path, sandbox=sandbox, settings=settings, user="https://on.soundcloud.com/u183")
        found = crawl("user", tmp_path, sandbox=sandbox, settings=settings, user="https://on.soundcloud.com/u183")
        assert sandbox.stats.requests["/{code}"] == 1
    assert (found.urns("user"), found.code) == ({"soundcloud:users:183"}, 0)
