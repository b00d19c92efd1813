"""Which lesson or step a message names: "2", "lesson two", "the second one", a title. Pure."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from ..normal import words
from ..numbers import mentioned
from ..phrases import LANGUAGES, phrases_in, vocabulary
from ..steps import Lesson
from .kept import MOST

__all__ = ["Named", "lesson_by_title", "lesson_by_words", "named", "same_letters"]

Thing = Literal["lesson", "step"]
_HAN: Final = "\u4e00"
_MOST_WORDS: Final = 12
_NUMBER: Final = re.compile(r"(\d{1,4})([^\W\d_]{0,3})")
"""In digits, as an ordinal with its ending: "2nd"."""
_BULLET: Final = "0123456789.) "
_DOTTED: Final = re.compile(r"(?<!\w)(\d{1,4})\.(?= ?[^\W\d])")
"""An ordinal, too: "die 2. Lektion"."""
_BEFORE_DIGITS: Final = re.compile(r"(?<=[^\W\d_])[-_]?(?=\d)")
"""In "lesson2" and "lesson-2"."""
_SIGNS: Final = re.compile(r"[*/%=<>^+]|(?<!\w)-\s?\d")
"""They make something else of a number."""


@dataclass(frozen=True, slots=True)
class Named:
    """A number that a message names."""

    number: int
    """-1 is the last."""
    is_alone: bool = False
    """The message is this number."""
    has_noun: bool = False
    """It says what it numbers: "lesson 2"."""


def named(text: str, thing: Thing) -> Named | None:
    """The number of a thing that a cleaned message names, or None if it says anything else."""
    parts, nouns = _parts(text), _nouns(thing)
    if len(parts) > _MOST_WORDS:
        return None
    ordinals = {number for part in parts if (number := _ordinal(part)) is not None}
    numbers = ordinals or _cardinals(parts, nouns)  # "the second one"
    rest = [part for part in parts if _ordinal(part) is None and _cardinal(part) is None]
    if len(numbers) != 1 or not _around() | nouns >= set(rest) or _SIGNS.search(text):
        return None
    is_alone = len(parts) == 1 and not ordinals
    return Named(numbers.pop(), is_alone, not nouns.isdisjoint(parts))


def lesson_by_title(text: str, lessons: Iterable[Lesson]) -> Lesson | None:
    """The lesson with this title, in any language.

    "reading  Error-messages", "lesson loops", and a line of the list: "2. Loops".
    """
    parts = _parts(text)
    bare = [part for part in parts if part not in _nouns("lesson")]
    forms = {same_letters(text), same_letters(text.lstrip(_BULLET))}
    if bare != parts:
        forms.add(same_letters(" ".join(bare)))
    forms.discard("")
    return next((one for one in lessons if forms & set(map(same_letters, _titles(one)))), None)


def lesson_by_words(text: str, lessons: Iterable[Lesson]) -> Lesson | None:
    """The one lesson whose title has all words that the message says: "the loops one, please"."""
    given = _telling(text)
    found = [(one, [_telling(title) for title in _titles(one)]) for one in lessons] if given else []
    whole = [one for one, titles in found if given in titles]
    partly = [one for one, titles in found if any(given <= title for title in titles)]
    return next((few[0] for few in (whole, partly) if len(few) == 1), None)


def same_letters(text: str) -> str:
    """A text for comparing titles: without capitals, accents, spaces and signs."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if c.isalnum())


def _titles(lesson: Lesson) -> list[str]:
    return [lesson.title, *(other.title for other in lesson.translations.values())]


def _telling(text: str) -> frozenset[str]:
    """The words that tell one title from another."""
    parts = set(_parts(text)) - _around() - _nouns("lesson")
    return frozenset(map(same_letters, parts))


def _parts(text: str) -> list[str]:
    """The words of a text; of Chinese, those that are known, and what is between them."""
    spaced = _known_han().sub(r" \g<0> ", text.casefold())
    return words(_DOTTED.sub(r"\1th ", _BEFORE_DIGITS.sub(" ", spaced)))


def _ordinal(part: str) -> int | None:
    number = vocabulary().ordinals.get(part)
    if number is not None:
        return number + 1 if number >= 0 else number
    match = _NUMBER.fullmatch(part)
    return int(match[1]) if match and match[2] else None


def _cardinal(part: str) -> int | None:
    part = part.removesuffix("个")
    values = {
        value
        for mention in mentioned(part)
        for value in mention.values
        if (mention.start, mention.end) == (0, len(part)) and value.denominator == 1
    }
    number = int(values.pop()) if len(values) == 1 else -1
    return number if 0 <= number <= MOST else None


def _cardinals(parts: list[str], nouns: frozenset[str]) -> set[int]:
    """Not the article in "a lesson", and not the number of many: "two lessons"."""
    found = set[int]()
    for before, part, after in zip(["", *parts], parts, [*parts[1:], ""], strict=False):
        is_article = part in _around() and len(parts) > 1
        is_count = after in nouns and after < _HAN
        number = _cardinal(part)
        if number is None or is_count or (is_article and before not in nouns | _announcing()):
            continue
        found.add(number)
    return found


@functools.cache
def _around() -> frozenset[str]:
    """Words that may stand around the number or the title of something that is chosen."""
    known = vocabulary().words
    return frozenset(word for phrase in known["around"] for word in words(phrase)) | _announcing()


def _announcing() -> frozenset[str]:
    return vocabulary().words["choosing"]


@functools.cache
def _nouns(thing: Thing) -> frozenset[str]:
    """What a thing is called, in each language."""
    chips = [phrases_in(language).chips[thing] for language in LANGUAGES]
    found = {word for chip in chips for word in words(chip.replace("{number}", " "))}
    if thing == "lesson":
        commands = vocabulary().commands.items()
        found |= {form for form, name in commands if name == "lessons" and words(form) == [form]}
    return frozenset(found | set(map(same_letters, found))) - _around()


@functools.cache
def _known_han() -> re.Pattern[str]:
    known = {word for word in _around() | _nouns("lesson") | _nouns("step") if word >= _HAN}
    return re.compile("|".join(sorted(known, key=len, reverse=True)))
