"""Whether a message is in a language that neither the tutor speaks nor the lesson."""

from __future__ import annotations

import re
from collections.abc import Set
from string import ascii_lowercase
from typing import Final

__all__ = ["is_foreign"]

_SPOKEN: Final = frozenset(ascii_lowercase + "äöüß" + "àâæçéèêëîïôœùûüÿ" + "áéíóúüñ")
"""Letters of the tutor's languages; of Chinese, see `_WORD`."""
_WORD: Final = re.compile(r"[^\W\d_\u3400-\u9fff]{2,}")


def is_foreign(text: str, known: Set[str]) -> bool:
    """Whether a word has a letter of another alphabet, which the words that are ``known`` lack.

    A single letter is a symbol, such as "π".
    """
    letters = _SPOKEN.union(*known)
    return any(not letters.issuperset(word.casefold()) for word in _WORD.findall(text))
