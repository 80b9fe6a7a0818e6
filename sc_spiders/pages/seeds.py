"""The seeds of a crawl: the words that the user gave, perhaps a million of them.

They are checked before the first request and kept as text. The listing of a seed is made each time it is needed. So
a million seeds need no more memory than their text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar, overload

from sc_spiders.pages.listing import Listing

__all__ = ["Seeds", "Words"]

T = TypeVar("T")


class Words(Sequence[T], Generic[T]):
    """Words in their order, without repetitions of the same thing. As a sequence, it gives the words' meanings."""

    def __init__(self, words: Iterable[str], key: Callable[[str], Hashable], meaning: Callable[[str], T]) -> None:
        """`key` is equal for words that name the same thing, and raises for a word that names nothing.

        Words have no line ends. Raises what `words` and `key` raise.
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
        self._last = 0, 0  # number and position of the word that is probably needed next

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
        number, at = self._last
        if number > start:
            number = at = 0
        for _ in range(start - number):
            at = self._text.index(b"\n", at) + 1
        words = []
        for _ in range(stop - start):
            word, at = self._word(at)
            words.append(word)
        self._last = max(start, stop), at
        return words

    def _word(self, at: int) -> tuple[str, int]:
        """The word at that position, and the position of the next."""
        end = self._text.index(b"\n", at)
        return self._text[at:end].decode(), end + 1


class Seeds(Sequence[Listing]):
    """The listings that look up words: for each word, one for each way to look it up. They are made when needed."""

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
        made: list[Listing] = []
        for word in words:
            made += [look_up(word) for look_up in self._ways]
        return made[start - first * each : stop - first * each]
