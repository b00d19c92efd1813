"""Finds phrases in a text, however the learner spells them.

A text is read as keys, one for each word; of Chinese, one for each character, because it has no
spaces. Upper case, accents, apostrophes and hyphens make no difference: "Don't", "dont" and "DONT"
have one key. Everything here takes linear time.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["LONGEST", "UMLAUTS", "Index", "Place", "Token", "outside", "squeezed", "tokens_of"]

_WORD: Final = re.compile(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+(?:'[^\W\u4e00-\u9fff]+)*")
_STRETCHED: Final = re.compile(r"([^\W\d_])\1{2,}")
_REPEATED: Final = re.compile(r"([^\W\d_])\1+")
_ELIDED: Final = frozenset("aeiouh")
"""What follows an apostrophe that parts two words: "l'indice", but not "don't"."""
LONGEST: Final = 12
"""Words of a phrase at most."""
UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


Place = tuple[int, int]
"""Where a phrase begins and ends, counted in words."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text: the key that it is found by, and where it stands."""

    key: str
    start: int
    end: int


class Index:
    """Phrases, each with a name (by default itself), to be found in the keys of a text."""

    def __init__(self, phrases: Mapping[str, str] | Iterable[str]) -> None:
        named = phrases if isinstance(phrases, Mapping) else {one: one for one in phrases}
        self._names: Final = {
            keys: name for phrase, name in named.items() for keys in _spellings(phrase) if keys
        }
        self._longest: Final = max(map(len, self._names), default=0)
        self._first: Final = _longest_by_first(self._names)
        self.words: Final = frozenset(key for keys in self._names for key in keys)
        """The keys of all words of the phrases."""
        self.single: Final = {keys[0]: name for keys, name in self._names.items() if len(keys) == 1}
        """The phrases of one word, with their names."""

    def name(self, keys: Sequence[str]) -> str:
        """The name of the phrase that these words are, or ""."""
        return self._names.get(tuple(keys), "")

    def phrases(self) -> Iterable[tuple[tuple[str, ...], str]]:
        """The keys of each phrase, with its name."""
        return self._names.items()

    def length_at(self, keys: Sequence[str], start: int = 0) -> int:
        """The number of words of the longest phrase that begins here, or 0."""
        if start >= len(keys) or keys[start] not in self._first:
            return 0
        return max(self._lengths_at(keys, start), default=0)

    def length_before(self, keys: Sequence[str], end: int) -> int:
        """The number of words of the longest phrase that ends here, or 0."""
        counts = range(1, min(self._longest, end) + 1)
        return max((n for n in counts if tuple(keys[end - n : end]) in self._names), default=0)

    def places(self, keys: Sequence[str]) -> Iterator[Place]:
        """Where phrases begin and end, the longest at each beginning."""
        for start in range(len(keys)):
            if count := self.length_at(keys, start):
                yield start, start + count

    def is_within(self, keys: Sequence[str]) -> bool:
        """Whether the text has one of the phrases."""
        return any(True for _ in self.places(keys))

    def covers(self, keys: Sequence[str]) -> bool:
        """Whether the text is a row of these phrases, and has nothing else."""
        reached = {0}
        for start in range(len(keys)):
            if start in reached:
                reached.update(start + count for count in self._lengths_at(keys, start))
        return len(keys) in reached

    def _lengths_at(self, keys: Sequence[str], start: int) -> Iterator[int]:
        longest = self._first.get(keys[start], 0) if start < len(keys) else 0
        for count in range(1, min(longest, len(keys) - start) + 1):
            if tuple(keys[start : start + count]) in self._names:
                yield count


def _longest_by_first(names: Iterable[tuple[str, ...]]) -> dict[str, int]:
    """The number of words of the longest phrase that begins with each word."""
    longest = dict[str, int]()
    for keys in names:
        longest[keys[0]] = max(len(keys), longest.get(keys[0], 0))
    return longest


def outside(places: Iterable[Place], others: Iterable[Place]) -> list[Place]:
    """The places that do not lie within one of the others, which is longer."""
    ends = dict(others)
    return [
        (start, end)
        for start, end in places
        if not any(
            ends.get(at, 0) >= end and (at, ends[at]) != (start, end)
            for at in range(max(start - LONGEST, 0), start + 1)
        )
    ]


def tokens_of(text: str, known: Mapping[str, str] | None = None) -> list[Token]:
    """The words of a text.

    ``known`` has words by what is left when their letters are squeezed: a stretched "coooool" is
    read as "cool".
    """
    return [token for match in _WORD.finditer(text) for token in _tokens(match, known or {})]


def squeezed(key: str) -> str:
    """The key with each repeated letter once."""
    return _REPEATED.sub(r"\1", key)


def _tokens(match: re.Match[str], known: Mapping[str, str]) -> list[Token]:
    word, start, end = match[0], match.start(), match.end()
    head, apostrophe, rest = word.partition("'")
    if apostrophe and len(head) < 3 and _plain(rest[:1]) in _ELIDED:
        middle = start + len(head) + 1
        return [Token(_key(head, known), start, middle), Token(_key(rest, known), middle, end)]
    return [Token(_key(word, known), start, end)]


def _key(word: str, known: Mapping[str, str]) -> str:
    key = _plain(word).replace("'", "")
    if _STRETCHED.search(key) is None:
        return key
    return known.get(squeezed(key)) or _STRETCHED.sub(r"\1", key)


@functools.lru_cache(4096)  # words come again and again
def _plain(text: str) -> str:
    """The text in lower case without accents."""
    lower = text.casefold()
    if lower.isascii():
        return lower
    marked = unicodedata.normalize("NFD", lower)
    return "".join(char for char in marked if not unicodedata.combining(char))


@functools.cache
def _spellings(phrase: str) -> frozenset[tuple[str, ...]]:
    """The keys of a phrase, also with "ue" for "ü"."""
    lower = phrase.casefold()
    spellings = {lower, lower.translate(UMLAUTS)}
    return frozenset(tuple(token.key for token in tokens_of(one)) for one in spellings)
