"""Whether an answer is right: tolerant of its form, strict about its content.

Case, spaces, the kind of quotes, backticks around it, a full stop after it and words such as "I
think it is" before it make no difference. Quotes inside do: ``['a']`` is not ``[a]``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

__all__ = ["LETTERS", "is_choice", "is_number", "is_text", "plain", "tidy"]

LETTERS: Final = "ABCDEFGH"
_QUOTES: Final = str.maketrans('\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"', "'" * 9)
_FENCE: Final = re.compile(r"\A```[A-Za-z0-9]*\s*\n(.*?)\n?```\Z", re.DOTALL)
_PREFACE: Final = re.compile(
    r"\A(?:(?:i think|is it|maybe|probably|it(?:'s| is| gives| returns| prints)|that(?:'s| is)"
    r"|the (?:answer|result) is|answer:|>>>)[\s,:]*)+",
    re.IGNORECASE,
)
# The number of digits is bounded: "1e999999999" would fill the memory.
_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,2})?")
_WORDS: Final = "zero one two three four five six seven eight nine ten eleven twelve".split()


def is_text(given: str, accepted: Sequence[str], case: bool = False) -> bool:
    """Whether it is one of the accepted texts. ``case``: upper and lower case differ."""
    readings = _readings(given)
    return any(_same(reading, tidy(right), case) for reading in readings for right in accepted)


def is_number(given: str, right: float, tolerance: float = 0) -> bool:
    """Whether it is that number, within ``tolerance`` (absolute, inclusive)."""
    # Compared as decimal numbers, as people mean them: 0.1 + 0.2 is 0.3 here.
    expected, margin = Fraction(str(right)), Fraction(str(tolerance))
    values = (_value(reading) for reading in _readings(given))
    return any(value is not None and abs(value - expected) <= margin for value in values)


def is_choice(given: str, choices: Sequence[str], right: str) -> bool:
    """Whether it names the choice with the letter ``right``: by letter or by its text."""
    if (letter := _letter(tidy(given))) is not None:
        return letter == right
    expected = choices[LETTERS.index(right)]
    # A letter after a preface is tried last: "it prints d" may be the text of a choice.
    return is_text(given, [expected, f"{right}) {expected}", f"{right}. {expected}"]) or any(
        _letter(reading) == right for reading in _readings(given)
    )


def tidy(text: str) -> str:
    """The text without the differences that never matter. Upper case is kept."""
    text = unicodedata.normalize("NFKC", text).strip()
    if (fenced := _FENCE.match(text)) is not None:
        text = fenced[1]
    text = text.replace("`", "").replace("\N{MINUS SIGN}", "-").translate(_QUOTES).strip()
    text = re.sub(r"(?<=[^.])[.!?]\Z", "", text)
    text = re.sub(r"\s+", " ", text)
    # A space matters between words only: "[1, 2]" and "[1,2]" are the same.
    return re.sub(r"(?<!\w) | (?!\w)", "", text)


def plain(text: str) -> str:
    """The text in the form of a command: tidy, lower case, no punctuation around it."""
    return re.sub(r"[\s,]*please\Z", "", tidy(text).casefold().strip("'*_.!?,:; "))


def _readings(given: str) -> list[str]:
    """What the learner may mean: the whole text, without a preface, without quotes around."""
    whole = tidy(given)
    bare = tidy(_PREFACE.sub("", re.sub(r"\s+", " ", given.strip().replace("`", ""))))
    readings = [whole, bare]
    readings += [reading[1:-1].strip() for reading in readings if _is_quoted(reading)]
    return [reading for reading in dict.fromkeys(readings) if reading]


def _letter(text: str) -> str | None:
    letter = re.fullmatch(r"(?:option |choice )?\(?([a-z])\)?[.:]?", text, re.IGNORECASE)
    return letter[1].upper() if letter else None


def _is_quoted(text: str) -> bool:
    return len(text) > 2 and text[0] == text[-1] == "'" and "'" not in text[1:-1]


def _same(given: str, right: str, case: bool) -> bool:
    return given == right if case else given.casefold() == right.casefold()


def _value(text: str) -> Fraction | None:
    text = text.casefold()
    if text in _WORDS:
        return Fraction(_WORDS.index(text))
    if re.fullmatch(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
        text = text.replace(",", "")
    text = text.replace(",", ".").replace("_", "").removeprefix("=")
    over, slash, under = text.partition("/")
    if not _NUMBER.fullmatch(over) or (slash and not re.fullmatch(r"\d{1,30}", under)):
        return None
    if slash and int(under) == 0:
        return None
    return Fraction(over) / (int(under) if slash else 1)
