"""A requested object is checked by its id: another object is no answer, in both APIs."""

from __future__ import annotations

from typing import Any

import pytest

from sc_spiders.api import APIS, CATALOGUE, Endpoint
from sc_spiders.errors import Malformed
from sc_spiders.pages.listing import Listing, first_page
from sc_spiders.pages.shape import check_shape

BY_ID = [
    (endpoint, api)
    for endpoint in CATALOGUE.values()
    for api in APIS
    if endpoint.shape == "one"
    and {"id", "urn"} & set(endpoint.arguments(api))
    and endpoint.kinds[0] in ("user", "track", "playlist")
]


def asked(endpoint: Endpoint, api: str, urn: str) -> Listing:
    path: dict[str, Any] = {"id": urn.rpartition(":")[2], "urn": urn}
    url, kept = first_page(endpoint, api, **path)
    return Listing(endpoint.name, urn, url, kept)


def forms(kind: str, last: str) -> list[dict[str, Any]]:
    """The ways in which an object may give its id."""
    if not last.isdigit():
        return [{"id": last, "urn": last}, {"urn": last}]
    urn = f"soundcloud:{kind}s:{last}"
    return [{"id": int(last), "urn": urn}, {"id": int(last)}, {"urn": urn}]


@pytest.mark.parametrize(("endpoint", "api"), BY_ID, ids=[f"{endpoint.name}-{api}" for endpoint, api in BY_ID])
def test_another_object_is_no_answer(endpoint: Endpoint, api: str) -> None:
    kind = endpoint.kinds[0]
    if endpoint.name == "system_playlist":
        right, wrong = (f"soundcloud:system-playlists:artist-stations:{number}" for number in (7, 77))
        urn = right
    else:
        right, wrong = "7", "77"
        urn = f"soundcloud:{kind}s:7"
    for form in forms(kind, right):
        check_shape(asked(endpoint, api, urn), {"kind": kind, "tracks": [], **form})
    for form in forms(kind, wrong):
        with pytest.raises(Malformed):
            check_shape(asked(endpoint, api, urn), {"kind": kind, "tracks": [], **form})


@pytest.mark.parametrize("path", ["/tracks/7", "/tracks/soundcloud:tracks:7"])
@pytest.mark.parametrize("other", [{"kind": "track", "id": 77}, {"kind": "user", "id": 7}])
def test_another_object_is_no_answer_to_a_path_of_one(path: str, other: dict[str, Any]) -> None:
    listing = Listing("resource", path, path)

    check_shape(listing, {"kind": "track", "id": 7})
    with pytest.raises(Malformed):
        check_shape(listing, other)
