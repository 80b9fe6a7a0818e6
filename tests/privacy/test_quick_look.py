"""The quick look at a page lets nobody on the list of SC_NEVER pass whom the search record by record finds."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sc_spiders.records import FIELDS, OptOut, People
from sc_spiders.records.quick_look import _KINDS, _looked_at

URNS = ["soundcloud:users:5", "soundcloud:tracks:7"]
IDS = st.sampled_from([5, 6, 7, "5", "7", 5.0, True, None, 0, "05", *URNS])
URN = st.sampled_from([None, "", "soundcloud:users:6", "soundcloud:system-playlists:artist-stations:5", *URNS])
NAMES = st.sampled_from(["forss", "FORSS", "other", None, "", "for\nss", "forss/", 7, "song"])
OBJECTS = st.deferred(lambda: st.fixed_dictionaries({}, optional=_MEMBERS))
_MEMBERS: dict[Any, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("id", "user_id", "track_id"), IDS),
    **dict.fromkeys(("urn", "user_urn", "track_urn"), URN),
    **dict.fromkeys(("user", "track", "playlist"), OBJECTS | st.none()),
    "permalink": NAMES,
    "kind": st.sampled_from(["track", "playlist", "comment", "user"]),
}
TEXTS = st.sampled_from(
    [
        *("x @FORSS, y", "a@forss", "@forss.", "@@forss", "/@forss", "@forssİ", "@\u212a", "@İnan x", "@ΆΣ.Δ", "@"),
        *("https://m.SoundCloud.com/Forss?x=1", "https://on.soundcloud.com/forss", "soundcloud.com//forss", "forss"),
        *("soundcloud.com/forss-2", "https://soundcloud.com/%66orss", "soundcloud.com/other/forss", "", None),
    ]
)
JSON = st.recursive(
    TEXTS | IDS | URN | st.just("track"),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["id", "urn", "kind", "permalink", "user", "track"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@st.composite
def records_of(draw: st.DrawFn, kind: str) -> list[dict[str, Any]]:
    """Up to two records of that kind, with a few fields that may name somebody."""
    ids, texts = _looked_at(kind)
    rows = []
    for _ in range(draw(st.integers(1, 2))):
        row: dict[str, Any] = dict.fromkeys(FIELDS[kind])
        row[draw(st.sampled_from(ids))] = draw(IDS | URN)
        row[draw(st.sampled_from(texts.plain))] = draw(TEXTS)
        if texts.nested:
            row[draw(st.sampled_from(texts.nested))] = draw(JSON)
        rows.append(row)
    return rows


@example("track", [{"id": "7"}])
@example("comment", [{"track_id": "7"}])
@example("playlist", [{"id": 1, "user": {"id": "5"}}])
@settings(max_examples=40)
@given(st.sampled_from(sorted(_KINDS - {"edge"})), st.lists(OBJECTS, min_size=1, max_size=3))
def test_objects_of_people_on_the_list_are_found(kind: str, objects: list[dict[str, Any]]) -> None:
    opt_out = OptOut(People(URNS, ["forss"]))
    if opt_out.quick_look.passes_objects(kind, objects):
        assert not any(opt_out.has(kind, one) for one in objects)


@example(("user", [dict.fromkeys(FIELDS["user"]) | {"visuals_visuals": [{"user": {"permalink": "forss"}}]}]), "forss")
@example(("track", [dict.fromkeys(FIELDS["track"]) | {"domain_lockings": [{"kind": "track", "id": 1}]}]), "forss")
@example(("comment", [dict.fromkeys(FIELDS["comment"]) | {"body": "@İnan x"}]), "İnan")
@settings(max_examples=60)
@given(
    st.sampled_from(sorted(_KINDS)).flatmap(lambda kind: st.tuples(st.just(kind), records_of(kind))),
    st.sampled_from(["forss", "forss/song", "k", "other/forss", "İnan", "ΆΣ"]),
)
def test_records_that_name_them_are_found(given: tuple[str, list[dict[str, Any]]], name: str) -> None:
    kind, rows = given
    opt_out = OptOut(People(URNS, [name]))
    if opt_out.quick_look.passes_records(kind, rows):
        opt_out.quick_look.is_on = False
        assert opt_out.kept(kind, deepcopy(rows)) == rows
