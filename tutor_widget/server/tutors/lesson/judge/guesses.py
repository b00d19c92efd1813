"""Whether a text is a list of guesses: "int, float". One of them being right is no answer."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Final

from ..code import is_code
from ..phrases import index, vocabulary
from .clauses import starts_with_word, without_fillers

__all__ = ["are_guesses"]

_STOP: Final = re.compile(r"[,;] |\n|,(?=[^\W\d_])")
_SHOWN: Final = re.compile(r"print *\(")
_MOST: Final = 6
"""Parts of a list: learners' guesses are few."""
_SAYING: Final = (
    *("fillers", "hedges", "guess", "not", "wait", "because", "so", "agreement", "rejections"),
    *("polite", "common", "everyday", "chatter", "opinions", "small", "greetings", "thanking"),
    *("frustration", "boredom", "personal", "laughs", "persons", "unsure", "limits", "talk"),
    "contrasts",
)
"""Kinds of words that may accompany an answer: "int, maybe", "lol, int"."""


def are_guesses(text: str, is_right: Callable[[str], bool]) -> bool:
    """Whether a part of the text is right, and another one is a word or code that is not."""
    parts = [part.strip(" .!?") for part in _STOP.split(text, _MOST)]
    parts = [part for part in parts if part]
    if not 1 < len(parts) <= _MOST:
        return False
    if any(starts_with_word(part.casefold(), "so") for part in parts):
        return False  # "NoneType, so None"
    right = list(filter(is_right, parts))
    is_in_code = any(is_code(part.strip("'\"`")) for part in right)
    return right != [] and any(_is_guess(part, is_in_code) for part in parts if part not in right)


def _is_guess(part: str, is_in_code: bool) -> bool:
    """Whether it is one word that says nothing else, or code where the answer is code."""
    if starts_with_word(part.casefold(), "because"):
        return False
    core = without_fillers(part)[-1]
    if not part.endswith(core):
        return False  # "a whole number"
    core = core.strip("'\"`")
    if _SHOWN.match(core):
        return False  # "x = 1", and a line that prints x
    if core.isidentifier() and core.isascii():
        return core.casefold() not in _saying()
    return is_in_code and is_code(core) and not core.replace(" ", "").isalpha()


@functools.cache
def _saying() -> frozenset[str]:
    """Words and phrases that are no guess."""
    words = frozenset[str]().union(*(vocabulary().words[kind] for kind in _SAYING))
    return words.union(index(*_SAYING).single)
