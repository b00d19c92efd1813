"""A text as people see it: without what is invisible, in the letters that it looks like. Pure.

It keeps lines and Markdown. Everything takes linear time.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

__all__ = ["bare", "visible"]

_INVISIBLE: Final = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and signs without a picture. The others are of the categories below."""
_HIDDEN: Final = ("Cf", "Mn", "Me", "Cs", "Co", "Cn")
_ALIKE: Final = str.maketrans(
    "АВЕКМНОРСТХаеорсухіјѕԁԛԝһΑΒΕΖΗΙΚΜΝΟΡΤΥΧοα",
    "ABEKMHOPCTXaeopcyxijsdqwhABEZHIKMNOPTYXoa",
)
"""Cyrillic and Greek letters that look like Latin ones."""
_REGIONAL: Final = {0x1F1E6 + n: chr(ord("A") + n) for n in range(26)}
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]{0,80}>")
_LATIN: Final = re.compile(r"[A-Za-z]")
_MARKED: Final = re.compile(
    r"(?<=\w)(?:\*{1,3}|_{2}|~~|`|\\)(?=\w)|\\(?=\w)"
    r"|(?<=\w)\*\*(?=\s|[^\w\s]|\Z)|(?<=\s)\*\*(?=\w)"
)


def visible(text: str) -> str:
    """The text in one form, with what nobody sees taken off.

    A letter with marks that belong to no language's own letters loses them.
    """
    text = unicodedata.normalize("NFKC", html.unescape(text).translate(_REGIONAL))
    kept = (c for c in text if c not in _INVISIBLE and unicodedata.category(c) not in _HIDDEN)
    text = "".join(c if c in "\n\t" or unicodedata.category(c) != "Cc" else " " for c in kept)
    return text.translate(_ALIKE) if _LATIN.search(text) else text


def bare(text: str) -> str:
    """The text without Markdown, escapes and tags inside of its words: ``N**on**e``."""
    return _MARKED.sub("", _TAG.sub("", text))
