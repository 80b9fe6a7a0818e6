"""Text that others wrote, made printable for the log, the terminal and the names of stats."""

from __future__ import annotations

__all__ = ["LONGEST", "is_utf8", "printable"]

LONGEST = 200
"""Characters: a longer text is cut."""


def printable(text: str, longest: int = LONGEST) -> str:
    """`text` on one line, cut to `longest` characters.

    Characters that are not printable (line breaks, terminal commands, direction marks, lone surrogates) become escapes.
    So nobody can forge a log line, and every encoding can write the text.
    """
    if len(text) > longest:
        text = f"{text[:longest]}…"
    if text.isprintable():
        return text
    return "".join(map(_printable_character, text))


def _printable_character(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode()


def is_utf8(text: str) -> bool:
    """Whether UTF-8 can encode it. Bytes of the command line that are not UTF-8 come as lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
