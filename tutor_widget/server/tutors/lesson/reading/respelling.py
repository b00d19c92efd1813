"""Words around an answer, without their typing mistakes: "the wrod is", "das ergebniss ist"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final

from ..judge import NAMES, is_slip
from ..normal import words
from ..phrases import UMLAUTS, commands, index, keys_of, senses, vocabulary
from ..steps import Step
from .step_words import StepWords, words_of

__all__ = ["respelt"]

_LONGEST: Final = 200
"""Characters of a message that is respelt."""
_LEAST: Final = 3
"""Letters of a word that may be a mistyped one."""
_LEAST_WORDS: Final = 2
_FRAMES: Final = (
    "agents", "because", "companions", "deeds", "fillers", "guess", "hedges", "lists", "modals",
    "prepositions", "reports", "sets", "solution", "tuples", "verbs",
)  # fmt: skip
"""Kinds of words that stand around an answer and say nothing."""
_CHANGING: Final = ("contrasts", "instead", "limits", "not", "or", "rejections", "wait")
"""Kinds of words that change what is said: what may be one of them stays as it is."""
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_WORD: Final = re.compile(r"(?<![\w'\"`.(\[{=])([^\W\d_]{1,2}')?([^\W\d_]+)(?![\w'\"`(\[{=]|\.\w)")
"""One that is no part of code, without its article: "l'erreur"."""


def respelt(text: str, step: Step) -> str:
    """The text with the words of frames, and of the question, as they should be spelt.

    What is another known word, or may be one of an answer, stays as it is.
    """
    if len(text) > _LONGEST or len(text.split()) < _LEAST_WORDS:
        return text
    own = words_of(step)
    rivals = _rivals(own)
    asked = frozenset(words(step.question))

    def corrected(match: re.Match[str]) -> str:
        article, word = match.groups()
        lower = word.casefold()
        if len(lower) < _LEAST or lower in _known() or not own.all.isdisjoint(keys_of(word)):
            return match[0]
        if _is_slip_of(lower, rivals) or _is_slip_of(lower, _changing()):
            return match[0]
        return (article or "") + (_meant(lower) or _first_slip(lower, asked) or word)

    return _WORD.sub(corrected, text)


def _rivals(own: StepWords) -> frozenset[str]:
    """The words of answers, but for those that may stand beside any answer, or say nothing."""
    single = frozenset(row[0] for row in own.rights if len(row) == 1)
    return (own.answers - index("companions").words) | single


@lru_cache(4096)  # words come again and again
def _meant(word: str) -> str:
    """The word of a frame that is meant, or ""."""
    return _accented().get(word, "") or _first_slip(word, _words_of(*_FRAMES))


def _first_slip(given: str, known: Iterable[str]) -> str:
    """The first of the words, in their order, that was typed so; or ""."""
    return min((word for word in known if is_slip(given, word)), default="")


def _is_slip_of(given: str, known: Iterable[str]) -> bool:
    return _first_slip(given, known) != ""


@cache
def _accented() -> dict[str, str]:
    """The words of frames that have accents, by how they are typed without, also "ue" for "ü"."""
    accented = [word for word in sorted(_words_of(*_FRAMES)) if not word.isascii()]
    return {typed: word for word in accented for typed in (*keys_of(word), word.translate(UMLAUTS))}


@cache
def _changing() -> frozenset[str]:
    """Single words: of "I don't think so", "think" changes nothing."""
    return frozenset().union(*(index(kind).single for kind in _CHANGING))


@cache
def _words_of(*kinds: str) -> frozenset[str]:
    """The words of the phrases of these kinds."""
    phrases = (phrase for kind in kinds for phrase in vocabulary().words[kind])
    return frozenset(word for phrase in phrases for word in _LETTERS.findall(phrase))


@cache
def _known() -> frozenset[str]:
    """The words of all phrases, and the names of Python."""
    others = vocabulary().numbers.keys() | senses().words | commands().words
    return _words_of(*vocabulary().words) | others | NAMES
