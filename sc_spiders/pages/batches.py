"""Batches of tracks that are requested by id: how many ids a batch takes, and how a failed batch is divided.

Playlists wait for most batches (see `hydration`). The others have a `seed`: the user gave the ids (see `seed_batches`).
In the public API there are such batches of users, too.

Too many ids, or one broken or forbidden id, can make a whole batch fail. So its halves are requested next, then their
halves, until only the ids at fault are left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from sc_spiders.api import CATALOGUE, Api
from sc_spiders.pages.listing import DIVIDED, TELLS_GONE, Listing, first_page

SIZE = 50  # ids that one batch takes; 60 are refused
STRANGERS = "strangers"  # error of a batch whose answer had other tracks in it
TOO_MANY = "too_many_ids"  # error of a batch that was made before a lower limit was learnt; it is not sent
PATIENCE = 2  # attempts of a batch of several ids, before its halves are requested

# After this many tracks in a row were requested alone and did not come, a known track is requested first. A failed
# batch is divided only if that track comes.
_IN_VAIN = SIZE
_CHECK = "check"  # in the extra of a batch that requests such a track instead of its own

# Errors that a smaller batch may avoid. A closed connection is one: other requests were answered, so the server works.
# All other errors mean that the server was not reached, or that the credential or we are at fault.
_MENDED_BY_FEWER = frozenset(
    {"connection", "download", "cut", "timeout", "too_large", "html", "not_json", "malformed", "empty", TOO_MANY}
)
_OWN = frozenset({"ids", "urns", "playlistId"})  # parameters that the user does not give
_NONE: Mapping[str, str] = MappingProxyType({})
_NOT_OF_THE_IDS = frozenset({"http_401", "http_429"})  # the credential or the rate is at fault, not the ids
# If both halves of a batch with such an error come, it was too long. Other failures may be temporary.
_TOO_LONG = frozenset({"too_large", "http_400", "http_413", "http_414", "http_422"})


def batch_of(
    ids: list[int],
    asked: Iterable[int],
    playlist: int,
    params: Mapping[str, str] = _NONE,
    endpoint: str = "track_batch",
    **extra: Any,
) -> Listing:
    """A listing that requests objects by id, mostly tracks. `ids`: those whose outcome it decides. `asked`: those that
    it requests.

    `playlist`: the private playlist that gives access to them; 0 for none. `params`: further parameters.
    """
    spec = CATALOGUE[endpoint]
    kind = spec.kinds[0]
    query = dict(params)
    if spec.v2:
        query["ids"] = ",".join(map(str, asked))
    else:
        query["urns"] = ",".join(urn_of(kind, id) for id in asked)
    if playlist:
        query["playlistId"] = str(playlist)
    url, kept = first_page(spec, api_of(endpoint), query=query)
    subject = None
    if len(ids) == 1:
        subject = urn_of(kind, ids[0])
    return Listing(endpoint, subject, url, kept, extra={"ids": ids, "playlist": playlist, **extra})


def urn_of(kind: str, id: int) -> str:
    return f"soundcloud:{kind}s:{id}"


def api_of(endpoint: str) -> Api:
    """The API that has this kind of batch: only one has it."""
    if CATALOGUE[endpoint].v2:
        return "v2"
    return "public"


def attempts_of(listing: Listing, attempts: int) -> int:
    """How often a page is requested. `attempts`: the setting. A batch that may fail because of one id gets fewer."""
    if is_of_several(listing) and _fewer_may_mend(listing) and listing.error != "http_403":  # a 403 may be a block
        return min(attempts, PATIENCE)
    return attempts


def is_of_several(listing: Listing) -> bool:
    """Whether it is a batch of more than one id."""
    return listing.spec.shape == "batch" and len(listing.extra["ids"]) > 1


def _fewer_may_mend(listing: Listing) -> bool:
    error = listing.error or ""
    return error in _MENDED_BY_FEWER or (error.startswith("http_") and error not in _NOT_OF_THE_IDS)


def is_asked_again(listing: Listing) -> bool:
    """Whether to retry a batch after an answer with foreign tracks: always if some of its own came, otherwise once."""
    return bool(listing.extra["came"]) or not listing.extra.get("again")


def asked_for(listing: Listing) -> list[int]:
    """The ids that the batch's answer may have."""
    if _is_check(listing):
        return [listing.extra[_CHECK]]
    ids: list[int] = listing.extra["ids"]
    return ids


def _is_check(listing: Listing) -> bool:
    return bool(listing.extra.get(_CHECK))


