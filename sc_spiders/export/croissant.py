"""Croissant 1.0 (https://mlcommons.org/croissant): the metadata that loaders of training data read, from a card."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sc_spiders.dataset.card import AUTHOR

Row = dict[str, Any]

_WORDS = (
    *("citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject", "fileSet", "format"),
    *("includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex"),
    *("repeated", "replace", "samplingRate", "separator", "source", "subField", "transform"),
)
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "sc": "https://schema.org/",
    **{word: f"cr:{word}" for word in _WORDS},
}
"""The standard's own context, whole: its readers compare it."""

_TYPES = {"integer": "sc:Integer", "number": "sc:Float", "boolean": "sc:Boolean", "datetime": "sc:DateTime"}
_MEDIA_TYPES = {"jsonl": "application/jsonlines", "parquet": "application/x-parquet"}
_UNKNOWN = "application/octet-stream"
_NESTED = frozenset({"array", "object", "any"})  # `any`: a list or an object may be among the values
_READABLE = frozenset({"csv", "jsonl", "parquet"})
"""Formats whose columns Croissant can name."""


def croissant(card: Row, name: str) -> Row:
    """The Croissant metadata of the data set that a card describes. `name`: of the metadata's file."""
    files = {resource["path"]: resource for resource in card["resources"]}
    described = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": card["name"],
        "description": card["description"],
        "license": [one["path"] for one in card["licenses"]],
        "citeAs": card["bibliographicCitation"],
        "keywords": card["keywords"],
        "version": card.get("version"),
        "datePublished": card.get("created"),
        "dateCreated": card.get("created"),
        "isBasedOn": [one["path"] for one in card.get("sources", ()) if "path" in one],
        "creator": {"@type": "sc:Organization", "name": AUTHOR},
        "identifier": card["id"],
        "distribution": [_file(resource) for resource in files.values()],
        "recordSet": list(_record_sets(card)),
    }
    return {name: value for name, value in described.items() if value}


def _record_sets(card: Row) -> Iterator[Row]:
    for resource in card["resources"]:
        if resource.get("schema") and resource.get("format") in _READABLE:
            found = _record_set(resource)
            if found["field"]:
                yield found


def _file(resource: Row) -> Row:
    return {
        "@type": "cr:FileObject",
        "@id": resource["path"],
        "name": resource["path"],
        "contentUrl": resource["path"],
        "contentSize": f"{resource['bytes']} B",
        "encodingFormat": _MEDIA_TYPES.get(resource.get("format", ""), resource.get("mediatype")) or _UNKNOWN,
        "sha256": resource["hash"].removeprefix("sha256:"),
    }


def _record_set(resource: Row) -> Row:
    schema = resource["schema"]
    key = schema.get("primaryKey", ())  # is never nested
    fields = [field for field in schema["fields"] if field["type"] not in _NESTED or field["name"] in key]
    found: Row = {
        "@type": "cr:RecordSet",
        "@id": resource["name"],
        "name": resource["name"],
        "field": [_field(resource, field) for field in fields],
    }
    if key:
        found["key"] = [{"@id": f"{resource['name']}/{name}"} for name in key]
    return found


def _field(resource: Row, field: Row) -> Row:
    return {
        "@type": "cr:Field",
        "@id": f"{resource['name']}/{field['name']}",
        "name": field["name"],
        "description": field["description"],
        "dataType": _TYPES.get(field["type"], "sc:Text"),
        "source": {"fileObject": {"@id": resource["path"]}, "extract": {"column": field["name"]}},
    }
