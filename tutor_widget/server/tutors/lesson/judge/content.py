"""Which choice a message names by its content: by all of its words, or by some of its own."""

from __future__ import annotations

from collections.abc import Sequence, Set
from functools import cache, lru_cache, partial
from itertools import pairwise
from typing import Final

from ..code import is_code, same_code
from ..normal import clean, tidy, words
from ..phrases import keys_of, senses, vocabulary
from .clauses import CODE_SPAN, prose_of, says, units, without_fillers
from .readings import readings, unquoted
from .spelling import is_related
from .verdict import LETTERS

__all__ = ["chosen_by_content"]

_LEAST_FORM: Final = 4
"""Letters of a word that may have another form."""
_COUNTING: Final = ("always", "never", "both", "nothing")
"""Senses that tell choices apart."""
_LEAST_PART: Final = 3
"""Words of no meaning that are a part of several choices."""
_MOST_FORMED: Final = 40
"""Words of a clause that are compared in all forms."""
_LONG_PART: Final = 3
"""Words that are enough if they stand so in one choice only."""
_LONG: Final = 6
"""Letters of a word that is enough to name a choice: "misspelt", and not "it stops"."""


def chosen_by_content(clause: str, choices: Sequence[str], question: str) -> set[str]:
    """The letter of the choice that the clause names, if it is one: with its words, or with some.

    A choice with code is named with a word of that code: "it crashes with an IndexError". Several
    letters if the words are of several choices, and the question does not tell which one is meant.
    """
    texts = [clean(choice) for choice in choices]
    bare = clause.strip(" .!?()")
    if len(bare) == 1 and clause.isascii() and not bare.isdecimal():
        return {LETTERS[n] for n, text in enumerate(texts) if tidy(text) == tidy(clause)}
    first, _, rest = clause.partition(" ")
    if first.upper() in tuple(LETTERS[: len(choices)]):  # "b the equator"
        found = _chosen(rest, texts, question) & {first.upper()}
        if found or first not in ("a", "A"):
            return found
    return _chosen(clause, texts, question)


def _chosen(clause: str, texts: Sequence[str], question: str) -> set[str]:
    found = readings(clause)
    for reading in reversed([*found, *unquoted(found)]):
        exact = {n for n, text in enumerate(texts) if _same(reading, text)}
        if len(exact) == 1:
            return {LETTERS[n] for n in exact}
    own = _own_words(texts)
    for reading in without_fillers(clause):
        part = units(reading)
        held = [n for n, text in enumerate(texts) if _holds(units(text), part)]
        if part and len(held) == 1:
            (place,) = held
            if len(part) >= _LONG_PART or _is_enough(part, own[place], texts[place]):
                return {LETTERS[place]}
    return {LETTERS[n] for n in _by_own_words(clause, texts, own, question)}


def _holds(words: Sequence[str], part: Sequence[str]) -> bool:
    """Whether the words have these side by side."""
    return f" {' '.join(part)} " in f" {' '.join(words)} "


def _same(reading: str, text: str) -> bool:
    if tidy(reading).casefold() == tidy(text).casefold():
        return True
    given = words(reading)
    if len(given) > 1 and given == words(text):
        return True
    return is_code(reading) and same_code(reading, text.strip("`"))


def _own_words(texts: Sequence[str]) -> list[set[str]]:
    """Of each choice the words that no other has, without those that say nothing."""
    sets = [set(units(text)) for text in texts]
    others = [set().union(*(s for s in sets if s is not own)) for own in sets]
    return [own - other - _saying_nothing() for own, other in zip(sets, others, strict=True)]


def _is_enough(given: Sequence[str], own: set[str], text: str) -> bool:
    """Whether the words that are given name this choice, and not only repeat a word of it."""
    told = own & set(given)
    if codes := own & _codes(text):
        is_rest_told = len(told - codes) > 1 and told >= own - codes
        return bool(told & codes) or is_rest_told
    is_long = any(len(word) >= _LONG for word in told)
    return is_long or len(told) > 1 or 2 * len(told) >= len(own)


