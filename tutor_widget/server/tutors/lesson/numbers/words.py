"""Numbers in words, in a text: "seventy-one", "einundsiebzig", "4 million", "七十一".

Each language has a table of its words (`phrases`, table ``numbers``). What stands side by side is
read as long numbers as possible by `grammar.read`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from ..phrases import vocabulary
from .grammar import Atom, read

__all__ = ["Token", "Worded", "worded"]

_MOST_ATOMS: Final = 12
"""Of a number: "nine thousand nine hundred and ninety-nine and nine tenths" has eleven."""
_FEWEST_GLUED: Final = 6
_MOST_GLUED: Final = 80
"""Letters of a word that is several: "neuntausendneunhundertneunundneunzig" has 36."""
_VALUED: Final = ("words", "parts")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text, or a number in digits that may be part of one in words."""

    text: str
    """In lower case. A Chinese character is a word."""
    start: int
    end: int
    value: Fraction | None = None
    """Of digits."""


@dataclass(frozen=True, slots=True)
class Worded:
    """A number in words, and where it stands."""

    value: Fraction
    start: int
    end: int
    is_unsure: bool
    """Mostly it is no number: an article, or a word of another language."""


@dataclass(frozen=True, slots=True)
class _Language:
    atoms: Mapping[str, Atom]
    firsts: frozenset[str]
    """The first words of those that are two."""
    longest: int
    powers: tuple[int, ...]


def worded(tokens: Sequence[Token], text: str) -> Iterator[Worded]:
    """The numbers with words in them. Those of two languages may overlap."""
    if all(token.value is not None for token in tokens):
        return
    for language in _languages():
        for run in _runs(tokens, text, language):
            yield from _numbers(run, text, language)


@functools.cache
def _languages() -> tuple[_Language, ...]:
    return tuple(map(_language, vocabulary().number_tables))


def _language(table: Mapping[str, Any]) -> _Language:
    atoms = {_spaced(word): Atom("words", Fraction(n)) for word, n in table["words"].items()}
    atoms |= {_spaced(word): Atom("parts", Fraction(1, n)) for word, n in table["parts"].items()}
    for kind in ("articles", "joints", "points", "over"):
        atoms |= {_spaced(word): Atom(kind, Fraction(1)) for word in table[kind]}
    values = {atom.value for atom in atoms.values() if atom.kind == "words"}
    powers = [10**n for n in range(9, 1, -1) if 10**n in values]
    # A language without words for 11 to 99 counts its tens.
    powers += [] if any(10 < value < 100 for value in values) else [10]
    firsts = frozenset(word.partition(" ")[0] for word in atoms if " " in word)
    return _Language(atoms, firsts, max(map(len, atoms)), tuple(powers))


@functools.cache
def _unsure() -> frozenset[str]:
    """Words that mostly are no number, in one language or another."""
    return frozenset(word for table in vocabulary().number_tables for word in table["unsure"])


def _spaced(word: str) -> str:
    word = word.casefold()
    return " ".join(word) if word >= "\u3000" else word


def _runs(tokens: Sequence[Token], text: str, language: _Language) -> Iterator[list[Atom]]:
    """The words of numbers that stand side by side."""
    run: list[Atom] = []
    at = 0
    while at < len(tokens):
        found, used = _atoms(tokens, at, language)
        is_apart = run and text[run[-1].end : tokens[at].start] not in ("", " ", "-")
        if run and (is_apart or not found):
            yield run
            run = []
        run += found
        at += used
    yield run


def _atoms(tokens: Sequence[Token], at: int, language: _Language) -> tuple[list[Atom], int]:
    """The atoms at this token, and how many tokens they take."""
    token = tokens[at]
    if token.value is not None:
        return [Atom("digits", token.value, token.start, token.end)], 1
    if token.text in language.firsts and at + 1 < len(tokens):
        following = tokens[at + 1]
        pair = language.atoms.get(f"{token.text} {following.text}")
        if pair is not None and following.start - token.end < 2:
            return [replace(pair, start=token.start, end=following.end)], 2
    is_counted = at > 0 and tokens[at - 1].value is not None
    glued = [] if is_counted and token.text in _unsure() else _glued(token.text, language)
    return [replace(atom, start=token.start, end=token.end) for atom in glued], 1


def _glued(word: str, language: _Language) -> list[Atom]:
    """The atoms that make up the word, each as long as it can be; nothing if others are left."""
    if word in language.atoms:
        return [language.atoms[word]]
    if not _FEWEST_GLUED <= len(word) <= _MOST_GLUED:
        return []
    found: list[Atom] = []
    start = 0
    while start < len(word):
        ends = range(min(len(word), start + language.longest), start, -1)
        end = next((end for end in ends if word[start:end] in language.atoms), None)
        if end is None:
            return []
        found.append(language.atoms[word[start:end]])
        start = end
    return found


def _numbers(run: Sequence[Atom], text: str, language: _Language) -> Iterator[Worded]:
    at = 0
    while at < len(run):
        end, value = _longest(run[at : at + _MOST_ATOMS], language)
        part = run[at : at + end]
        if value is not None and any(atom.kind in _VALUED for atom in part):
            start, stop = part[0].start, part[-1].end
            yield Worded(value, start, stop, text[start:stop].casefold() in _unsure())
        at += end


def _longest(run: Sequence[Atom], language: _Language) -> tuple[int, Fraction | None]:
    """How many atoms the number at the beginning has, and its value; or 1 and None."""
    if run[0].kind != "joints":
        for end in range(len(run), 0, -1):
            is_whole = run[end - 1].kind in (*_VALUED, "digits")
            if is_whole and (value := read(run[:end], language.powers)) is not None:
                return end, value
    return 1, None
