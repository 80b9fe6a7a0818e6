"""If no crawl record tells the data's origin, reports have no links."""

from __future__ import annotations

from sc_spiders.dataset.origin import Origin

HREF = "https://soundcloud.com/forss"


def test_only_data_known_to_be_soundclouds_links_there() -> None:
    assert Origin.of([]).link(HREF) is None
    assert Origin.of([{"versions": {"api": "sandbox of x"}}]).link(HREF) is None
    assert Origin.of([{"versions": {}}]).link(HREF) == HREF
