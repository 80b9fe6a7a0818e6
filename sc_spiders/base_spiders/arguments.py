"""Spider arguments: what they may be, and one clear line where they are not.

An `Argument` parses one `-a name=value`. What it cannot take raises `ArgumentError`, which ends a crawl before its
first request (exit code 2).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sc_spiders import api as endpoints
from sc_spiders.api.hosts import WEB_SITE
from sc_spiders.errors import ArgumentError
from sc_spiders.pages import since
from sc_spiders.pages.seeds import Words
from sc_spiders.redaction.names import SHARE_TOKEN, given_secret
from sc_spiders.redaction.printable import is_utf8
from sc_spiders.text_file import open_text

URN_KINDS = {"users": "user", "tracks": "track", "playlists": "playlist", "system-playlists": "playlist"}
_PLURAL = {"user": "users", "track": "tracks", "playlist": "playlists"}
_SHORT = "on.soundcloud.com"
_SLUG = r"[A-Za-z0-9][A-Za-z0-9_-]*|[_-][A-Za-z0-9_-]*"
_PERMALINKS = {
    "user": re.compile(rf"\A({_SLUG})"),
    "track": re.compile(rf"\A({_SLUG})/({_SLUG})"),
    "playlist": re.compile(rf"\A(?:({_SLUG})/sets/({_SLUG})|discover/sets/[A-Za-z0-9:._-]+)"),
}
_EXAMPLES = {"user": "forss", "track": "forss/flickermood", "playlist": "forss/sets/soulhack"}
_MAX_ID = 2**63
_LARGEST_FILE = 64_000_000  # bytes; a million addresses
_LONGEST_WORD = 10_000  # characters; more than any address has
_TOLD = 200  # characters of one that cannot be used
# What the site adds to an address that is shared.
_SHARED_AS = r"(?:\?si=[A-Za-z0-9]+(?:&utm_[a-z]+=[A-Za-z0-9_]+)*)?"
# Permalinks, with or without the site's name: no credential can stand in them.
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
class Argument:
    """`default` is what an absent argument means (None: it must be given); `parse` raises ArgumentError.

    `by_word`: `parse` itself looks for credentials, in each word.
    """

    parse: Callable[[str], Any]
    default: str | None = None
    help: str = ""
    by_word: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """What a seed names: a kind, and its id or an address to resolve. `text` is the user's own word."""

    kind: str
    text: str
    id: int | str | None = None
    url: str | None = None


def subjects(kind: str, help: str) -> Argument:
    """The argument that names a spider's seeds."""
    return Argument(targets(kind), None, help, by_word=True)


def targets(kind: str) -> Callable[[str], Words[Target]]:
    """Ids, URNs, permalinks and URLs of that kind, as `given_words` has them."""

    def parse(value: str) -> Words[Target]:
        found = Words(given_words(value), partial(_same_target, kind), partial(target, kind))
        if not found:
            raise ArgumentError(f"names no {kind}; give an id, URN, permalink (like {_EXAMPLES[kind]}) or URL")
        return found

    return parse


def given_words(value: str) -> Iterator[str]:
    """Words separated by commas, or of `@FILE`: one a line, but for empty lines and those that begin with `#`.

    Raises ArgumentError for a file that cannot be read, for a credential, and for a word that is longer than any is.
    """
    lines = _lines(value[1:]) if value.startswith("@") else (match[0] for match in re.finditer("[^,]+", value))
    for line in lines:
        word = line.strip()
        if len(word) > _LONGEST_WORD:
            raise ArgumentError(f"holds a word of more than {_LONGEST_WORD:,} characters: {_told(word)}")
        if _HARMLESS.fullmatch(word):
            yield word
        elif word:
            refuse_secrets(word)
            if value.startswith("@") and word.startswith("#"):
                continue
            if not word.isprintable():
                raise ArgumentError(f"{_told(word)} names nothing: it holds what cannot be printed")
            yield word


def _lines(name: str) -> Iterator[str]:
    """Raises ArgumentError. A line without end is given in pieces, of which the first is refused for its length."""
    try:
        with open_text(Path(name), _LARGEST_FILE, "utf-8-sig") as file:
            yield from iter(partial(file.readline, 2 * _LONGEST_WORD), "")
    except (OSError, ValueError) as e:
        reason = e.strerror if isinstance(e, OSError) and e.strerror else str(e)
        raise ArgumentError(f"cannot read the file {name!r}: {reason}") from None


def _told(word: str) -> str:
    return repr(word if len(word) <= _TOLD else f"{word[:_TOLD]}…")


