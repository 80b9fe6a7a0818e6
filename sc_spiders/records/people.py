"""The list of people about whom nothing may be written. Tells whether words, URNs and addresses are on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import unquote

__all__ = ["KINDS_MET", "People", "site_path"]

KINDS_MET = ("users", "tracks", "playlists")
"""What of people on the list a crawl remembers: the words in URNs."""

LEFT_OUT = "[left out]"
_SITE = re.compile(r"(?:https?://)?(?:(?:www|m)\.)?soundcloud\.com/", re.IGNORECASE)
# An address of the web site, with the user and the rest of its path; or `@user`.
_MENTION = re.compile(rf"{_SITE.pattern}([\w-]+)((?:/[\w-]+)*)[^\s\"'<>]*|(?<![\w/@.])@([\w-]+)", re.IGNORECASE)
_PATH = re.compile(r"/(users|tracks|playlists)/(?:soundcloud:\1:)?([0-9]+)(?![0-9])")
_NAMING = frozenset({"user", "track", "playlist", "url"})  # arguments of spiders
_ID = re.compile(r"[0-9]+|soundcloud:[a-z-]+:[0-9]+|@.+")
_MET = re.compile(rf"soundcloud:({'|'.join(KINDS_MET)}):([0-9]{{1,18}})")
_SYSTEM = "soundcloud:system-playlists:"
_STATION = re.compile(r"soundcloud:system-playlists:(artist|track)-stations:([0-9]+)")
_STATIONS = {"artist": "users", "track": "tracks"}


def site_path(word: str) -> str:
    """The path of an address on the web site, in lower case; of any other word, the word."""
    path = _SITE.sub("", unquote(word).lower(), count=1)
    return re.split("[?#]", path, maxsplit=1)[0].strip("/")  # the site adds a query to an address that is shared


class _Words(set[str]):
    """A set of words. `further` knows more: a job from which somebody was removed has only hashes of the words."""

    further: Callable[[str], bool] | None = None

    def __contains__(self, word: object) -> bool:
        return super().__contains__(word) or bool(self.further and isinstance(word, str) and self.further(word))

    def __bool__(self) -> bool:
        return bool(len(self) or self.further)


class People:
    """`urns`: of users, tracks and playlists. `names`: their paths on the web site, such as `forss/flickermood`.

    `fingerprint`: that of the key, if the URNs are pseudonyms. `met`: ids of those users, tracks and playlists that the
    crawl has met, by the word for them in URNs (`users`).
    """

    def __init__(self, urns: Iterable[str], names: Iterable[str], fingerprint: str = "") -> None:
        self.urns = _Words(urns)
        self.names = _Words(name.lower() for name in names)
        self.fingerprint = fingerprint
        self.met: dict[str, set[int]] = {}

    def know(self, further: Callable[[str], bool]) -> None:
        """Add to the list all words for which `further` is true."""
        self.urns.further = self.names.further = further

    def learn(self, urn: str, permalink: str) -> bool:
        """Whether this user is on the list. If so, both the URN and the permalink are on it from now on."""
        name = permalink.lower()
        if urn not in self.urns and name not in self.names:
            return False
        self.meet(urn)
        if name:
            self.names.add(name)
        return True

    def meet(self, urn: str) -> None:
        """Put the URN of somebody on the list, or of something of theirs, on the list, too."""
        self.urns.add(urn)
        if met := _MET.fullmatch(urn):
            self.met.setdefault(met[1], set()).add(int(met[2]))

    def words(self) -> set[str]:
        """All that is on the list."""
        return {*self.urns, *self.names}

    def has_urn(self, urn: str) -> bool:
        """Whether a URN is on the list. The station of a user or track on the list is on it, too."""
        if urn in self.urns:
            return True
        if not urn.startswith(_SYSTEM):
            return False
        station = _STATION.fullmatch(urn)
        return bool(station and f"soundcloud:{_STATIONS[station[1]]}:{station[2]}" in self.urns)

    def has_word(self, word: str) -> bool:
        """Whether the user's word names somebody or something on the list: as a URN, an address or a path."""
        return word in self.urns or self._has_path(site_path(word))

    def _has_path(self, path: str) -> bool:
        return path in self.names or path.partition("/")[0] in self.names

    def has_subject(self, subject: str | None) -> bool:
        """Whether the list names this subject of a listing. `subject`: as in listing records, a path, or an address.

        Also if the subject has the address of somebody on the list in it, as the paths of `/resolve` have.
        """
        if not subject:
            return False
        text = unquote(subject)
        found = _PATH.search(text)
        if self.has_urn(subject) or (found and f"soundcloud:{found[1]}:{found[2]}" in self.urns):
            return True
        return self.has_mention(text)

    def has_listing(self, subject: str | None, seed: str | None, url: str) -> bool:
        """Whether a listing is about somebody or something on the list. `seed`: the user's word; `url`: its page."""
        if seed and self.has_word(seed):
            return True
        return self.has_subject(subject) or self.has_subject(url)

    def arguments(self, given: Mapping[str, str], *, in_doubt: bool = False) -> dict[str, str]:
        """A spider's arguments without the words for somebody on the list.

        `in_doubt`: also without addresses if the list has ids, because nobody knows yet whose addresses they are.
        """
        in_doubt = in_doubt and any(urn.startswith("soundcloud:") for urn in self.urns)
        shown = {}
        for name, value in given.items():
            words = [word for word in str(value).split(",") if not self._has_argument(name, word.strip())]
            if in_doubt and name in _NAMING:
                words = [word for word in words if _ID.fullmatch(word.strip())]
            shown[name] = ",".join(words)
        return shown

    def _has_argument(self, name: str, word: str) -> bool:
        return self.has_listing(word, word, f"soundcloud:{name}s:{word}")

    # -- texts

    def has_mention(self, text: str) -> bool:
        """Whether a text has the address of somebody on the list, or `@` and the name."""
        return any(map(self._is_mentioned, _MENTION.finditer(text)))

    def without_mentions(self, text: str) -> str:
        """The text with `[left out]` in place of each mention of somebody on the list."""
        if "@" not in text and "soundcloud.com/" not in text.lower():  # nearly always
            return text
        return _MENTION.sub(lambda found: LEFT_OUT if self._is_mentioned(found) else found[0], text)

    def _is_mentioned(self, found: re.Match[str]) -> bool:
        return self._has_path(f"{found[1] or found[3]}{found[2] or ''}".lower())
