"""Whether any server has answered in this run: the API, the web page, or another."""

from __future__ import annotations

__all__ = ["Heard"]


class Heard:
    """`anything`: an answer has come, good or bad."""

    anything = False
