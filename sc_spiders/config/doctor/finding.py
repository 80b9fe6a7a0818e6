"""The result of a check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

Mark = Literal["ok", "note", "BAD"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`mark`: crawls work with ok and note, but not with BAD. `advice`: what to do."""

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
        found = [f"{self.mark:<5} {self.text}"]
        if self.advice:
            found.append(f"{'':<5} -> {self.advice}")
        return found
