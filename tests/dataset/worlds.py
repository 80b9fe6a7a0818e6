"""Invented crawls of each kind for reports and recipes."""

from __future__ import annotations

import random
from collections.abc import Iterator

from .make import Row, crawl, edge, follows, listing, node, record, track, user

_FIRST = ("Ada", "Björn", "Chidi", "Daniela", "Emre", "Fatou", "Grażyna", "Hana", "Ilya", "Jun", "Kofi", "Léa", "Mari")
_SECOND = ("Tape", "Velvet", "Harbour", "Glacier", "Orchid", "Static", "Meadow", "Lantern", "Signal", "Mirage")
_COUNTRIES = ("DE", "GB", "US", "JP", "SE", "BR", "NG", "PL", "EG", None)
_WORDS = ("Night", "Slow", "Paper", "Blue", "Hollow", "Tiny", "Last", "Warm", "Salt", "Copper")


def _person(number: int, chance: random.Random, **fields: object) -> Row:
    name = f"{_FIRST[number % len(_FIRST)]} {_SECOND[number // len(_FIRST) % len(_SECOND)]}"
    name += "" if number < len(_FIRST) * len(_SECOND) else f" {number}"
    place = {"permalink": f"person-{number}", "permalink_url": f"https://soundcloud.com/person-{number}"}
    return user(number, **{"username": name, "country_code": chance.choice(_COUNTRIES), **place} | fields)


def _piece(number: int, chance: random.Random, **fields: object) -> Row:
    by = _FIRST[number % len(_FIRST)]
    return track(
        number,
        **{
            "title": f"{_WORDS[number % 10]} {_SECOND[number // 10 % 10]}"
            + (f", part {number // 100}" if number > 99 else ""),
            "duration": chance.randrange(90_000, 420_000),
            "user_urn": f"soundcloud:users:{number}",
            "user_username": f"{by} {_SECOND[number % len(_SECOND)]}",
            "permalink_url": f"https://soundcloud.com/person-{number}/track-{number}",
            "playback_count": int(10 ** chance.uniform(2, 6)),
        }
        | fields,
    )


def graph(people: int, links: int, seed: int = 1) -> Iterator[Row]:
    """Who follows whom: some users have many followers, and most links stay within one of a dozen groups."""
    chance = random.Random(seed)
    for number in range(1, people + 1):
        yield _person(number, chance, followers_count=people // number, followings_count=3)
    done: set[tuple[int, int]] = set()
    groups = min(12, people // 8 + 1)
    while len(done) < links:
        a, b = chance.randint(1, people), int(people * chance.random() ** 3) + 1
        if chance.random() < 0.8:
            b = min(b - (b - a) % groups, people)
        if a != b and b > 0 and (a, b) not in done:
            done.add((a, b))
            yield follows(a, b)
    yield listing("followers", "soundcloud:users:1", announced=people, fetched=people)
    yield crawl("user_graph", {"user": "person-1", "depth": "2", "relations": "followers"}, counts={"user": people})


def comments(count: int = 4000, seed: int = 1) -> Iterator[Row]:
    """Comments on three tracks, most of them at certain moments. Like the spider, it writes no track records."""
    chance = random.Random(seed)
    pieces = [
        _piece(number, chance, duration=length) for number, length in ((1, 245_000), (2, 3_720_000), (3, 180_000))
    ]
    for number in range(1, count + 1):
        piece = chance.choices(pieces, (6, 3, 1))[0]
        peak = chance.choice((0.12, 0.5, 0.52, 0.78))
        at = chance.gauss(peak, 0.05) if chance.random() < 0.7 else chance.random()
        author = int(300 * chance.random() ** 2.5) + 1
        yield node(
            "comment",
            number,
            body=chance.choice(("this!", "that drop", "🔥", "so calm", "one of my favourites")),
            timestamp=int(min(max(at, 0), 1) * piece["duration"]) if chance.random() < 0.95 else None,
            created_at=f"{chance.randint(2014, 2025)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}T12:00:00Z",
            track_id=piece["id"],
            track_urn=piece["urn"],
            user_id=author,
            user_urn=f"soundcloud:users:{author}",
            user_permalink=f"person-{author}",
            user_username=f"{_FIRST[author % 13]} {_SECOND[author % 10]}",
        )
    for piece in pieces:
        yield listing("track_comments", piece["urn"], announced=count // 2, fetched=count // 3)
    yield crawl("track_comments", {"track": "person-1/track-1, person-2/track-2, person-3/track-3"})


def ranks(seed: int = 1) -> Iterator[Row]:
    """Three charts and a search."""
    chance = random.Random(seed)
    for number in range(1, 121):
        yield _piece(number, chance)
    for source in ("charts:top:techno", "charts:top:ambient", "charts:trending:all-music", "search:tracks:slow night"):
        chosen = chance.sample(range(1, 121), 50)
        relation = "finds" if source.startswith("search") else "ranks"
        for place, number in enumerate(chosen):
            score = 1000.0 / (place + 1) if relation == "ranks" else None
            yield edge(relation, source, f"soundcloud:tracks:{number}", position=place, score=score)
        yield listing("charts" if relation == "ranks" else "search_tracks", source, fetched=50)
    yield crawl("charts", {"kind": "top", "genre": "techno,ambient"})


def playlists(seed: int = 1) -> Iterator[Row]:
    """Six playlists and a shelf of the discover page. One playlist has missing tracks."""
    chance = random.Random(seed)
    for number in range(1, 60):
        yield _piece(number, chance)
    for number in range(1, 7):
        urn, size = f"soundcloud:playlists:{number}", number * 4
        gone = [f"soundcloud:tracks:{n}" for n in (901, 902)] if number == 3 else []
        yield node(
            "playlist",
            number,
            title=f"{_WORDS[number]} hours",
            track_count=size + len(gone),
            user_username=_FIRST[number],
            permalink_url=f"https://soundcloud.com/person-{number}/sets/hours",
        )
        for place, piece in enumerate(chance.sample(range(1, 60), size)):
            yield edge("contains", urn, f"soundcloud:tracks:{piece}", position=place)
        yield listing("playlist_tracks", urn, complete=not gone, missing=gone, announced=size + len(gone), fetched=size)
    shelf = "soundcloud:selections:new"
    yield record("selection", id=shelf, urn=shelf, partial=False, title="New & hot")
    for place in range(4):
        yield edge("contains", shelf, f"soundcloud:playlists:{place + 1}", position=place)
    yield listing("playlist_tracks", "soundcloud:playlists:7", "forbidden", fetched=0)
    yield listing("playlist_tracks", "soundcloud:playlists:8", "interrupted", announced=90, fetched=40)
    yield crawl("playlist", {"playlist": "person-1/sets/hours"}, "shutdown")
