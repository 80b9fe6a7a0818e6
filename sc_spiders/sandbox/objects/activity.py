"""Comments, likes, reposts and streams, as the v2 API writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sc_spiders.sandbox import words
from sc_spiders.sandbox.dates import iso
from sc_spiders.sandbox.objects.common import Json, when
from sc_spiders.sandbox.objects.playlists import partial_playlist, playlist
from sc_spiders.sandbox.objects.tracks import duration, track
from sc_spiders.sandbox.objects.users import first_permalink, mini_user

if TYPE_CHECKING:
    from sc_spiders.sandbox.objects.links import Links


def comment(world: Links, index: int) -> Json:
    """Return a comment as its track's list has it."""
    links, id = world.links, world.comment_ids.id(index)
    track_index = links.commented(index)
    author = links.commenter(index)
    body = words.REMARKS[index * 7 % len(words.REMARKS)]
    # A reply begins with @ and the name of that time, and has the moment of the comment it answers. Nothing else marks
    # it.
    if links.is_reply(index):
        body = f"@{first_permalink(links.commenter(index - 1))} {body}"
    moment = links.thread(index)
    return {
        "body": body,
        "created_at": iso(world.born("comments", id)),
        "id": id,
        "kind": "comment",
        "self": {"urn": f"soundcloud:comments:{id}"},
        "timestamp": when(moment % 50 != 6, _moment, moment, track_index),
        "track_id": world.track_ids.id(track_index),
        "user": mini_user(world, author),
        "user_id": world.user_ids.id(author),
    }


def _moment(comment: int, track: int) -> int:
    """Return the time of a comment in its track, in ms. Two of three are near one of three moments of the track."""
    length, anywhere = duration(track), comment * 2_654_435_761 % 10_007
    if comment % 3:
        best = (track * 2_711 + comment * 40_503 % 31 % 3 * 3_067) % 10_007
        near = comment * 48_271 % 601 + comment * 69_621 % 601 - 600
        anywhere = (best + near) % 10_007
    return length * anywhere // 10_007


COMMENTED = (
    "artwork_url", "caption", "id", "kind", "last_modified", "permalink", "permalink_url", "public", "secret_token",
    "sharing", "title", "uri", "urn", "user_id", "full_duration", "duration", "display_date", "media", "station_urn",
    "station_permalink", "track_authorization", "monetization_model", "policy", "user",
)  # fmt: skip


def comment_with_track(world: Links, index: int) -> Json:
    """Return a comment as its author's list has it: most have the track in partial form."""
    row = comment(world, index)
    if index % 7 == 3:
        return row
    whole = track(world, world.links.commented(index))
    return row | {"track": {name: whole[name] for name in COMMENTED}}


def like(world: Links, urn: str, at: int) -> Json:
    """Return a row of a list of likes. Its playlist is in partial form."""
    thing = world.thing(urn)
    row: Json = {"created_at": iso(at), "kind": "like"}
    if thing >= 0:
        return row | {"track": track(world, thing)}
    return row | {"playlist": partial_playlist(world, ~thing)}


def repost_type(urn: str) -> str:
    """Return `track-repost` or `playlist-repost`."""
    if urn.startswith("soundcloud:tracks:"):
        return "track-repost"
    return "playlist-repost"


def stream_item(world: Links, user: int, type: str, urn: str, at: int) -> Json:
    """Return a row of a list of reposts or of a stream: what `user` (an id) posted or reposted."""
    thing = world.thing(urn)
    row: Json = {
        "created_at": iso(at),
        "type": type,
        "caption": when(type.endswith("repost") and at % 9 == 0, words.REMARKS.__getitem__, at % 12),
        "user": mini_user(world, world.user_ids.index(user)),
        "uuid": f"{at >> 16:08x}-{at & 0xFFFF:04x}-1000-8000-{user:012x}",
    }
    if thing >= 0:
        return row | {"track": track(world, thing)}
    return row | {"playlist": playlist(world, ~thing)}


def with_full_user(world: Links, row: Json) -> Json:
    """Return a track or playlist with its user in full, as /resolve and searches give it."""
    return row | {"user": world.user(row["user_id"])}