def _formed(given: Sequence[str], known: Set[str]) -> list[str]:
    """The words, each as it is known in another form: "neue" is "neuer"."""
    if len(given) > _MOST_FORMED:
        return list(given)
    return [
        word if word in known else next(filter(partial(_is_long_form, word), sorted(known)), word)
        for word in given
    ]


@lru_cache(4096)  # words come again and again
def _is_long_form(one: str, other: str) -> bool:
    return min(len(one), len(other)) >= _LEAST_FORM and is_related(one, other)


def _by_own_words(
    clause: str, texts: Sequence[str], own: Sequence[set[str]], question: str
) -> set[int]:
    """The choices that have all words of the clause; of one, words which no other has.

    All words of the clause must be of choices or the question, but where one is code in the choice.
    "Index error" is the same word.
    """
    sets = [set(units(text)) for text in texts]
    known = set().union(*sets)
    given = _joined(units(clause), known)
    given = given if is_code(clause) else _formed(given, known)
    codes = set().union(*(_codes(text) for text in texts))
    told = [word for word in given if word in codes and len(word) > 1]
    telling = told or _telling(given, known, question)
    common = _having(sets, telling)
    if len(common) != 1 and known.issuperset(given) and len(given) > 1:
        common = _having(sets, given) or common  # "always text"
    if len(common) > 1:
        # "It prints" names no choice, "one of them" some, and "both" may be told by the question.
        is_part = telling or len(given) >= _LEAST_PART
        return _completed(common, given, texts, question) or common if is_part else set()
    return {
        place for place in common if len(telling) > 1 or _is_enough(given, own[place], texts[place])
    }


def _completed(
    places: Set[int], given: Sequence[str], texts: Sequence[str], question: str
) -> set[int]:
    """Which of the choices have else only words of the question, or such that tell nothing."""
    asked = _saying_nothing().union(given, units(prose_of(question)))
    full = {n for n in places if asked.difference(_codes(texts[n])).issuperset(units(texts[n]))}
    is_denied = says(" ".join(given), "not")
    alike = {n for n in places if says(texts[n], "not") == is_denied}
    return full or (alike if len(alike) == 1 else set())


def _having(sets: Sequence[set[str]], words: Sequence[str]) -> set[int]:
    """Which of the sets have all of the words, of which there must be some."""
    return {n for n, held in enumerate(sets) if words and held.issuperset(words)}


def _telling(given: Sequence[str], known: Set[str], question: str) -> list[str]:
    """The words that tell something, and do not only repeat the question."""
    asked = set(units(prose_of(question)))
    empty = _saying_nothing() | ((vocabulary().words["not"] | asked) - known)
    told = [word for word in given if word not in empty]
    forms = set(_formed(told, set(keys_of(prose_of(question))) - known))
    return [word for word in told if word in known or word in forms]


@cache
def _saying_nothing() -> frozenset[str]:
    """Words that tell nothing; such as "always" do."""
    known = vocabulary().words
    counting = {word for word, names in senses().single.items() if names in _COUNTING}
    kinds = ("fillers", "companions", "small", "openings")
    return frozenset[str]().union(*(known[kind] for kind in kinds)) - counting


def _joined(given: Sequence[str], known: set[str]) -> list[str]:
    """The words, of which two that are one word of a choice are joined: "index error"."""
    pairs = {n: f"{one}{two}" for n, (one, two) in enumerate(pairwise(given))}
    made = {n: pair for n, pair in pairs.items() if pair in known}
    return [made.get(n, word) for n, word in enumerate(given) if n - 1 not in made]


def _codes(text: str) -> set[str]:
    """The words of the code in a choice."""
    return {word for span in CODE_SPAN.findall(text) for word in words(span)}
