"""Which API a URL belongs to, with SoundCloud's own addresses and with all of them on one port."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.settings import Settings

from sc_spiders.api.hosts import Api, Hosts
from tests.support.examples import any_text

REAL = Hosts.from_settings(Settings())
ONE_PORT = Hosts.from_settings(
    Settings(
        {
            "SC_V2_URL": "http://127.0.0.1:8000",
            "SC_PUBLIC_URL": "http://127.0.0.1:8000/public/",
            "SC_WEB_URL": "http://127.0.0.1:8000",
            "SC_TOKEN_URL": "http://127.0.0.1:8000/oauth/token",
            "SC_AUTHORIZE_URL": "http://127.0.0.1:8000/authorize",
            "SC_GRAPHQL_URL": "http://127.0.0.1:8000/graphql",
        }
    )
)


@pytest.mark.parametrize(
    ("hosts", "url", "api"),
    [
        (REAL, "https://api-v2.soundcloud.com/users/1?limit=2", "v2"),
        (REAL, "https://API-V2.soundcloud.com:443", "v2"),
        (REAL, "https://api.soundcloud.com/me", "public"),
        (REAL, "https://soundcloud.com/forss", "web"),
        (REAL, "https://secure.soundcloud.com/oauth/token", "token"),
        (REAL, "https://secure.soundcloud.com/oauth/tokens", None),
        (REAL, "https://secure.soundcloud.com/authorize", None),
        (REAL, "https://graph.soundcloud.com/graphql", "graphql"),
        (REAL, "http://api-v2.soundcloud.com/users/1", None),
        (REAL, "https://api-v2.soundcloud.com:8443/users/1", None),
        (REAL, "https://api-v2.soundcloud.com.example.org/users/1", None),
        (REAL, "https://api-v2.soundcloud.com@example.org/users/1", None),
        (REAL, "https://example.org\\@api-v2.soundcloud.com/users/1", None),
        (REAL, "https://[api-v2.soundcloud.com/users/1", None),
        (REAL, "/users/1", None),
        (ONE_PORT, "http://127.0.0.1:8000/users/1", "v2"),
        (ONE_PORT, "http://127.0.0.1:8000/", "v2"),
        (ONE_PORT, "http://127.0.0.1:8000/public", "public"),
        (ONE_PORT, "http://127.0.0.1:8000/public/users/1", "public"),
        (ONE_PORT, "http://127.0.0.1:8000/publicly", "v2"),
        (ONE_PORT, "http://127.0.0.1:8000/oauth/token", "token"),
        (ONE_PORT, "http://127.0.0.1:8000/graphql", "graphql"),
        (ONE_PORT, "http://127.0.0.1:8001/users/1", None),
        (ONE_PORT, "http://localhost:8000/users/1", None),
    ],
)
def test_api_of(hosts: Hosts, url: str, api: Api | None) -> None:
    assert hosts.api_of(url) == api


@pytest.mark.parametrize("hosts", [REAL, ONE_PORT])
@pytest.mark.parametrize("api", ["v2", "public"])
@pytest.mark.parametrize("path", ["/", "/users/1?limit=2", "/resolve?url=https%3A%2F%2Fsoundcloud.com%2Fa"])
def test_relative_is_the_inverse_of_url(hosts: Hosts, api: Api, path: str) -> None:
    assert hosts.relative(api, hosts.url(api, path)) == path


@pytest.mark.parametrize("url", ["https://example.org/public/x", "http://127.0.0.1:8000/private", "http://[x"])
def test_relative_refuses_what_is_elsewhere(url: str) -> None:
    with pytest.raises(ValueError, match="not an address of"):
        ONE_PORT.relative("public", url)


@pytest.mark.parametrize(
    ("hosts", "url", "allowed"),
    [
        (REAL, "https://a-v2.sndcdn.com/assets/50-1a2b.js", True),
        (REAL, "https://soundcloud.com/assets/50-1a2b.js", True),
        (REAL, "http://a-v2.sndcdn.com/assets/50-1a2b.js", False),
        (REAL, "https://a-v2.sndcdn.com:8443/assets/50-1a2b.js", False),
        (REAL, "https://sndcdn.com.example.org/50-1a2b.js", False),
        (REAL, "https://127.0.0.1%23.sndcdn.com/a.js", False),
        (REAL, f"https://{'a' * 64}.sndcdn.com/a.js", False),
        (REAL, "https://a-v2.sndcdn.com:0/a.js", False),
        (REAL, "https://notsndcdn.com/50-1a2b.js", False),
        (REAL, "", False),
        (ONE_PORT, "http://127.0.0.1:8000/assets/1.js", True),
        (ONE_PORT, "http://127.0.0.1:8001/assets/1.js", False),
    ],
)
def test_is_script(hosts: Hosts, url: str, allowed: bool) -> None:
    assert hosts.is_script(url) is allowed


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://h/a?client_id=x&limit=2", "https://h/a?limit=2"),
        ("https://h/a?limit=2&client%5Fid=x", "https://h/a?limit=2"),
        ("https://h/a?client_id=x", "https://h/a"),
        ("https://h/a?Client_ID=x&ACCESS_TOKEN=y", "https://h/a"),
        ("https://h/a?q=a%20b+c&&x=#f", "https://h/a?q=a%20b+c&&x=#f"),
        ("/tracks?secret_token=s-x&playlistSecretToken=s-y&oauth_token=z", "/tracks"),
        ("https://[h", ""),
    ],
)
def test_clean(url: str, clean: str) -> None:
    assert Hosts.clean(url) == clean


@given(any_text() | st.text(alphabet="htps:/[]@?#&=.%a1\\ ").map("http://127.0.0.1:8000".__add__))
def test_no_text_is_a_crash(text: str) -> None:
    ONE_PORT.api_of(text)
    ONE_PORT.is_script(text)
    ONE_PORT.join(ONE_PORT.url("v2", "/users"), text)
    if not {"?", "#"} & set(text):
        assert "client_id" not in Hosts.clean(f"{text}?client_id=1")


@pytest.mark.parametrize("own", ["v2", "public"])
def test_where_two_apis_share_an_address_it_is_the_crawls_own(own: str) -> None:
    """Otherwise each next page would belong to another API."""
    shared = {"SC_V2_URL": "http://127.0.0.1:8000", "SC_PUBLIC_URL": "http://127.0.0.1:8000"}
    hosts = Hosts.from_settings(Settings({**shared, "SC_API": own}))
    assert hosts.api_of("http://127.0.0.1:8000/users/1/followings?cursor=2") == own
