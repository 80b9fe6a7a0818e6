"""Tells where the data is from: SoundCloud, or another server, which the crawl record's `versions.api` names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from sc_spiders.errors import InputError

_SANDBOX = "sandbox of "
_LONGEST = 200  # characters of a server's name


_SOUNDCLOUD = "SoundCloud"


def check_together(crawls: Iterable[dict[str, Any]], purpose: str = "be one data set") -> None:
    """Raises InputError if these crawl records cannot be of one data set. `purpose`: what they cannot do then.

    They may be of both APIs of one server, but not of different servers, nor with pseudonyms by different keys.
    """
    asked: dict[str, set[str]] = {}
    keys = set()
    for row in crawls:
        keys.add(row["versions"].get("pseudonyms"))
        asked.setdefault(row["api"], set()).add(str(row["versions"].get("api") or _SOUNDCLOUD))
    servers = sorted(set().union(*asked.values()))
    if any(len(of_api) > 1 for of_api in asked.values()) or (len(servers) > 1 and _SOUNDCLOUD in servers):
        names = " and ".join(servers)
        raise InputError(f"crawls of different servers cannot {purpose}: {names}; name those of one server")
    if len(keys) > 1:
        raise InputError(f"crawls with and without pseudonyms, or by different keys, cannot {purpose}")


@dataclass(frozen=True, slots=True)
class Origin:
    """The servers that the crawls of a data set asked.

    `servers`: names of servers other than SoundCloud. `is_told`: whether there is a crawl record at all.
    """

    servers: tuple[str, ...] = ()
    is_told: bool = False

    @classmethod
    def of(cls, crawls: Iterable[dict[str, Any]]) -> Self:
        """The origin that these crawl records name."""
        others = [row["versions"].get("api") for row in crawls]
        named = dict.fromkeys(str(other)[:_LONGEST] for other in others if other)
        return cls(tuple(named), bool(others))

    @property
    def is_elsewhere(self) -> bool:
        """Whether any data is not from SoundCloud. Then none is shown as SoundCloud's, or linked to it."""
        return bool(self.servers)

    @property
    def is_invented(self) -> bool:
        """Whether the sandbox invented any of the data."""
        return any(server.startswith(_SANDBOX) for server in self.servers)

    @property
    def mark(self) -> str:
        """A word or two for a title. "" if the data is SoundCloud's, or its origin is not known."""
        if self.is_invented:
            return "invented data"
        if self.is_elsewhere:
            return "not SoundCloud's data"
        return ""

    @property
    def words(self) -> str:
        """A line that says where the data is from."""
        if not self.is_told:
            return "A data set without a crawl record: its origin is not known"
        if not self.is_elsewhere:
            return "A crawl of SoundCloud"
        servers = " and ".join(f"the {one}" if one.startswith(_SANDBOX) else one for one in self.servers)
        crawl = f"crawl of {servers}, and not of SoundCloud"
        if self.is_invented:
            return f"Invented data: a {crawl}"
        return f"A {crawl}"

    def link(self, href: Any) -> str | None:
        """`href` if the data is SoundCloud's, else None: invented addresses lead to nobody, or to somebody else."""
        if isinstance(href, str) and self.is_told and not self.is_elsewhere:
            return href
        return None
