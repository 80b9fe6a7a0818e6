"""What a part of the page is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Protocol

from .html import Html
from .names import Names


class Section(Protocol):
    """A part of the page: first asked which names it needs, then, with these names, for its HTML."""

    id: ClassVar[str]
    title: str

    def urns(self) -> Iterable[str]:
        """The URNs it shows."""
        ...

    def html(self, names: Names) -> Html | None:
        """Its content, or None where the data set has nothing for it."""
        ...
