"""Writes XML with lxml, one element at a time: ten million elements need not fit into memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from .columns import Type, json_text

TYPES: Mapping[Type, str] = {"integer": "long", "number": "double", "boolean": "boolean"}
"""The names of types in GraphML and GEXF. Any other type is a string."""

# Characters that XML cannot hold in any form. They occur in names and descriptions.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """`text` with U+FFFD for each character that XML cannot hold."""
    if text.isprintable():
        return text
    return _FORBIDDEN.sub("\ufffd", text)


def text(value: Any) -> str:
    """A value as the text of an element or attribute."""
    if isinstance(value, str):
        return clean(value)
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int | float):
        return repr(value)
    return clean(json_text(value) or "")


class Writer:
    """Writes elements of one namespace, each on its own line."""

    def __init__(self, file: Any, namespace: str) -> None:
        self._element, self._write = file.element, file.write
        self._namespace = f"{{{namespace}}}"

    def element(self, tag: str, attributes: Mapping[str, Any]) -> AbstractContextManager[Any]:
        """An element with children, as a context manager."""
        self._write("\n")
        return self._element(self._namespace + tag, {name: text(value) for name, value in attributes.items()})  # type: ignore[no-any-return]

    def leaves(self, tag: str, them: Iterable[tuple[dict[str, str], str]]) -> None:
        """Writes elements without children. `them`: attributes and text of each element, both made by `text`."""
        element, write, name = self._element, self._write, self._namespace + tag
        for attributes, inner in them:
            with element(name, attributes):
                if inner:
                    write(inner)


@contextmanager
def writing(path: Path, root: str, namespace: str, **attributes: str) -> Iterator[Writer]:
    """Opens a file with this root element. Raises OSError."""
    # lxml gets an open file: with a path, it does not raise OSError for a full disk.
    with path.open("wb", buffering=1 << 18) as bytes_, etree.xmlfile(bytes_, encoding="UTF-8") as file:
        file.write_declaration()
        with file.element(f"{{{namespace}}}{root}", attributes, nsmap={None: namespace}):
            yield Writer(file, namespace)
