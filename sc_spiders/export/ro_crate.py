"""RO-Crate 1.1 (https://w3id.org/ro/crate): the metadata that archives of research read, made from a card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sc_spiders.dataset.card import AUTHOR, SOFTWARE

Row = dict[str, Any]

_AUTHOR = "#author"


def ro_crate(card: Row, name: str) -> Row:
    """The metadata of the RO-Crate of the data set that a card describes. `name`: of the metadata's file."""
    files = {resource["path"]: resource for resource in card["resources"]}
    parts = [{"@id": path} for path in files]
    descriptor = {
        "@id": name,
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    licenses = [{"@id": one["path"], "@type": "CreativeWork", "name": one["title"]} for one in card["licenses"]]
    author = {"@id": _AUTHOR, "@type": "Organization", "name": AUTHOR}
    entities = [descriptor, _root(card, parts), *map(_file, files.values()), *licenses, author, *_made(card, parts)]
    return {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": entities}


def _root(card: Row, parts: Sequence[Row]) -> Row:
    described = {
        "@id": "./",
        "@type": "Dataset",
        "name": card["title"],
        "identifier": card["id"],
        "description": card["description"],
        "datePublished": card.get("created"),
        "version": card.get("version"),
        "license": [{"@id": one["path"]} for one in card["licenses"]],
        "keywords": card["keywords"],
        "creditText": card["bibliographicCitation"],
        "hasPart": parts,
    }
    return {name: value for name, value in described.items() if value}


def _file(resource: Row) -> Row:
    described = {
        "@id": resource["path"],
        "@type": "File",
        "name": resource["path"],
        "encodingFormat": resource.get("mediatype"),
        "contentSize": str(resource["bytes"]),
        "sha256": resource["hash"].removeprefix("sha256:"),
    }
    return {name: value for name, value in described.items() if value}


def _made(card: Row, parts: Sequence[Row]) -> Iterator[Row]:
    """How the data set came to be: an action for each crawl, and the versions of the software."""
    versions = [str(crawl["versions"].get("project") or "unknown") for crawl in card["crawls"]]
    for number, (crawl, version) in enumerate(zip(card["crawls"], versions, strict=True), 1):
        yield {
            "@id": f"#crawl-{number}",
            "@type": "CreateAction",
            "name": f"{crawl['spider']} ({crawl['finish_reason']})",
            "description": " ".join(f"{name}={value}" for name, value in crawl["arguments"].items()),
            "startTime": crawl["started_at"],
            "endTime": crawl["finished_at"],
            "agent": {"@id": _AUTHOR},
            "instrument": {"@id": f"#{SOFTWARE}-{version}"},
            "result": list(parts),
        }
    for version in dict.fromkeys(versions):
        yield {
            "@id": f"#{SOFTWARE}-{version}",
            "@type": "SoftwareApplication",
            "name": SOFTWARE,
            "softwareVersion": version,
            "author": {"@id": _AUTHOR},
        }
