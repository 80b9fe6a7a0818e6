"""Reads the file of people for SC_NEVER and for `forget`."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from sc_spiders.base_spiders.targets import LONGEST_WORD, target
from sc_spiders.disk.text_file import open_text
from sc_spiders.errors import ArgumentError
from sc_spiders.records import People
from sc_spiders.redaction.names import HIDDEN, given_secret

__all__ = ["read_people"]

_LARGEST = 100_000_000  # bytes


def read_people(path: Path) -> People:
    """The people whom the file names, one a line: ids of users, URNs, addresses of the web site. `#` begins a comment.

    Raises ArgumentError, with the file and the line.
    """
    urns, names = set[str](), set[str]()
    try:
        with open_text(path, _LARGEST, "utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                word = line.partition("#")[0].strip()
                if not word:
                    continue
                try:
                    _add(word, urns, names)
                except ArgumentError as e:
                    shown = HIDDEN if given_secret(word, is_address=True) else word[:LONGEST_WORD]
                    raise ArgumentError(f"{path}, line {number}: {shown}: {e}") from None
    except OSError as e:
        raise ArgumentError(f"the list {path} cannot be read: {e.strerror or e}") from None
    except ValueError as e:
        if isinstance(e, ArgumentError):
            raise
        raise ArgumentError(f"the list {path} cannot be read: {e}") from None
    return People(urns, names)


def _add(word: str, urns: set[str], names: set[str]) -> None:
    """Raises ArgumentError for a word that is not an id, a URN or an address."""
    if not (word.isdecimal() or word.startswith("soundcloud:") or "soundcloud.com/" in word.lower()):
        raise ArgumentError("neither a user's id, nor a URN, nor an address of soundcloud.com")
    kind = _kind_of(word)
    found = target(kind, word)
    if isinstance(found.id, int):
        urns.add(f"soundcloud:{kind}s:{found.id}")
    elif found.id:
        urns.add(str(found.id))
    elif found.url and urlsplit(found.url).hostname == "soundcloud.com":
        names.add(urlsplit(found.url).path.strip("/"))
    else:
        raise ArgumentError("a short link does not say whom it leads to: give the address that it leads to")


def _kind_of(word: str) -> str:
    """The kind of object that a word can name: the URN or the parts of the address tell."""
    if word.startswith("soundcloud:"):
        kind = word.split(":")[1]
        return {"tracks": "track", "playlists": "playlist", "system-playlists": "playlist"}.get(kind, "user")
    if "soundcloud.com" not in word.lower():
        return "user"
    parts = urlsplit(word if "://" in word else f"https://{word}").path.strip("/").split("/")
    if len(parts) > 2 and parts[1] == "sets":
        return "playlist"
    return "track" if len(parts) > 1 else "user"
