"""Reads the words for seeds: ids, URNs, permalinks and addresses, given on the command line or in a file."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from sc_spiders.api.hosts import WEB_SITE
from sc_spiders.disk.text_file import open_text
from sc_spiders.errors import ArgumentError, BadValue
from sc_spiders.pages.seeds import Words
from sc_spiders.redaction.names import given_secret

URN_KINDS = {"users": "user", "tracks": "track", "playlists": "playlist", "system-playlists": "playlist"}
_PLURAL = {"user": "users", "track": "tracks", "playlist": "playlists"}
_SHORT = "on.soundcloud.com"
_SLUG = r"[A-Za-z0-9][A-Za-z0-9_-]*|[_-][A-Za-z0-9_-]*"
_PERMALINKS = {
    "user": re.compile(rf"\A({_SLUG})"),
    "track": re.compile(rf"\A({_SLUG})/({_SLUG})"),
    "playlist": re.compile(rf"\A(?:({_SLUG})/sets/({_SLUG})|discover/sets/[A-Za-z0-9:._-]+)"),
}
EXAMPLES = {"user": "forss", "track": "forss/flickermood", "playlist": "forss/sets/soulhack"}
_MAX_ID = 2**63
_LARGEST_FILE = 64_000_000  # bytes; a million addresses
LONGEST_WORD = 10_000  # characters; no address is that long
_LONGEST_HOST = 200  # characters that are shown
# The site adds this to an address that somebody shares.
_SHARED_AS = r"(?:\?si=[A-Za-z0-9]+(?:&utm_[a-z]+=[A-Za-z0-9_]+)*)?"
# Permalinks with or without the name of the site, and URNs. They cannot contain a credential.
_HARMLESS = re.compile(
    r"(?:https?://(?:www\.|m\.)?soundcloud\.com/)?[A-Za-z0-9_-]+(?:(?:/sets)?/[A-Za-z0-9_-]+)?/?"
    rf"{_SHARED_AS}|soundcloud:(?:users|tracks|playlists):[0-9]+"
)

_ADDRESSES = {
    kind: re.compile(
        rf"https?://(?:www\.|m\.)?soundcloud\.com/({permalink.pattern.removeprefix(chr(92) + 'A')})/?{_SHARED_AS}"
    )
    for kind, permalink in _PERMALINKS.items()
}


@dataclass(frozen=True, slots=True)
class Target:
    """The object that a seed names: its kind, and its id or an address to resolve. `text`: the user's own word."""

    kind: str
    text: str
    id: int | str | None = None
    url: str | None = None


def targets(kind: str) -> Callable[[str], Words[Target]]:
    """A parser of ids, URNs, permalinks and URLs of that kind, in the form of `given_words`."""

    def parse(value: str) -> Words[Target]:
        found = Words(given_words(value), partial(_same_target, kind), partial(target, kind))
        if not found:
            raise ArgumentError(f"empty; give an id, URN, permalink (like {EXAMPLES[kind]}) or URL")
        return found

    return parse


def given_words(value: str) -> Iterator[str]:
    """The words in a value, separated by commas; or in `@FILE`, one a line, without empty lines and `# comments`.

    `@-` is standard input. Raises ArgumentError for a file that cannot be read, a credential, and a word that is too
    long or not printable.
    """
    if value.startswith("@"):
        yield from _words_of_file(value[1:])
        return
    for match in re.finditer("[^,]+", value):  # not `split`: there may be a million words
        if word := _checked_word(match[0]):
            yield word


def _words_of_file(name: str) -> Iterator[str]:
    for line in _lines(name):
        word = _checked_word(line)
        if word and not word.startswith("#"):
            yield word


def _checked_word(text: str) -> str:
    """The word without white space around it. Raises ArgumentError."""
    word = text.strip()
    if len(word) > LONGEST_WORD:
        raise BadValue(word, f"longer than {LONGEST_WORD:,} characters")
    if _HARMLESS.fullmatch(word):
        return word
    is_comment = word.startswith("#")
    refuse_secrets(word, is_address=not is_comment)
    if not word.isprintable() and not is_comment:
        raise BadValue(word, "holds characters that cannot be printed")
    return word


def _lines(name: str) -> Iterator[str]:
    """The lines of a file. A very long line comes in pieces that are too long for a word. Raises ArgumentError."""
    try:
        with _opened(name) as file:
            yield from iter(partial(file.readline, 2 * LONGEST_WORD), "")
    except (OSError, ValueError) as e:
        reason = str(e)
        if isinstance(e, OSError) and e.strerror:
            reason = e.strerror
        raise ArgumentError(f"cannot read the file {name!r}: {reason}") from None


def _opened(name: str) -> TextIO:
    """Open a file of words, or standard input (`-`). Raises OSError, ValueError."""
    if name != "-":
        return open_text(Path(name), _LARGEST_FILE, "utf-8-sig")
    if sys.stdin is None:
        raise ValueError("there is no standard input")
    data = sys.stdin.buffer.read(_LARGEST_FILE + 1)
    if len(data) > _LARGEST_FILE:
        raise ValueError(f"it has more than {_LARGEST_FILE:,} bytes")
    return io.StringIO(data.decode("utf-8-sig"))


