"""What a word means: from the lesson's glossary, in whatever form the learner writes it. Pure."""

from __future__ import annotations

import builtins
import functools
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Final

from ..phrases import index, keys_of
from ..reading import asked_word, is_question
from ..steps import Step

__all__ = ["error_name", "find_term", "headed", "is_asked", "terms_of"]

_MOST_TERMS: Final = 5
_SHORTEST_STEM: Final = 4
_SHORTEST_WORD: Final = 3
"""Letters of a word that may have an ending; shorter ones stand as they are."""
_ENDINGS: Final = frozenset(
    ("", "s", "es", "e", "n", "en", "er", "ern", "r", "ed", "d", "ing", "ation", "ations", "ion",
     "ions", "ment", "ments", "ung", "ungen", "t", "te", "ten", "et", "ada", "ado", "adas", "ados",
     "ar", "cion", "ciones", "ee", "ees", "ez", "os", "as", "a", "o", "able", "ables")
)  # fmt: skip
"""Of inflected and derived words, without accents: "indented", "indentation", "Einrückung"."""
_PLURALS: Final = (
    {"ex", "ices"}, {"ix", "ices"}, {"ex", "izes"}, {"ix", "izen"}, {"x", "ces"}, {"y", "ies"},
    {"um", "a"}, {"um", "en"}, {"is", "es"},
)  # fmt: skip
"""Endings that replace each other: "index" and "indices"."""
_WITHIN: Final = "\u4e00"
_AROUND_SIGNS: Final = "`'\"?!.,:"


def is_asked(text: str, glossary: Mapping[str, str]) -> bool:
    """Whether a cleaned text asks for something, or is a term and nothing else.

    "Dann sind beide dieselbe Liste" has the order of a question, and asks for nothing. "Why does
    the list change?" asks about the step.
    """
    keys = keys_of(text)
    is_asking = "?" in text or index("question", "asking").is_within(keys)
    is_about_step = index("reasons").is_within(keys)
    return (is_asking and is_question(text) and not is_about_step) or any(
        _is_term(keys, keys_of(term)) for term in glossary
    )


def find_term(text: str, glossary: Mapping[str, str], step: Step) -> str:
    """The term of the glossary that a cleaned text has, or a word of; or "".

    A word of a term does not lead to one that is the answer.
    """
    longest = sorted(glossary, key=len, reverse=True)
    keys, signs = keys_of(text), set(map(_bare, text.split()))
    whole = (term for term in longest if _has_term(keys, text, term) or _bare(term) in signs)
    partly = (term for term in longest if _has_word_of(keys, term) and not step.is_right(term))
    return next(whole, "") or next(partly, "")


def headed(term: str, meaning: str) -> str:
    """The term, as its author wrote it, and what it means."""
    return f"**{term[:1].upper()}{term[1:]}**: {meaning}"


def terms_of(step: Step, glossary: Mapping[str, str]) -> list[str]:
    """The first terms that the step's texts use; of a step without any, of the glossary. None is
    the answer."""
    said = " ".join((step.question, step.also, step.example, *step.hints))
    keys = keys_of(said)
    known = [term for term in glossary if not step.is_right(term)]
    used = [term for term in known if _has_term(keys, said, term)]
    return (used or known)[:_MOST_TERMS]


def error_name(text: str) -> str:
    """The exception of Python that a cleaned text asks about, or ""."""
    keys = asked_word(text) or keys_of(text)
    return _exceptions().get("".join(keys), "")


def _bare(part: str) -> str:
    return part.strip(_AROUND_SIGNS)


def _is_term(keys: Sequence[str], term: Sequence[str]) -> bool:
    return len(keys) == len(term) > 0 and all(map(_are_akin, keys, term))


def _has_term(keys: Sequence[str], text: str, term: str) -> bool:
    wanted = keys_of(term)
    if term >= _WITHIN:
        return term in text
    return any(
        _is_term(keys[start : start + len(wanted)], wanted)
        for start in range(len(keys) - len(wanted) + 1)
    )


def _has_word_of(keys: Sequence[str], term: str) -> bool:
    words = [word for word in keys_of(term) if len(word) >= _SHORTEST_WORD]
    return any(_are_akin(key, word) for key in keys for word in words)


def _are_akin(one: str, other: str) -> bool:
    """Whether two words have one stem, and endings that are known."""
    if one == other:
        return True
    pairs = zip(one, other, strict=False)
    stem = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    shortest = _SHORTEST_WORD if stem in (len(one), len(other)) else _SHORTEST_STEM
    ends = {one[stem:], other[stem:]}
    return (stem >= shortest and ends <= _ENDINGS) or (stem >= _SHORTEST_WORD and ends in _PLURALS)


@functools.cache
def _exceptions() -> Mapping[str, str]:
    return {name.casefold(): name for name in _exception_names()}


def _exception_names() -> Iterator[str]:
    for name, value in vars(builtins).items():
        if isinstance(value, type) and issubclass(value, BaseException):
            yield name
