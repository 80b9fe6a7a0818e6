"""The part of a world that its objects need."""

from __future__ import annotations

from typing import Any, Protocol

from sc_spiders.sandbox.graph import Graph, Thing
from sc_spiders.sandbox.ids import Ids


class Links(Protocol):
    """Objects by position and by id. `sc_spiders.sandbox.relations` implements it."""

    links: Graph
    user_ids: Ids
    track_ids: Ids
    playlist_ids: Ids

    def __hash__(self) -> int: ...

    @property
    def comment_ids(self) -> Ids: ...

    def user(self, id: int) -> dict[str, Any]: ...

    def thing(self, urn: str) -> Thing: ...

    def born(self, kind: str, id: int) -> int: ...

    def display_date(self, track: int) -> int: ...

    def has_track(self, id: int) -> bool: ...

    def playlist_tracks(self, id: int) -> list[int]: ...
