"""The protocol of a part of the page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Protocol

from .html import Html
from .names import Names


class Section(Protocol):
    """A part of the page. `urns` is called first; `html` then gets the names of these URNs."""

    id: ClassVar[str]
    title: str

    def urns(self) -> Iterable[str]:
        """The URNs it shows."""
        ...

    def html(self, names: Names) -> Html | None:
        """Its content, or None if the data set has nothing for it."""
        ...
