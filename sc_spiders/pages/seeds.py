"""What a crawl begins with: the words that a person named, a million of them maybe, each looked at when its turn comes.

They are kept as text, and what each means is worked out anew whenever it is asked for. So a million seeds take the
length of their list, and are known to be good before the first request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar, overload

from sc_spiders.pages.listing import Listing

__all__ = ["Seeds", "Words"]

T = TypeVar("T")


class Words(Sequence[T], Generic[T]):
    """Words in the order they were named, without those that name the same again. An item is what its word means."""

    def __init__(self, words: Iterable[str], key: Callable[[str], Hashable], meaning: Callable[[str], T]) -> None:
        """`key`: the same for two words that name the same; raises where a word names nothing.

        A word holds no line end. Raises what `words` and `key` raise.
        """
        self._meaning = meaning
        self._text = bytearray()
        had: set[int] = set()
        for word in words:
            number = hash(key(word))
            if number not in had:
                had.add(number)
                self._text += word.encode()
                self._text += b"\n"
        self._count = len(had)
        self._last = 0, 0  # a word's number, and where it begins: the next that is asked for is mostly this one

    def __len__(self) -> int:
        return self._count

    def __str__(self) -> str:
        return self._text.decode()

    def __iter__(self) -> Iterator[T]:
        at = 0
        while at < len(self._text):
            word, at = self._word(at)
            yield self._meaning(word)

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> list[T]: ...
    def __getitem__(self, at: int | slice) -> T | list[T]:
        if isinstance(at, slice):
            start, stop, _ = at.indices(self._count)
            return [self._meaning(word) for word in self._between(start, stop)]
        number = range(self._count)[at]  # raises IndexError
        return self[number : number + 1][0]

    @property
    def digest(self) -> str:
        """The same for the same words in the same order."""
        return hashlib.blake2b(self._text, digest_size=8).hexdigest()

    def _between(self, start: int, stop: int) -> list[str]:
        number, at = self._last if self._last[0] <= start else (0, 0)
        for _ in range(start - number):
            at = self._text.index(b"\n", at) + 1
        words = []
        for _ in range(stop - start):
            word, at = self._word(at)
            words.append(word)
        self._last = max(start, stop), at
        return words

    def _word(self, at: int) -> tuple[str, int]:
        """The word that begins there, and where the next one does."""
        end = self._text.index(b"\n", at)
        return self._text[at:end].decode(), end + 1


class Seeds(Sequence[Listing]):
    """The listings that look up words: for each word one of each way to look it up. They are made when asked for."""

    def __init__(self, words: Words[T], *ways: Callable[[T], Listing]) -> None:
        self._words = words
        self._ways = ways

    def __len__(self) -> int:
        return len(self._words) * len(self._ways)

    @overload
    def __getitem__(self, at: int) -> Listing: ...
    @overload
    def __getitem__(self, at: slice) -> list[Listing]: ...
    def __getitem__(self, at: int | slice) -> Listing | list[Listing]:
        if isinstance(at, slice):
            start, stop, _ = at.indices(len(self))
            return self._between(start, stop)
        number = range(len(self))[at]  # raises IndexError
        return self._between(number, number + 1)[0]

    @property
    def digest(self) -> str:
        """The same for the same words in the same order."""
        return self._words.digest

    def _between(self, start: int, stop: int) -> list[Listing]:
        each = len(self._ways)
        first = start // each
        words = self._words[first : -(-stop // each)]
        made = [look_up(word) for word in words for look_up in self._ways]
        return made[start - first * each : stop - first * each]
