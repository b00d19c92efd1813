"""Whether a wrong answer is one that the author foresaw, however it is written. Pure.

The answer is wrong in any case, so it is compared less strictly than a right one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ..normal import clean, tidy, words
from ..phrases import index, keys_of
from .clauses import main_clause, says
from .readings import readings

__all__ = ["is_foreseen"]

_STATEMENT: Final = re.compile(r"(?:if|elif|while|return|print)\b(?! *=)\(?")
_QUOTES: Final = str.maketrans("", "", "'\"`")
_SHORTEST: Final = 3
"""Letters of a word that is found within a sentence: "a" is also an article."""
_LONGEST: Final = 200
"""Characters of a message."""
_MOST_WORDS: Final = 12
"""Of a sentence that holds a wrong answer."""


def is_foreseen(text: str, answers: Iterable[str], question: str, *, case: bool) -> bool:
    """Whether a cleaned text is one of these wrong answers, or says one in a sentence.

    Quotes, brackets around it, its statement ("if … :") and what asks for consent ("a, right?")
    make no difference.
    """
    if len(text) > _LONGEST:
        return False
    text = text if case else text.casefold()
    wanted = [clean(answer if case else answer.casefold()) for answer in answers]
    given = {form for reading in _readings(text, question) for form in _forms(reading)}
    return any(_loose(answer) in given or _is_held(answer, text) for answer in wanted)


def _is_held(answer: str, text: str) -> bool:
    """Whether a sentence that denies nothing has the answer, which is a word or its only number."""
    said = words(main_clause(text))
    if len(said) > _MOST_WORDS or says(text, "not"):
        return False
    if answer.isdecimal():
        return [word for word in said if word.isdecimal()] == [answer]
    is_word = answer.isalpha() and len(answer) >= _SHORTEST
    return is_word and answer in text and answer.casefold() in said


def _readings(text: str, question: str) -> Iterator[str]:
    for reading in (text, main_clause(text)):
        yield from readings(reading, question)
        yield _without_tag(reading)


def _without_tag(text: str) -> str:
    """The text without the word that asks for consent: "a oder?", "c, right?"."""
    before, _, last = text.rstrip(" ?!.").rpartition(" ")
    is_tag = index("or", "chatter", "agreement", "fillers").covers(keys_of(last))
    return before.rstrip(" ,") if is_tag else text


def _forms(reading: str) -> Iterator[str]:
    bare = reading.rstrip(" :?!.")
    yield from (_loose(reading), _loose(bare))
    if statement := _STATEMENT.match(bare):
        bare = bare[statement.end() :].strip()
        yield from (_loose(bare), _loose(bare.rstrip(")")))
    if bare[:1] == "(" and bare[-1:] == ")":
        yield _loose(bare[1:-1])


def _loose(text: str) -> str:
    return tidy(text.translate(_QUOTES))
