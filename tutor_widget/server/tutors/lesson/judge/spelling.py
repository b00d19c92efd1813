"""Whether two words are one: in another form ("stop", "stops"), or with a typing mistake."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Final

__all__ = ["is_form", "is_misspelt", "is_related", "is_slip"]

_LEAST_STEM: Final = 3
_LEAST_MISSPELT: Final = 6
"""Letters of a word in which one may be missing, doubled or swapped."""
_LEAST_MISTYPED: Final = 7
"""Letters of a word in which one may be another."""
_LEAST_SLIP: Final = 3
"""Letters of a word in which two may be swapped."""
_LEAST_LONG_SLIP: Final = 5
"""Letters of a word in which one may be missing or added."""
_ENDINGS: Final = frozenset(
    {"", "s", "es", "e", "en", "n", "t", "et", "st", "te", "er", "em", "ing", "ies", "y"}
)
_PASSIVE: Final = frozenset({"d", "ed", "able"})
"""What is replaced, or replaceable, is not what replaces."""
_PARTICIPLE: Final = re.compile(r"(ab|an|auf|aus|ein|her|hin|um|vor|weg|zu|)ge(\w{3,}(?:t|en))")
"""Of German, also with its particle: "gemacht", "angelegt"."""


def is_form(one: str, other: str) -> bool:
    """Whether both are forms of a word with one meaning: "stop" and "stops"."""
    return one == other or _differ_by(one, other, _ENDINGS) or _are_both(one, other)


def is_related(one: str, other: str) -> bool:
    """Whether both are forms of a word, be it active or passive: "removes" and "removed"."""
    return one == other or _differ_by(one, other, _ENDINGS | _PASSIVE)


def is_misspelt(given: str, word: str) -> bool:
    """Whether one letter of a long word is missing, doubled, wrong, or swapped with the next one.

    The first and the last letter are right: "replaces" is no mistake for "replaced".
    """
    if len(word) < _LEAST_MISSPELT or abs(len(given) - len(word)) > 1:
        return False
    if given[:1] != word[:1] or given[-1:] != word[-1:] or not given.isalpha():
        return False
    edit = _edit(given, word)
    return edit in ("missing", "doubled", "swapped") or (
        edit == "other" and len(word) >= _LEAST_MISTYPED
    )


def is_slip(given: str, word: str) -> bool:
    """Whether a word that says nothing was typed so: one letter is missing, added, wrong, or
    swapped with the next one. The first letter is right; the last one is no other."""
    if given[:1] != word[:1] or len(word) < _LEAST_SLIP:
        return False
    match _edit(given, word):
        case "swapped":
            return True
        case "missing" | "doubled" | "added":
            return len(word) >= _LEAST_LONG_SLIP
        case "other":
            return len(word) >= _LEAST_MISSPELT and given[-1:] == word[-1:]
        case _:
            return False


def _edit(given: str, word: str) -> str:
    """The one change that makes the word of what is given, or ""."""
    at, longer = _shared(given, word), len(given) - len(word)
    if longer == -1 and given[at:] == word[at + 1 :]:
        return "missing"
    if longer == 1 and given[at + 1 :] == word[at:]:
        return "doubled" if given[at] == given[at - 1] else "added"
    if longer == 0 and given[at + 1 :] == word[at + 1 :]:
        return "other" if at < len(word) else ""
    is_swapped = given[at : at + 2] == word[at : at + 2][::-1] and given[at + 2 :] == word[at + 2 :]
    return "swapped" if longer == 0 and is_swapped else ""


def _differ_by(one: str, other: str, endings: frozenset[str]) -> bool:
    one, other = _present(one), _present(other)
    shared = one[: _shared(one, other)]
    # "Neue" and "neuer" share a letter of their endings.
    return one.isalpha() and any(
        len(stem) >= _LEAST_STEM
        and all(_is_ending(word[len(stem) :], stem, endings) for word in (one, other))
        for stem in (shared, shared.removesuffix("e"))
    )


def _shared(one: str, other: str) -> int:
    """The number of letters with which both begin."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _is_ending(end: str, stem: str, endings: frozenset[str]) -> bool:
    """Whether a word may end so, with the last letter of its stem doubled: "stopping"."""
    return end in endings or (end[:1] == stem[-1] and len(end) > 1 and end[1:] in endings)


def _are_both(one: str, other: str) -> bool:
    """Whether both are passive, and the same otherwise."""
    return one.endswith("ed") and other.endswith("ed") and is_related(one, other)


def _present(word: str) -> str:
    """A German participle as another form of its verb: "anlegt" for "angelegt"."""
    found = _PARTICIPLE.fullmatch(word)
    return f"{found[1]}{found[2]}" if found else word
