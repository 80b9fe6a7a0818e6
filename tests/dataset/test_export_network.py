"""Graph formats tell each node's community, PageRank and position, so that Gephi opens a picture."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]

from sc_spiders.dataset import Dataset
from sc_spiders.export import FORMATS, network
from sc_spiders.report import layout
from tests.support.examples import any_text

from . import readers
from .make import Row, follows, track, user, write
from .run import Runner

FORMS = ("graphml", "gexf")


def two_groups(each: int) -> list[Row]:
    """Two groups in which all follow each other, and one person who follows across."""
    groups = (range(1, each + 1), range(101, each + 101))
    return [follows(a, b) for group in groups for a, b in itertools.permutations(group, 2)] + [follows(1, 101)]


@pytest.fixture
def groups(tmp_path: Path) -> Path:
    return write(tmp_path / "a.jsonl", [user(1), *two_groups(5)])


@pytest.mark.parametrize("form", FORMS)
def test_each_node_has_its_community_and_its_pagerank(groups: Path, scrapy: Runner, form: str) -> None:
    import networkx as nx  # type: ignore[import-untyped]

    assert scrapy("export", groups, form).code == 0
    graph = readers.graph(groups.with_suffix(f".{form}"))
    found = dict(graph.nodes(data="community"))
    first = {urn for urn, community in found.items() if community == found["soundcloud:users:1"]}
    assert first == {f"soundcloud:users:{number}" for number in range(1, 6)}
    assert set(found.values()) == {0, 1}
    expected = nx.pagerank(nx.DiGraph(graph))
    assert dict(graph.nodes(data="pagerank")) == pytest.approx(expected, abs=1e-5)


def test_gexf_has_positions_and_colours_by_community(groups: Path, scrapy: Runner) -> None:
    assert scrapy("export", groups, "gexf").code == 0
    graph = readers.graph("a.gexf")
    seen = {urn: (node["community"], node["viz"]) for urn, node in graph.nodes(data=True)}
    assert len({(viz["position"]["x"], viz["position"]["y"]) for _, viz in seen.values()}) == 10
    colours = {community: tuple(viz["color"].values())[:3] for community, viz in seen.values()}
    assert len(set(colours.values())) == 2
    style = (Path(layout.__file__).parent / "assets" / "report.css").read_text()
    assert all(f"#{red:02x}{green:02x}{blue:02x}" in style for red, green, blue in colours.values())


def test_graphml_has_positions_where_gephi_looks_for_them(groups: Path, scrapy: Runner) -> None:
    assert scrapy("export", groups, "graphml").code == 0
    nodes = readers.graph("a.graphml").nodes(data=True)
    assert len({(node["x"], node["y"]) for _, node in nodes}) == 10
    apart = [np.hypot(a["x"] - b["x"], a["y"] - b["y"]) for (_, a), (_, b) in itertools.combinations(nodes, 2)]
    assert min(apart) > 1


@pytest.mark.parametrize("form", ["graphml", "gexf"])
def test_the_same_data_gives_the_same_file(groups: Path, scrapy: Runner, form: str) -> None:
    for name in ("one", "two"):
        assert scrapy("export", groups, form, "-o", name).code == 0
    assert Path("one").read_bytes() == Path("two").read_bytes()


@pytest.mark.parametrize("form", FORMS)
def test_fields_of_ones_own_are_kept(tmp_path: Path, scrapy: Runner, form: str) -> None:
    write(tmp_path / "a.jsonl", [user(1) | {"community": "mine", "x": 7}, follows(1, 2)])
    assert scrapy("export", "a.jsonl", form).code == 0
    node = readers.graph(f"a.{form}").nodes["soundcloud:users:1"]
    assert node["community"] == "mine"
    if form == "graphml":
        assert node["x"] == 7


@pytest.mark.parametrize("form", ["graphml", "gexf"])
def test_of_a_very_large_network_nothing_is_computed_and_that_is_said(
    groups: Path, scrapy: Runner, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(network, "LINKS", 40)
    result = scrapy("export", groups, form)
    assert result.code == 0
    assert "no communities, PageRank and positions: 41 edges are more than 40" in result.out
    assert "pagerank" not in Path(f"a.{form}").read_text()


def test_of_a_large_network_the_core_is_laid_out_and_the_others_are_near_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "NODES", 12)
    monkeypatch.setattr(layout, "LINKS", 100)
    hubs = np.repeat(np.arange(4), 10)  # 0 to 3, with ten leaves each; 44 has no link, 45 hangs on a leaf
    sources, targets = np.r_[hubs, 0, 1, 2, 4], np.r_[np.arange(4, 44), 1, 2, 3, 45]
    places = layout.positions(46, sources, targets, np.zeros(46, int))
    assert np.isfinite(places).all()
    assert len(np.unique(places, axis=0)) == 46
    far = np.hypot(*(places[targets[12:40]] - places[sources[12:40]]).T)
    assert far.max() < 0.5
    assert np.hypot(*places[44]) > 1
    again = layout.positions(46, sources, targets, np.zeros(46, int))
    assert (again == places).all()


TEXT = any_text(min_size=1)


@settings(max_examples=5, deadline=None)  # each opens two data sets, so it has many texts
@given(st.lists(TEXT, min_size=5, max_size=40))
def test_any_text_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    folder = tmp_path_factory.mktemp("xml")
    rows = [track(number, title=text, description=text * 2) for number, text in enumerate(texts, 1)]
    with Dataset([write(folder / "a.jsonl", rows)]) as data:
        FORMATS["graphml"].write(data, folder / "a.graphml")
    with Dataset([folder / "a.jsonl"]) as data:
        FORMATS["gexf"].write(data, folder / "a.gexf")
    expected = [re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", text) for text in texts]
    nodes = etree.parse(folder / "a.graphml").iter("{*}node")
    assert [node.findtext("{*}data[@key='node_title']") for node in nodes] == expected
    nodes = ET.parse(folder / "a.gexf").getroot().iter("{http://www.gexf.net/1.2draft}attvalue")
    assert [node.get("value") for node in nodes if node.get("for") == "title"] == expected
