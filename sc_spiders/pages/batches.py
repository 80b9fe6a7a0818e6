"""Batches of tracks that are asked for by id: how many ids one takes, and how one that failed is divided.

One id too many, a broken or a forbidden one can fail a whole batch. So a batch that failed is asked for again in
halves, until only the ids at fault are left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sc_spiders.api import CATALOGUE
from sc_spiders.pages.listing import DIVIDED, Listing, first_page

SIZE = 50  # ids that one batch takes; 60 are refused
STRANGERS = "strangers"  # error of a batch whose answer was about something else
TOO_MANY = "too_many_ids"  # error of a batch made before it was known that the server takes fewer; it is not sent
PATIENCE = 2  # attempts of a batch of several ids, before halves of it are asked for

# Tracks asked for alone without one that came, after which a batch that failed is divided only where a track that is
# there still comes.
_IN_VAIN = SIZE
_CHECK = "check"  # extra of a batch that asks for a track that is there, in the place of those that it settles

# Errors that fewer ids may mend. Others say that nobody was reached, or concern the credential, or what is done with a
# page here. A connection that was closed is no outage: that others are answered was seen before the batch ended.
_MENDED_BY_FEWER = frozenset(
    {"connection", "download", "cut", "timeout", "too_large", "html", "not_json", "malformed", "empty", TOO_MANY}
)
_NOT_OF_THE_IDS = frozenset({"http_401", "http_429"})  # credential, rate
# After these, and with both halves there, the whole was too long. Any other failure may come and go.
_TOO_LONG = frozenset({"too_large", "http_400", "http_413", "http_414", "http_422"})


def batch_of(ids: list[int], asked: Iterable[int], playlist: int, **extra: Any) -> Listing:
    """A listing that asks for tracks by id. `ids`: all that it settles; `asked`: those that are not there yet.

    `playlist`: the private playlist that opens them; 0 for none.
    """
    query = {"ids": ",".join(map(str, asked))}
    if playlist:
        query["playlistId"] = str(playlist)
    url, kept = first_page(CATALOGUE["track_batch"], "v2", query=query)
    subject = f"soundcloud:tracks:{ids[0]}" if len(ids) == 1 else None
    return Listing("track_batch", subject, url, kept, extra={"ids": ids, "playlist": playlist, **extra})


def attempts_of(listing: Listing, attempts: int) -> int:
    """How often a page is asked for. `attempts`: the setting. A batch that may fail for one of its ids: less often."""
    if is_of_several(listing) and _fewer_may_mend(listing) and listing.error != "http_403":  # which is a block's
        return min(attempts, PATIENCE)
    return attempts


def is_of_several(listing: Listing) -> bool:
    """Whether it is a batch of more than one id, so that fewer can be asked for."""
    return listing.spec.shape == "batch" and len(listing.extra["ids"]) > 1


def _fewer_may_mend(listing: Listing) -> bool:
    error = listing.error or ""
    return error in _MENDED_BY_FEWER or (error.startswith("http_") and error not in _NOT_OF_THE_IDS)


def is_asked_again(listing: Listing) -> bool:
    """Whether a batch whose answer held strangers is worth another try: once where there was nothing else in it."""
    return bool(listing.extra["came"]) or not listing.extra.get("again")


def asked_for(listing: Listing) -> list[int]:
    """The ids that its answer may be about."""
    return [listing.extra[_CHECK]] if _is_check(listing) else listing.extra["ids"]


def _is_check(listing: Listing) -> bool:
    return bool(listing.extra.get(_CHECK))


def is_divided(listing: Listing) -> bool:
    """Whether other batches take the place of this one, which has ended."""
    return bool(listing.extra.get(DIVIDED))


class Division:
    """Divides batches that failed, and learns how many ids the server takes.

    Where 50 tracks in a row were asked for alone in vain, either all of them are dead, or the server answers no batch
    at all. So a track that is there is asked for in the place of the next batch that fails. Where it comes, that batch
    is divided, so that no good track is lost. Where it fails, that batch is not divided: it costs no request a track.

    `size`: ids that a batch may have.
    """

    def __init__(self) -> None:
        self.size = SIZE
        self._in_vain = 0
        self._half_came: set[int] = set()
        self._there: dict[int, int] = {}

    def is_there(self, track: int, playlist: int) -> None:
        """Take note of a track that came. `playlist`: the private playlist that opens it; 0 for none."""
        self._there[playlist] = track

    def divides(self, listing: Listing, lacking: list[int]) -> bool:
        """Whether other batches take the place of this one, which has ended. `lacking`: its ids that have not come."""
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
        """Batches that take the place of this one for what has not come."""
        playlist = listing.extra["playlist"]
        if not lacking:
            return []
        more: dict[str, Any] = {"part": listing.extra.get("part", 0) + 1}
        if self._is_checked(listing):
            there = self._there[playlist]
            return [batch_of(lacking, [there], playlist, **more, **{_CHECK: there})]
        size = (len(lacking) + 1) // 2
        if listing.error == STRANGERS:
            size = len(lacking)
            more["again"] = not listing.extra["came"]
        elif listing.error == TOO_MANY:
            size = self.size
        elif listing.error in _TOO_LONG:
            more["half_of"] = [listing.id, len(lacking)]
        return [batch_of(ids, ids, playlist, **more) for ids in chunks(lacking, size)]

    def _is_checked(self, listing: Listing) -> bool:
        """Whether a batch that failed is divided only where a track that is there comes."""
        if self._in_vain < _IN_VAIN or _is_check(listing) or listing.error in (STRANGERS, TOO_MANY):
            return False
        return listing.extra["playlist"] in self._there

    def is_too_long(self, listing: Listing) -> bool:
        """Whether it is a batch of more ids than the server takes, as has been found out since it was made."""
        return listing.spec.shape == "batch" and len(listing.extra["ids"]) > self.size

    def learn(self, listing: Listing) -> None:
        """Take note of how a batch ended. Where both halves of one came that failed, it was too long."""
        if listing.error in (TOO_MANY, STRANGERS) or (_is_check(listing) and listing.ended != "end"):
            return
        if listing.ended != "end":
            self._in_vain += len(listing.extra["ids"]) == 1
            return
        self._in_vain = 0
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
    """The ids in lists of at most that many."""
    for at in range(0, len(ids), size):
        yield ids[at : at + size]