def _same_target(kind: str, word: str) -> int | str | None:
    """The same for two words that name the same. Raises ArgumentError where the word cannot be of that kind."""
    # Nearly all of a long list is of one of these two forms, and told at once.
    if address := _ADDRESSES[kind].fullmatch(word):
        return f"https://soundcloud.com/{address[1]}"
    if _PERMALINKS[kind].fullmatch(word) and not word.removeprefix("-").isdigit():
        return f"https://soundcloud.com/{word}"
    named = target(kind, word)
    return named.id or named.url


def target(kind: str, word: str) -> Target:
    """One seed. Raises ArgumentError where the word cannot be of that kind."""
    if word.isascii() and word.removeprefix("-").isdigit():
        if len(word) > 19 or not 0 < int(word) < _MAX_ID:
            raise ArgumentError(f"{word[:40]} is no id")
        return Target(kind, word, id=int(word))
    if word.startswith("soundcloud:"):
        return _urn(kind, word)
    _has_no_user_name(word)
    if "://" in word or word.split("/", 1)[0].lower() in WEB_SITE | {_SHORT}:
        return _url(kind, word)
    permalink = word.strip("/")
    if not _PERMALINKS[kind].fullmatch(permalink):
        raise ArgumentError(
            f"{_told(word)} names no {kind}; "
            f"give an id, URN, permalink (like {_EXAMPLES[kind]}) or URL of soundcloud.com"
        )
    return Target(kind, word, url=f"https://soundcloud.com/{permalink}")


def _has_no_user_name(word: str) -> None:
    if "@" in word:  # what stands before it may be a password: it is not shown
        raise ArgumentError(f"holds an address with a user name (…@{word.rpartition('@')[2][:_TOLD]}); leave that out")


def _urn(kind: str, word: str) -> Target:
    parts = word.split(":", 2)
    if len(parts) == 3 and URN_KINDS.get(parts[1]) == kind:
        if parts[1] == "system-playlists" and parts[2]:
            return Target(kind, word, id=word)
        if parts[2].isascii() and parts[2].isdigit() and len(parts[2]) < 20 and 0 < int(parts[2]) < _MAX_ID:
            return Target(kind, word, id=int(parts[2]))
    raise ArgumentError(f"{_told(word)} is no URN of a {kind} (soundcloud:{_PLURAL[kind]}:123)")


def _url(kind: str, word: str) -> Target:
    url = clean_url(word)
    parts = urlsplit(url)
    if parts.hostname != _SHORT and not _PERMALINKS[kind].fullmatch(parts.path.strip("/")):
        raise ArgumentError(f"{_told(word)} is no address of a {kind} (like https://soundcloud.com/{_EXAMPLES[kind]})")
    return Target(kind, word, url=url)


def clean_url(word: str) -> str:
    """A soundcloud.com address as `/resolve` takes it: https, no query, no fragment. Raises ArgumentError."""
    _has_no_user_name(word)
    try:
        parts = urlsplit(word if "://" in word else f"https://{word}")
        host = (parts.hostname or "").lower()
        has_port = parts.port is not None
    except ValueError:
        raise ArgumentError(f"{_told(word)} is no address") from None
    if parts.scheme not in {"http", "https"} or host not in WEB_SITE | {_SHORT} or has_port:
        raise ArgumentError(f"{_told(word)} is no address on soundcloud.com or on.soundcloud.com")
    path = parts.path.strip("/")
    if not path:
        raise ArgumentError(f"{_told(word)} names nothing on soundcloud.com")
    return f"https://{_SHORT if host == _SHORT else 'soundcloud.com'}/{path}"


def words(allowed: Iterable[str]) -> Callable[[str], tuple[str, ...]]:
    """Words of a closed list, separated by commas, each once."""
    known = tuple(allowed)

    def parse(value: str) -> tuple[str, ...]:
        given = tuple(dict.fromkeys(word.strip() for word in value.split(",") if word.strip()))
        if not given:
            raise ArgumentError(f"is empty; give one or more of {', '.join(known)}")
        for word in given:
            if word not in known:
                raise ArgumentError(f"does not know {word!r}; it takes {', '.join(known)}")
        return given

    return parse


def include(spider: str, default: str = "profile") -> Argument:
    """The argument of a spider that names what is wanted of its subjects, from the catalogue."""
    known = endpoints.words(spider)
    return Argument(words(known), default, f"what is wanted of each: {', '.join(known)}")


def choice(*allowed: str) -> Callable[[str], str]:
    """One word of a closed list."""

    def parse(value: str) -> str:
        if value not in allowed:
            raise ArgumentError(f"is {value!r}; it takes {' or '.join(filter(None, allowed))}")
        return value

    return parse


def number(least: int = 0) -> Callable[[str], int]:
    """A whole number, not below `least`."""

    def parse(value: str) -> int:
        if not (value.isascii() and value.isdigit() and len(value) < 19) or int(value) < least:
            raise ArgumentError(f"is {value[:40]!r}; it takes a whole number from {least}")
        return int(value)

    return parse


