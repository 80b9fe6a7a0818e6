"""Reads the bodies of writes: JSON, and forms with files, which are counted and hashed but never kept."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson
from aiohttp import BodyPartReader, web

Json = dict[str, Any]

FIELD = re.compile(r"\A(\w+)\[(\w+)\](?:\[\]\[urn\])?\Z")
"""The name of a form's field, such as `track[title]` or `playlist[tracks][][urn]`."""

LARGEST = 4_000_000_000
"""Bytes of the largest file that is taken."""

LONGEST_NAME = 255
"""Characters of the longest file name that is taken."""

BOOLEANS = {"streamable", "downloadable", "commentable", "reveal_stats", "reveal_comments"}
"""Fields that a form gives as `true` or `false`."""

HEAD, CHUNK, BEFORE_STALL = 4096, 65536, 1_000_000
"""Bytes of a file that are kept to tell what it is; bytes read at a time; bytes read before a stall."""


class Refused(Exception):
    """A write that is refused, with status and message of the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class File:
    """A file that was sent: its length in bytes, its digest, and how it begins."""

    size: int
    sha256: str
    head: bytes


@dataclass
class Body:
    """The values and files that a request gives for the fields of its object."""

    values: Json = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)


@dataclass(frozen=True)
class Intake:
    """How files are read. rate: bytes a second (0: any). stall: seconds without reading after the first megabyte."""

    rate: float = 0
    stall: float = 0

    async def body(self, request: web.Request, wrapper: str) -> Body:
        """Read a body of JSON or a form. Raise Refused if its fields are not inside `wrapper`."""
        if request.content_type == "multipart/form-data":
            return await self._form(request, wrapper)
        return Body(await json_body(request, wrapper))

    async def _form(self, request: web.Request, wrapper: str) -> Body:
        if (request.content_length or 0) > LARGEST:
            raise Refused(422, f"The request is larger than {LARGEST} bytes.")
        found = Body()
        wrapped = False
        async for part in await request.multipart():
            name = FIELD.fullmatch(getattr(part, "name", None) or "")
            if name is None or name[1] != wrapper or not isinstance(part, BodyPartReader):
                continue
            wrapped = True
            if part.filename is not None:
                found.files[name[2]] = await self._file(part)
            else:
                _take(found.values, name[2], await part.text())
        if not wrapped:
            raise missing(wrapper)
        return found

    async def _file(self, part: BodyPartReader) -> File:
        _check_name(part.filename or "")
        digest, size, head = sha256(), 0, b""
        clock = asyncio.get_running_loop().time
        begin, is_stalled = clock(), False
        while chunk := await part.read_chunk(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            head += chunk[: HEAD - len(head)]
            if self.rate:
                await asyncio.sleep(max(0, begin + size / self.rate - clock()))
            if self.stall and size >= BEFORE_STALL and not is_stalled:
                is_stalled = True
                await asyncio.sleep(self.stall)
            if size > LARGEST:
                raise Refused(422, f"The file is larger than {LARGEST} bytes.")
        return File(size, digest.hexdigest(), head)


def missing(wrapper: str) -> Refused:
    """Return the refusal of a body without the object `wrapper`."""
    return Refused(422, f"Parameter {wrapper} is missing.")


async def json_body(request: web.Request, wrapper: str = "") -> Json:
    """Return the object in a body of JSON; with `wrapper`, its member of that name. Raise Refused if there is none."""
    try:
        data = orjson.loads(await request.read())
    except ValueError:
        raise Refused(422, "Could not parse JSON request body.") from None
    if not isinstance(data, dict):
        raise Refused(422, "Could not parse JSON request body.")
    if not wrapper:
        return data
    if not isinstance(data.get(wrapper), dict):
        raise missing(wrapper)
    return dict(data[wrapper])


def _take(values: Json, name: str, text: str) -> None:
    """Store a form field in the form that it has in a JSON body."""
    if name == "tracks":
        urns = [urn.strip() for urn in text.split(",") if urn.strip()]
        values[name] = values.get(name, []) + [{"urn": urn} for urn in urns]
    elif name in BOOLEANS:
        values[name] = text == "true"
    else:
        values[name] = text


def _check_name(name: str) -> None:
    if len(name) > LONGEST_NAME:
        raise Refused(422, f"The file name is longer than {LONGEST_NAME} characters.")
    if not name.isascii():
        raise Refused(500, "")  # as the API answered in 2025
