"""What can be written to an account, as data. Only the public API takes writes from programs.

The facts are from the official specification, its issues and other clients (docs: Apply).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from sc_spiders.api.catalogue import CATALOGUE

Method = Literal["POST", "PUT", "DELETE"]

CEILINGS: Mapping[str, int] = MappingProxyType(
    {
        "like": 200,
        "follow": 50,
        "repost": 10,
        "comment": 5,
        "upload": 30,
        "playlist": 100,
        "track": 300,
        "take_back": 200,
        "delete": 20,
    }
)
"""The most actions of each class that one account sends in 24 hours. SoundCloud publishes no limits. Each number is at
or below the lowest at which somebody was blocked. No setting raises it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One kind of write.

    `do`: the word of a plan. `kind`: what it changes or makes. `path`: with `{urn}` of its target. `body`: the name of
    the JSON object that it sends, "form" for multipart, "" for none. `makes`: it makes something new, so sending it
    twice makes two. `settled`: statuses which say that nothing was left to do. `conflict`: statuses that may say so;
    only reading tells. `reads`: the endpoint that shows the result. `undo`: the word that takes it back, "" if nothing
    does. `ceiling`: its class in `CEILINGS`.
    """

    name: str
    do: str
    kind: Literal["user", "track", "playlist", "comment"]
    method: Method
    path: str
    ceiling: str
    body: str = ""
    makes: bool = False
    ok: tuple[int, ...] = (200, 201)
    settled: tuple[int, ...] = ()
    conflict: tuple[int, ...] = ()
    reads: str = ""
    undo: str = ""

    def __post_init__(self) -> None:
        if self.ceiling not in CEILINGS:
            raise ValueError(f"write {self.name}: no ceiling {self.ceiling!r}")
        if self.reads and self.reads not in CATALOGUE:
            raise ValueError(f"write {self.name}: no endpoint {self.reads!r}")
        if not self.path.startswith("/"):
            raise ValueError(f"write {self.name}: path {self.path!r} must begin with /")


@dataclass(frozen=True, slots=True)
class Form:
    """A multipart form. `fields`: by name, in their order. `files`: paths by name; they are streamed."""

    fields: Mapping[str, str]
    files: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, fields: Mapping[str, str | bool], files: Mapping[str, str]) -> Form:
        """The form of an object of that name, such as `track`."""
        texts = {f"{name}[{field}]": _form_text(value) for field, value in fields.items()}
        return cls(texts, {f"{name}[{field}]": path for field, path in files.items()})


def _form_text(value: str | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value


_GONE = (404,)  # answers to a DELETE: it is not there
_THERE = (409, 422)  # answers to a like, follow or repost: it may be there already

_WRITES = (
    Write(
        name="like_track", do="like", kind="track", method="POST", path="/likes/tracks/{urn}", ceiling="like",
        conflict=_THERE, reads="my_liked_tracks", undo="unlike",
    ),
    Write(
        name="unlike_track", do="unlike", kind="track", method="DELETE", path="/likes/tracks/{urn}",
        ceiling="take_back", settled=_GONE, reads="my_liked_tracks", undo="like",
    ),
    Write(
        name="like_playlist", do="like", kind="playlist", method="POST", path="/likes/playlists/{urn}", ceiling="like",
        conflict=_THERE, reads="my_liked_playlists", undo="unlike",
    ),
    Write(
        name="unlike_playlist", do="unlike", kind="playlist", method="DELETE", path="/likes/playlists/{urn}",
        ceiling="take_back", settled=_GONE, reads="my_liked_playlists", undo="like",
    ),
    Write(
        name="repost_track", do="repost", kind="track", method="POST", path="/reposts/tracks/{urn}", ceiling="repost",
        conflict=(*_THERE, 403), reads="my_reposted_tracks", undo="unrepost",
    ),
    Write(
        name="unrepost_track", do="unrepost", kind="track", method="DELETE", path="/reposts/tracks/{urn}",
        ceiling="take_back", settled=_GONE, reads="my_reposted_tracks", undo="repost",
    ),
    Write(
        name="repost_playlist", do="repost", kind="playlist", method="POST", path="/reposts/playlists/{urn}",
        ceiling="repost", conflict=(*_THERE, 403), reads="my_reposted_playlists", undo="unrepost",
    ),
    Write(
        name="unrepost_playlist", do="unrepost", kind="playlist", method="DELETE", path="/reposts/playlists/{urn}",
        ceiling="take_back", settled=_GONE, reads="my_reposted_playlists", undo="repost",
    ),
    Write(
        name="follow", do="follow", kind="user", method="PUT", path="/me/followings/{urn}", ceiling="follow",
        conflict=_THERE, reads="my_followings", undo="unfollow",
    ),
    Write(
        name="unfollow", do="unfollow", kind="user", method="DELETE", path="/me/followings/{urn}", ceiling="take_back",
        settled=_GONE, reads="my_followings", undo="follow",
    ),
    Write(
        name="make_playlist", do="playlist", kind="playlist", method="POST", path="/playlists", ceiling="playlist",
        body="playlist", makes=True, reads="my_playlists", undo="delete_playlist",
    ),
    Write(
        name="set_playlist", do="playlist", kind="playlist", method="PUT", path="/playlists/{urn}", ceiling="playlist",
        body="playlist", reads="playlist", undo="playlist",
    ),
    Write(
        name="delete_playlist", do="delete_playlist", kind="playlist", method="DELETE", path="/playlists/{urn}",
        ceiling="delete", settled=_GONE, reads="playlist",
    ),
    Write(
        name="make_track", do="upload", kind="track", method="POST", path="/tracks", ceiling="upload", body="form",
        makes=True, reads="my_tracks", undo="delete_track",
    ),
    Write(
        name="set_track", do="track", kind="track", method="PUT", path="/tracks/{urn}", ceiling="track", body="track",
        reads="track", undo="track",
    ),
    Write(
        name="delete_track", do="delete_track", kind="track", method="DELETE", path="/tracks/{urn}", ceiling="delete",
        settled=_GONE, reads="track",
    ),
    Write(
        name="comment", do="comment", kind="comment", method="POST", path="/tracks/{urn}/comments", ceiling="comment",
        body="comment", makes=True, reads="track_comments",
    ),
)  # fmt: skip

WRITES: Mapping[str, Write] = MappingProxyType({write.name: write for write in _WRITES})

if len(WRITES) != len(_WRITES):
    raise ValueError("two writes have the same name")

PLAYLIST_FIELDS = frozenset(
    {
        *("title", "description", "sharing", "genre", "tag_list", "label_name", "license", "release", "release_date"),
        *("ean", "permalink", "purchase_title", "purchase_url", "set_type"),
    }
)
TRACK_FIELDS = frozenset(
    {
        *("title", "description", "sharing", "genre", "tag_list", "label_name", "license", "release", "release_date"),
        *("permalink", "purchase_url", "embeddable_by", "isrc"),
        *("streamable", "downloadable", "commentable", "reveal_stats", "reveal_comments"),
    }
)
FLAGS = frozenset({"streamable", "downloadable", "commentable", "reveal_stats", "reveal_comments"})
"""The fields that are true or false."""

LONGEST_PLAYLIST = 500  # tracks
MOST_FOLLOWINGS = 2000
LARGEST_FILE = 4 * 1024**3  # bytes
AUDIO = frozenset({".aif", ".aiff", ".wav", ".wave", ".flac", ".ogg", ".mp2", ".mp3", ".aac", ".m4a", ".amr", ".wma"})
PICTURES = frozenset({".jpg", ".jpeg", ".png"})