def share(value: str) -> float:
    """A number from 0 to below 1."""
    try:
        number = float(value)
    except ValueError:
        number = 1.0
    if not 0 <= number < 1:
        raise ArgumentError(f"is {value!r}; it takes a number from 0 to below 1")
    return number


def flag(value: str) -> bool:
    """0 or 1."""
    if value not in {"0", "1"}:
        raise ArgumentError(f"is {value!r}; it takes 0 or 1")
    return value == "1"


def urls(help: str) -> Argument:
    """The argument that names addresses of soundcloud.com, as `given_words` has them. Its value is a `Words[str]`."""

    def parse(value: str) -> Words[str]:
        found = Words(given_words(value), clean_url, clean_url)
        if not found:
            raise ArgumentError("names no address; give one like https://soundcloud.com/forss")
        return found

    return Argument(parse, None, help, by_word=True)


def region(value: str) -> str:
    """A country's two letters, also as `soundcloud:regions:GB`; or nothing."""
    code = value.removeprefix("soundcloud:regions:").upper()
    if code and not re.fullmatch("[A-Z]{2}", code):
        raise ArgumentError(f"is {value!r}; it takes the two letters of a country, such as GB")
    return code


def path(value: str) -> tuple[str, dict[str, str]]:
    """A path of the API, and the query behind it."""
    where, _, query = value.partition("?")
    if not re.fullmatch(r"/[!$%&'()*+,./0-9:;=@A-Z_a-z~-]+", where) or "//" in where or "/../" in f"{unquote(where)}/":
        raise ArgumentError(f"is {value!r}; it takes a path of the API, such as /users/183/followings")
    if re.search(f"/{SHARE_TOKEN}", unquote(where)):  # the API's paths have ids, and no permalinks
        raise ArgumentError("holds a share token, which is a credential; see SC_SECRET_TOKENS")
    return where, params(query)


def text(value: str) -> str:
    """Any text but an empty one."""
    if not value.strip():
        raise ArgumentError("is empty")
    return value


def params(value: str) -> dict[str, str]:
    """`k=v&k2=v2`, as it goes to the API."""
    if not value:
        return {}
    try:
        pairs = parse_qsl(value, keep_blank_values=True, strict_parsing=True)
    except ValueError:
        raise ArgumentError("cannot be read; it takes k=v&k2=v2") from None
    if len(dict(pairs)) < len(pairs):
        raise ArgumentError("names a parameter twice")
    return dict(pairs)


def refuse_secrets(text: str) -> None:
    """Raises ArgumentError, which does not show it, where a credential stands in the text, however it is encoded."""
    found = given_secret(text)
    if found == "a share link":
        raise ArgumentError(
            "holds a private share link, which is a credential: put its token into SC_SECRET_TOKENS "
            "(soundcloud:tracks:1=s-...) and name the thing itself here"
        )
    if found:
        raise ArgumentError(f"holds a credential ({found}); credentials come from the environment only")


def refuse_unknown(declared: Mapping[str, Argument], names: Iterable[str]) -> None:
    """Raises ArgumentError for an argument that is none of the spider's; `_job` and the like are Scrapyd's."""
    for name in names:
        if name not in declared and not name.startswith("_"):
            raise ArgumentError(f"there is no argument {name!r}; this spider takes {', '.join(declared)}")


def parse_arguments(declared: Mapping[str, Argument], given: Mapping[str, str]) -> dict[str, Any]:
    """All arguments of a spider by name. Raises ArgumentError with one line that names the argument.

    None may hold a credential: arguments are kept with the job, and shown with its output.
    """
    for name, value in given.items():
        by_word = name in declared and declared[name].by_word
        with _named(name):
            refuse_secrets(f"{name}={value[:_LONGEST_WORD] if by_word else value}")
    refuse_unknown(declared, given)
    parsed: dict[str, Any] = {}
    for name, argument in declared.items():
        text = given.get(name, argument.default)
        if text is None:
            raise ArgumentError(f"the argument {name!r} is missing: {argument.help}")
        with _named(name):
            if not is_utf8(text):
                raise ArgumentError("is no text in UTF-8")
            parsed[name] = argument.parse(text)
    return parsed


@contextmanager
def _named(name: str) -> Iterator[None]:
    try:
        yield
    except ArgumentError as e:
        raise ArgumentError(f"the argument {name!r} {e}") from None


def since_argument(lists: str) -> Argument:
    """The argument `since` of a spider that has these lists."""
    return Argument(since.parse, "", f"{lists}: only what is newer than this date; last: than the last such crawl")