def is_divided(listing: Listing) -> bool:
    """Whether other listings have replaced this one."""
    return bool(listing.extra.get(DIVIDED))


def name_of(batch: Listing) -> str:
    """The name of a batch's objects, for messages."""
    ids = batch.extra["ids"]
    first = urn_of(batch.spec.kinds[0], ids[0])
    if len(ids) == 1:
        return first
    return f"{first} and {len(ids) - 1} more"


def _part(whole: Listing, ids: list[int], asked: list[int], **more: Any) -> Listing:
    """A batch that replaces another."""
    if TELLS_GONE in whole.extra:
        more[TELLS_GONE] = True
    part = batch_of(ids, asked, whole.extra["playlist"], given_params(whole), whole.endpoint, **more)
    if whole.seed:
        part.seed, part.level = name_of(part), whole.level
    return part


def given_params(batch: Listing) -> dict[str, str]:
    """Those parameters of a batch that the user gave."""
    return {name: value for name, value in batch.params.items() if name not in _OWN}


class Division:
    """Divides failed batches, and learns how many ids the server takes.

    If 50 tracks in a row were requested alone and did not come, they are all gone, or the server answers no batches at
    all. So after the next failure, a known track is requested. If it comes, the failed batch is divided, and no good
    track is lost. If not, the batch is not divided: that would cost one request for each track.

    `size`: ids that a batch may have.
    """

    def __init__(self) -> None:
        self.size = SIZE
        self._in_vain = 0
        self._half_came: set[int] = set()
        self._there: dict[int, int] = {}

    def is_there(self, track: int, playlist: int) -> None:
        """Note a track that came. `playlist`: the private playlist that gives access to it; 0 for none."""
        self._there[playlist] = track

    def divides(self, listing: Listing, lacking: list[int]) -> bool:
        """Whether other batches replace this ended one. `lacking`: its ids that have not come."""
        if not lacking:
            return False
        if _is_check(listing) and listing.error != TOO_MANY:
            return listing.ended == "end"
        if listing.ended != "error":
            return False
        if listing.error == STRANGERS:
            return is_asked_again(listing)
        if listing.error == TOO_MANY:
            return True
        return len(lacking) > 1 and _fewer_may_mend(listing)

    def parts(self, listing: Listing, lacking: list[int]) -> list[Listing]:
        """The batches that replace this one, for the ids that have not come."""
        if not lacking:
            return []
        more: dict[str, Any] = {"part": listing.extra.get("part", 0) + 1}
        if self._is_checked(listing):
            there = self._there[listing.extra["playlist"]]
            return [_part(listing, lacking, [there], **more, **{_CHECK: there})]
        size = (len(lacking) + 1) // 2
        if listing.error == STRANGERS:
            size = len(lacking)
            more["again"] = not listing.extra["came"]
        elif listing.error == TOO_MANY:
            size = self.size
        elif listing.error in _TOO_LONG:
            more["half_of"] = [listing.id, len(lacking)]
        return [_part(listing, ids, ids, **more) for ids in chunks(lacking, size)]

    def _is_checked(self, listing: Listing) -> bool:
        """Whether to request a track that surely exists, before this failed batch is divided."""
        if self._in_vain < _IN_VAIN or _is_check(listing) or listing.error in (STRANGERS, TOO_MANY):
            return False
        return listing.endpoint == "track_batch" and listing.extra["playlist"] in self._there

    def is_too_long(self, listing: Listing) -> bool:
        """Whether the batch has more ids than the server takes, as it may have turned out after the batch was made."""
        return listing.spec.shape == "batch" and len(listing.extra["ids"]) > self.size

    def learn(self, listing: Listing) -> None:
        """Learn from the end of a batch. If both halves of a failed batch come, it was too long."""
        if listing.error in (TOO_MANY, STRANGERS) or (_is_check(listing) and listing.ended != "end"):
            return
        if listing.ended != "end":
            self._in_vain += len(listing.extra["ids"]) == 1
            return
        self._in_vain = 0
        if listing.endpoint == "track_batch":
            for track in listing.extra.get("came", ())[:1]:
                self.is_there(track, listing.extra["playlist"])
        if "half_of" in listing.extra:
            self._half_has_come(*listing.extra["half_of"])

    def _half_has_come(self, whole: int, size: int) -> None:
        if whole not in self._half_came:
            self._half_came.add(whole)
            return
        self._half_came.discard(whole)
        self.size = min(self.size, (size + 1) // 2)


def chunks(ids: list[int], size: int) -> Iterator[list[int]]:
    """The ids in lists of at most `size`."""
    for at in range(0, len(ids), size):
        yield ids[at : at + size]
