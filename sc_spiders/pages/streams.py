"""The formats in which a track can be heard. Their addresses are left out: they are signed, and expire within hours."""

from __future__ import annotations

from typing import Any

from sc_spiders import records
from sc_spiders.pages.page import Row

__all__ = ["STREAMS", "of_answer", "of_track"]

STREAMS = "streams"  # in a listing's extra: the formats of its tracks are wanted

_ADDRESS = "_url"  # how the keys of the public API's answer end
_PROTOCOLS = {"http": "progressive", "hls": "hls"}  # by the first word of such a key; the values are v2's words
_PREVIEW = "preview"


def of_track(track: Row) -> list[Any]:
    """The formats in a track object of v2."""
    media = track.get("media")
    if not isinstance(media, dict) or not isinstance(media.get("transcodings"), list):
        return []
    found: list[Any] = media["transcodings"]
    return found


def of_answer(answer: Row, drift: records.Drift) -> list[Row]:
    """The formats in an answer of the public API, whose keys are their names: `hls_aac_160_url`."""
    keys = [key for key in answer if key.endswith(_ADDRESS)]
    drift.notice("page", frozenset(keys), answer.keys())
    return [_format(key.removesuffix(_ADDRESS), answer[key]) for key in keys if answer[key]]


def _format(name: str, address: Any) -> Row:
    first = name.partition("_")[0]
    return {"preset": name, "protocol": _PROTOCOLS.get(first), "snipped": first == _PREVIEW, "url": address}
