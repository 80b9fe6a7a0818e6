"""Each write of the official specification, asked as it says, gets an answer that it knows."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft7Validator

from .writer import Connect, Json, Writer, strangers

WAVE = b"RIFF\0\0\0\0WAVEfmt " + b"\x10\0\0\0" + b"\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x08\0" + b"data" + b"\0" * 9000
CARD = {"title": "Download now", "type": "digital", "link": "https://example.com/my-track", "price": "0"}

WRITES = [
    "PUT /me/followings/{user_urn}", "DELETE /me/followings/{user_urn}",
    "POST /tracks", "PUT /tracks/{track_urn}", "PUT /tracks/{track_urn}/storefront",
    "POST /tracks/{track_urn}/comments", "POST /playlists", "PUT /playlists/{playlist_urn}",
    "POST /likes/tracks/{track_urn}", "DELETE /likes/tracks/{track_urn}",
    "POST /likes/playlists/{playlist_urn}", "DELETE /likes/playlists/{playlist_urn}",
    "POST /reposts/tracks/{track_urn}", "DELETE /reposts/tracks/{track_urn}",
    "POST /reposts/playlists/{playlist_urn}", "DELETE /reposts/playlists/{playlist_urn}",
    "DELETE /tracks/{track_urn}", "DELETE /playlists/{playlist_urn}", "POST /sign-out",
]  # fmt: skip
MISSING = {f"{kind}_urn": f"soundcloud:{kind}s:4" for kind in ("track", "playlist", "user")}


OPPOSITES = {
    "PUT /me/followings": "DELETE", "DELETE /me/followings": "PUT",
    "POST /likes/tracks": "DELETE", "DELETE /likes/tracks": "POST",
    "POST /likes/playlists": "DELETE", "DELETE /likes/playlists": "POST",
    "POST /reposts/tracks": "DELETE", "DELETE /reposts/tracks": "POST",
    "POST /reposts/playlists": "DELETE", "DELETE /reposts/playlists": "POST",
}  # fmt: skip
"""The method that undoes a write."""


def resolved(specification: Any, part: Any) -> Any:
    """What a reference in the specification leads to."""
    if "$ref" not in part:
        return part
    found = specification
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def examples(specification: Any, operation: Any, track: str) -> list[Json]:
    """The bodies that the specification shows for an operation, by their form. Tracks are those of the sandbox."""
    content = operation.get("requestBody", {}).get("content", {})
    found = []
    for form, described in content.items():
        values = {}
        for example in described.get("examples", {}).values():
            values = resolved(specification, example)["value"]
        found.append(filled(form, values, track))
    return [body for body in found if body] or [{}]


def filled(form: str, values: Json, track: str) -> Json:
    if form == "multipart/form-data" and values:
        given = {name: str(value) for name, value in values.items() if value is not None and "data" not in name}
        file = {"track[asset_data]": ("drum.wav", WAVE)} if "track[title]" in values else {"none": ("", b"")}
        return {"data": given, "files": file}
    if "playlist" in values:
        return {"json": {"playlist": values["playlist"] | {"tracks": [{"urn": track}]}}}
    return {}


OWN: dict[str, Json] = {
    "PUT /tracks/{track_urn}": {"json": {"track": {"title": "T", "license": "cc-by", "downloadable": False}}},
    "PUT /tracks/{track_urn}/storefront": {"json": CARD},
    "POST /tracks/{track_urn}/comments": {"json": {"comment": {"body": "test comment", "timestamp": 1.5}}},
    "PUT /playlists/{playlist_urn}": {"json": {"playlist": {"title": "P"}}},
}
"""Bodies where the specification has no example."""


def check(specification: Any, operation: Any, answer: Any) -> None:
    """Compare an answer with what the specification says of its status."""
    described = resolved(specification, operation["responses"][str(answer.status_code)])
    for content in described.get("content", {}).values():
        schema = {**content.get("schema", {}), "components": specification["components"]}
        errors = [(error.json_path, error.message) for error in Draft7Validator(schema).iter_errors(answer.json())]
        assert errors == []


def targets(writer: Writer) -> dict[str, str]:
    """One's own track and playlist, and somebody else."""
    user = strangers(writer, "users")[0]
    return {"track_urn": "soundcloud:tracks:293", "playlist_urn": "soundcloud:playlists:1", "user_urn": user}


def test_all_writes_of_the_specification_are_here(specification: Any) -> None:
    there = {
        f"{method.upper()} {path}"
        for path, operations in specification["paths"].items()
        for method in operations
        if method in ("post", "put", "delete") and "oauth" not in path
    }
    assert there == {*WRITES}


@pytest.mark.parametrize("write", WRITES)
def test_each_write_as_the_specification_shows_it(connect: Connect, specification: Any, write: str) -> None:
    writer = connect()
    method, path = write.split()
    operation = specification["paths"][path][method.lower()]
    opposite = OPPOSITES.get(write.rpartition("/")[0])
    if opposite:  # what is taken away must be there, and what is set must not
        writer.ask(opposite, path.format(**targets(writer)))

    for body in [OWN[write]] if write in OWN else examples(specification, operation, "soundcloud:tracks:293"):
        answer = writer.ask(method, path.format(**targets(writer)), **body)
        assert answer.ok, answer.text
        check(specification, operation, answer)


@pytest.mark.parametrize("write", [write for write in WRITES if "{" in write])
def test_each_write_to_what_is_not_there(connect: Connect, specification: Any, write: str) -> None:
    method, path = write.split()
    answer = connect().ask(method, path.format(**MISSING), **OWN.get(write, {}))

    assert answer.status_code == 404
    if "404" in specification["paths"][path][method.lower()]["responses"]:
        check(specification, specification["paths"][path][method.lower()], answer)
