"""Text that others wrote, in lines of our own: in the log, in the terminal, in names of what is counted."""

from __future__ import annotations

__all__ = ["LONGEST", "shown"]

LONGEST = 200
"""Characters that are shown of one text."""


def shown(text: str, longest: int = LONGEST) -> str:
    """`text` on one line, as it can be written anywhere, and cut to `longest` characters.

    What no printer shows (line breaks, the terminal's commands, marks that turn the direction, lone surrogates) is
    told by its escape: nobody else makes up a line, and no encoding fails. What can be shown stays as it is.
    """
    if len(text) > longest:
        text = f"{text[:longest]}…"
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
