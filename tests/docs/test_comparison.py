"""What docs/comparison.md says of other tools, checked with those that are installed here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from soundcloud import SoundCloud
from soundcloud.requests import UserFollowersRequest
from yt_dlp.extractor import soundcloud as extractors  # type: ignore[import-untyped]

from tests.support.crawl import ROOT

PAGE = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
FORSS = "https://soundcloud.com/forss"


def handles(url: str) -> bool:
    found = [found for name, found in vars(extractors).items() if re.fullmatch(r"Soundcloud\w*IE", name)]
    return any(one.suitable(url) for one in found if getattr(one, "_VALID_URL", None))


@pytest.mark.parametrize("path", ["", "/tracks", "/albums", "/sets", "/likes", "/reposts", "/flickermood"])
def test_yt_dlp_knows_what_the_page_says(path: str) -> None:
    assert handles(FORSS + path)


@pytest.mark.parametrize("path", ["/followers", "/following"])
def test_yt_dlp_has_no_lists_of_followers(path: str) -> None:
    # Such an address has the form of a track's.
    users = extractors.SoundcloudUserIE
    assert not users.suitable(FORSS + path)


@pytest.mark.parametrize("name", ["get_user_likes", "get_user_followers", "get_conversations", "post_playlist"])
def test_soundcloud_v2_has_what_the_page_says(name: str) -> None:
    assert hasattr(SoundCloud, name)


class Session:
    """A session whose second page answers with that status."""

    def __init__(self, status: int) -> None:
        self._answers = self._each(status)

    def get(self, *_: Any, **__: Any) -> requests.Response:
        return next(self._answers)

    def _each(self, status: int) -> Iterator[requests.Response]:
        first = requests.Response()
        first.status_code = 200
        first._content = b'{"collection": [], "next_href": "https://api-v2.soundcloud.com/users/1/followers?offset=2"}'
        yield first
        second = requests.Response()
        second.status_code = status
        yield second


def walk(status: int) -> list[Any]:
    client: Any = SimpleNamespace(
        client_id="id", _session=Session(status), _authorization=None, _get_default_headers=dict
    )
    return list(UserFollowersRequest(client, user_id=1))


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_list_of_soundcloud_v2_ends_without_an_error(status: int) -> None:
    assert walk(status) == []
    assert str(status) in PAGE


def test_soundcloud_v2_raises_an_exception_at_a_rate_limit() -> None:
    with pytest.raises(requests.HTTPError, match="429"):
        walk(429)


@pytest.mark.parametrize("package", ["yt-dlp", "soundcloud-v2"])
def test_the_versions_are_those_that_were_checked(package: str) -> None:
    assert f"{package} {version(package)}" in PAGE
