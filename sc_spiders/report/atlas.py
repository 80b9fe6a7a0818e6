"""The map of cities: where the large cities are, by the names that people give them, and the coasts around them.

`deploy/atlas.py` makes its two files, of GeoNames (CC BY 4.0) and Natural Earth (public domain).
"""

from __future__ import annotations

import gzip
import unicodedata
from collections.abc import Iterable, Sequence
from importlib.resources import files
from itertools import pairwise
from math import cos, radians, sqrt

import orjson

from . import html, svg
from .html import Html, h

City = tuple[str, str | None, int]
"""What people call their city, their country, and how many do."""

SOURCE = "Coasts: Natural Earth. Cities: GeoNames, CC BY 4.0."
_TOP, _BOTTOM = 84.0, -56.0  # degrees of latitude; nobody lives beyond
_STRETCH = cos(radians(35))  # a map that is true to scale at this latitude
_SURE = 10
"""Without a country, the largest city of a name counts if it is so many times as large as the next."""
_LARGEST = 15.0  # radius of the circle of the city with most people
_NAMED = 8


class Atlas:
    """The cities of GeoNames with at least 200,000 people."""

    def __init__(self) -> None:
        self._cities: dict[str, list[tuple[int, str, float, float]]] = {}
        packed = (files(__package__) / "assets" / "cities.tsv.gz").read_bytes()
        for line in gzip.decompress(packed).decode().splitlines():
            country, latitude, longitude, people, *names = line.split("\t")
            city = int(people), country, float(latitude), float(longitude)
            for name in names:
                self._cities.setdefault(name, []).append(city)

    def find(self, name: str, country: str | None) -> tuple[float, float] | None:
        """Latitude and longitude of a city; None if it is not known, or if it may be several."""
        for part in (name, name.partition(",")[0], name.partition("/")[0]):
            found = self._cities.get(plain(part), [])
            if country:
                found = [city for city in found if city[1] == country]
            if not found:
                continue
            first, *others = sorted(found, reverse=True)
            if country or not others or first[0] >= _SURE * others[0][0]:
                return first[2], first[3]
        return None


def world(cities: Sequence[City]) -> Html | None:
    """A map with a circle for each place, as large as the number of people who name it. None if it has few places."""
    atlas = Atlas()
    counts: dict[tuple[float, float], tuple[int, str]] = {}
    for name, country, people in cities:
        if place := atlas.find(name, country):
            before, called = counts.get(place, (0, name))
            counts[place] = before + people, called
    if len(counts) < 3:
        return None
    shown = sorted(((people, name, place) for place, (people, name) in counts.items()), reverse=True)
    known = sum(people for people, _, _ in shown)
    every = sum(people for _, _, people in cities)
    label = f"A map of the {len(shown):,} cities that {known:,} accounts name; most, {shown[0][0]:,}, {shown[0][1]}."
    drawn = svg.both(label, [_drawing(label, width, shown) for width in (svg.WIDE, svg.WIDTH)])
    told = f"{known:,} of the {every:,} accounts that name a city are on the map. {SOURCE}"
    return html.join(drawn, html.note(told))


def _drawing(label: str, width: int, shown: Sequence[tuple[int, str, tuple[float, float]]]) -> Html:
    scale = width / 360
    largest = _LARGEST * sqrt(width / svg.WIDE)

    def point(latitude: float, longitude: float) -> svg.Place:
        return (longitude + 180) * scale, (_TOP - latitude) * scale / _STRETCH

    parts = [h("path", d=_coasts(point), class_="land")]
    named = []
    for people, name, place in shown:
        x, y = point(*place)
        radius = max(largest * sqrt(people / shown[0][0]), 1.5)
        words = h("title", f"{name}: {people:,}")
        parts.append(h("circle", words, cx=f"{x:.1f}", cy=f"{y:.1f}", r=f"{radius:.1f}", class_="point"))
        named.append((x + radius - 4, y, name))
    parts += svg.labels(width, named[:_NAMED])
    height = (_TOP - _BOTTOM) * scale / _STRETCH
    return h("svg", parts, viewBox=f"0 0 {width} {height:.0f}", role="img", aria_label=label, class_="chart")


def _coasts(point: svg.Project) -> str:
    rings = orjson.loads((files(__package__) / "assets" / "land.json").read_bytes())
    drawn = []
    for ring in rings:
        places = [point(max(min(y, _TOP), _BOTTOM), x) for x, y in ring]
        drawn.append(_ring(places))
    return "".join(drawn)


def _ring(places: Iterable[svg.Place]) -> str:
    """A closed line, each point relative to the one before, in whole units. "" for an island that is too small."""
    rounded = [(round(x), round(y)) for x, y in places]
    steps = [(x - a, y - b) for (a, b), (x, y) in pairwise(rounded) if (x, y) != (a, b)]
    if len(steps) < 2:
        return ""
    return f"M{rounded[0][0]} {rounded[0][1]}l{''.join(f'{x} {y} ' for x, y in steps)}z"


def plain(name: str) -> str:
    """A name without accents, in lower case, as in the file of cities."""
    letters = unicodedata.normalize("NFKD", name)
    return " ".join("".join(one for one in letters if not unicodedata.combining(one)).casefold().split())