def _same_target(kind: str, word: str) -> int | str | None:
    """A key that is equal for words of the same object. Raises ArgumentError if the word cannot name such an object."""
    # Most words of a long list have one of these two forms, so these are tried first.
    if address := _ADDRESSES[kind].fullmatch(word):
        return f"https://soundcloud.com/{address[1]}"
    if _PERMALINKS[kind].fullmatch(word) and not word.removeprefix("-").isdigit():
        return f"https://soundcloud.com/{word}"
    named = target(kind, word)
    return named.id or named.url


def target(kind: str, word: str) -> Target:
    """The object that a word names. Raises ArgumentError if the word cannot name an object of that kind."""
    if word.isascii() and word.removeprefix("-").isdigit():
        if len(word) > 19 or not 0 < int(word) < _MAX_ID:
            raise BadValue(word, "not a valid id")
        return Target(kind, word, id=int(word))
    if word.startswith("soundcloud:"):
        return _urn(kind, word)
    _refuse_user_name(word)
    if "://" in word or word.split("/", 1)[0].lower() in WEB_SITE | {_SHORT}:
        return _url(kind, word)
    permalink = word.strip("/")
    if not _PERMALINKS[kind].fullmatch(permalink):
        raise BadValue(
            word, f"names no {kind}; give an id, URN, permalink (like {EXAMPLES[kind]}) or URL of soundcloud.com"
        )
    return Target(kind, word, url=f"https://soundcloud.com/{permalink}")


def any_targets(words: Iterable[str]) -> Words[Target]:
    """The objects that words name, of any kind. Raises ArgumentError."""
    return Words(words, _same_object, any_target)


def _same_object(word: str) -> Hashable:
    named = any_target(word)
    return named.url or (named.kind, named.id)


def any_target(word: str) -> Target:
    """The object that a word names. Its kind is "" if only the API knows it. Raises ArgumentError."""
    if word.isascii() and word.removeprefix("-").isdigit():
        return replace(target("track", word), kind="")
    if word.startswith("soundcloud:"):
        kind = URN_KINDS.get(word.split(":")[1])
        if kind is None:
            raise BadValue(word, f"not the URN of one of {', '.join(URN_KINDS)}")
        return _urn(kind, word)
    for kind in _PERMALINKS:
        if _ADDRESSES[kind].fullmatch(word) or _PERMALINKS[kind].fullmatch(word.strip("/")):
            return replace(target(kind, word), kind="")
    if "." in word or "@" in word:
        return Target("", word, url=clean_url(word))
    raise BadValue(word, "names nothing; give an id, URN, permalink (like forss/flickermood) or URL of soundcloud.com")


def _refuse_user_name(word: str) -> None:
    if "@" in word:  # what stands before the @ is not shown: it may contain a password
        host = word.rpartition("@")[2][:_LONGEST_HOST]
        raise ArgumentError(f"holds an address with a user name (…@{host}); leave the user name out")


def _urn(kind: str, word: str) -> Target:
    parts = word.split(":", 2)
    if len(parts) == 3 and URN_KINDS.get(parts[1]) == kind:
        if parts[1] == "system-playlists" and parts[2]:
            return Target(kind, word, id=word)
        if parts[2].isascii() and parts[2].isdigit() and len(parts[2]) < 20 and 0 < int(parts[2]) < _MAX_ID:
            return Target(kind, word, id=int(parts[2]))
    raise BadValue(word, f"not the URN of a {kind} (like soundcloud:{_PLURAL[kind]}:123)")


def _url(kind: str, word: str) -> Target:
    url = clean_url(word)
    parts = urlsplit(url)
    if parts.hostname != _SHORT and not _PERMALINKS[kind].fullmatch(parts.path.strip("/")):
        raise BadValue(word, f"not the address of a {kind} (like https://soundcloud.com/{EXAMPLES[kind]})")
    return Target(kind, word, url=url)


def clean_url(word: str) -> str:
    """An address of soundcloud.com in the form that `/resolve` takes: https, no query, no fragment.

    Raises ArgumentError.
    """
    _refuse_user_name(word)
    with_scheme = word
    if "://" not in word:
        with_scheme = f"https://{word}"
    try:
        parts = urlsplit(with_scheme)
        host = (parts.hostname or "").lower()
        has_port = parts.port is not None
    except ValueError:
        raise BadValue(word, "not an address") from None
    if parts.scheme not in {"http", "https"} or host not in WEB_SITE | {_SHORT} or has_port:
        raise BadValue(word, "not an address on soundcloud.com or on.soundcloud.com")
    path = parts.path.strip("/")
    if not path:
        raise BadValue(word, "names nothing on soundcloud.com; give the page of a user, a track or a playlist")
    if host != _SHORT:
        host = "soundcloud.com"
    return f"https://{host}/{path}"


def refuse_secrets(text: str, *, is_address: bool = False) -> None:
    """Raises ArgumentError if the text contains a credential, in any encoding. The message does not show it.

    `is_address`: the text is taken for an address. Then `dj/set/s-bahn` is a share link, too.
    """
    found = given_secret(text, is_address=is_address)
    if found == "a share link":
        raise ArgumentError(
            "holds a private share link, which is a credential: put its token into SC_SECRET_TOKENS "
            "(soundcloud:tracks:1=s-...), and give the link without the token here"
        )
    if found:
        raise ArgumentError(f"holds a credential ({found}); credentials come from the environment only")
