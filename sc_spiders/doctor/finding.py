"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

Mark = Literal["ok", "note", "BAD"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`advice`: what to do. Only what is BAD keeps crawls from working; a note is worth knowing."""

    mark: Mark
    text: str
    advice: str = ""

    @classmethod
    def ok(cls, text: str) -> Self:
        return cls("ok", text)

    @classmethod
    def note(cls, text: str, advice: str) -> Self:
        return cls("note", text, advice)

    @classmethod
    def bad(cls, text: str, advice: str) -> Self:
        return cls("BAD", text, advice)

    def lines(self) -> list[str]:
        first = f"{self.mark:<5} {self.text}"
        return [first, f"{'':<5} -> {self.advice}"] if self.advice else [first]
