"""Scrapy items: one class for each kind of record, made from its schema.

Item pipelines, receivers of item signals, and feeds with options such as `item_classes` get them. The class of the
crawl record is for feeds alone: that record is written after the spider has closed.
"""

from __future__ import annotations

import types
import warnings
from typing import Any, ClassVar, cast

from scrapy import Field

from sc_spiders.records import KINDS, schema

with warnings.catch_warnings():
    # scrapy-jsonschema 0.5 still imports names that jsonschema has deprecated, and offers no newer release.
    warnings.filterwarnings(
        "ignore", message=r"Accessing jsonschema\.draft\d_format_checker is deprecated", category=DeprecationWarning
    )
    from scrapy_jsonschema import JsonSchemaItem


class Record(JsonSchemaItem):  # type: ignore[misc]  # scrapy-jsonschema has no types
    """A record with the fields of its schema. A pipeline may add further fields.

    `validator`: the jsonschema validator of the schema.
    """

    jsonschema: ClassVar[dict[str, Any]] = {"properties": {}}
    fields: dict[str, Field]

    def __setitem__(self, name: str, value: Any) -> None:
        if name not in self.fields:
            # Of this item alone. Items refuse attributes.
            object.__setattr__(self, "fields", {**self.fields, name: Field()})
        super().__setitem__(name, value)


def _class(kind: str) -> type[Record]:
    declared = schema(kind)
    name = kind.title().replace("_", "")
    body = {"jsonschema": declared, "__module__": __name__, "__doc__": declared["description"]}
    return cast("type[Record]", types.new_class(name, (Record,), exec_body=lambda namespace: namespace.update(body)))


ITEMS: dict[str, type[Record]] = {kind: _class(kind) for kind in KINDS}
"""The classes by kind."""

Activity = ITEMS["activity"]
Comment = ITEMS["comment"]
Conversation = ITEMS["conversation"]
Crawl = ITEMS["crawl"]
Download = ITEMS["download"]
Edge = ITEMS["edge"]
Email = ITEMS["email"]
Gone = ITEMS["gone"]
Listing = ITEMS["listing"]
Message = ITEMS["message"]
Object = ITEMS["object"]
Action = ITEMS["action"]
Oembed = ITEMS["oembed"]
Playlist = ITEMS["playlist"]
Selection = ITEMS["selection"]
Stream = ITEMS["stream"]
Track = ITEMS["track"]
User = ITEMS["user"]
WebProfile = ITEMS["web_profile"]
