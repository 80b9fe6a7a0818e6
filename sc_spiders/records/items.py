"""Scrapy items, one class a kind, made from the schemas: `ITEMS["user"]`.

A crawl passes whole pages on and needs no items. They are for authors of pipelines who want one item for each record.
scrapy-jsonschema's pipeline can validate them.
"""

from __future__ import annotations

import warnings

from sc_spiders.records import KINDS, schema

with warnings.catch_warnings():
    # scrapy-jsonschema 0.5 still imports names that jsonschema has deprecated, and offers no newer release.
    warnings.filterwarnings(
        "ignore", message=r"Accessing jsonschema\.draft\d_format_checker is deprecated", category=DeprecationWarning
    )
    from scrapy_jsonschema import JsonSchemaItem

__all__ = ["ITEMS"]

ITEMS: dict[str, type[JsonSchemaItem]] = {
    name: type(JsonSchemaItem)(
        f"{name.title().replace('_', '')}Item",
        (JsonSchemaItem,),
        {"jsonschema": schema(name), "__module__": __name__, "__doc__": schema(name)["description"]},
    )
    for name in KINDS
}
"""Item classes by kind. An item takes the fields of its schema, and `validator` is its jsonschema validator."""
