"""A data set with every kind of record, and with names that are difficult for formats."""

from __future__ import annotations

from .make import Row, crawl, edge, follows, listing, node, record, track, user

NASTY = "<script>alert(1)</script> & \"q\" 'a', ;\n\t\x00\x0b\ufffe\U0001f3a7 ünï\\"
"""What XML, CSV, SQL and HTML each have trouble with."""

SAMPLE: list[Row] = [
    user(1, username=NASTY, followers_count=2**40, verified=True, country_code="DE", created_at="2010-02-03T04:05:06Z"),
    user(2, username="Two", description="", creator_subscriptions=[{"product": {"id": "free"}}]),
    user(3, partial=True, verified=False),
    track(1, title="Same number as user one", bpm=174.5, user_urn="soundcloud:users:1", available_country_codes=["DE"]),
    node("playlist", 5, title="List", track_count=1),
    record(
        "playlist",
        id="soundcloud:system-playlists:track-stations:1",
        urn="soundcloud:system-playlists:track-stations:1",
        partial=False,
        title="Station",
    ),
    node("comment", 9, body=NASTY, timestamp=1500, track_urn="soundcloud:tracks:1", user_urn="soundcloud:users:2"),
    record(
        "selection", id="soundcloud:selections:new", urn="soundcloud:selections:new", partial=False, title="New & hot"
    ),
    follows(2, 1),
    follows(3, 1),
    follows(1, 999),
    edge("likes", "soundcloud:users:2", "soundcloud:tracks:1", created_at="2020-01-02T03:04:05Z"),
    edge("reposts", "soundcloud:users:2", "soundcloud:tracks:1", caption=NASTY),
    edge("contains", "soundcloud:playlists:5", "soundcloud:tracks:1", position=0),
    edge("ranks", "charts:top:techno", "soundcloud:tracks:1", position=3, score=0.25),
    edge("finds", f"search:all:{NASTY}", "soundcloud:users:1", position=0),
    listing("followers", "soundcloud:users:1"),
    listing("likes", "soundcloud:users:2", complete=False, missing=["soundcloud:tracks:4", NASTY]),
    crawl("user_graph", {"user": NASTY}, counts={"user": 3}),
    record("web_profile", user_urn="soundcloud:users:1", url="https://a.example", title=NASTY),
    record("object", path="/p", object={"a": [1]}),
]
NODES = {row["urn"]: row for row in SAMPLE if "partial" in row}
EDGES = [row for row in SAMPLE if row["kind"] == "edge"]
COMMENTED = [
    ("soundcloud:users:2", "soundcloud:comments:9", "writes"),
    ("soundcloud:comments:9", "soundcloud:tracks:1", "comments_on"),
]
"""Edges that graphs have of the comment's own fields."""
UNRECORDED = {"soundcloud:users:999": "user", "charts:top:techno": "chart", f"search:all:{NASTY}": "search"}
"""Ends of edges without a record of their own."""
