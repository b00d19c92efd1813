"""What the lesson tutor says and understands, in each language of the interface.

A file ``LANGUAGE.toml`` has five tables:

    commands    how learners ask for a hint, to skip …; every language is understood at any time
    reader      small words that tell an answer, its reason and a question apart
    chips       the suggestions below the conversation
    numbers     the words of numbers; see numbers/words.py
    sentences   what the tutor says; ``{name}`` stands for a value
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "Phrases",
    "Vocabulary",
    "language_of",
    "phrases_in",
    "vocabulary",
]

ENGLISH: Final = "en"
_FOLDER: Final = Path(__file__).parent
LANGUAGES: Final = tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


@dataclass(frozen=True, slots=True)
class Phrases:
    """What the tutor says in one language."""

    sentences: Mapping[str, str]
    chips: Mapping[str, str]

    def say(self, key: str, **values: object) -> str:
        """The sentence with its values."""
        return _filled(self.sentences[key], values)

    def chip(self, key: str, **values: object) -> str:
        return _filled(self.chips[key], values)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of all languages together, in lower case."""

    commands: Mapping[str, str]
    """The form of a command, and its name."""
    numbers: Mapping[str, int]
    """Whole numbers in one word."""
    number_tables: tuple[Mapping[str, Any], ...]
    """The table ``numbers`` of each language."""
    ordinals: Mapping[str, int]
    """``last`` counts as -1."""
    words: Mapping[str, frozenset[str]]
    """By kind: ``minus``, ``because``, ``fillers``, ``not``, ``or``, ``and``, ``wait``,
    ``unknown``, ``question``, ``talk``, ``polite``, ``persons``, ``guess``,
    ``asks`` (words that begin a question of yes or no), and what stands before the number of
    something that is chosen (``choosing``) or beside it (``around``)."""


def language_of(lang: str | None) -> str:
    """The language (BCP 47) without its region if the tutor speaks it, or else English."""
    primary = (lang or ENGLISH).split("-")[0].lower()
    return primary if primary in LANGUAGES else ENGLISH


def phrases_in(lang: str | None) -> Phrases:
    """The phrases of the language (BCP 47), or else of English."""
    table = _table(language_of(lang))
    return Phrases(table["sentences"], table["chips"])


@functools.cache
def vocabulary() -> Vocabulary:
    """Everything that is understood."""
    tables = [_table(language) for language in (ENGLISH, *LANGUAGES)]
    commands: dict[str, str] = {}
    for table in reversed(tables):
        for name, forms in table["commands"].items():
            commands |= dict.fromkeys(map(str.casefold, forms), name)
        for name, chip in table["chips"].items():
            if name in table["commands"]:
                commands[chip.casefold()] = name
    readers = [table["reader"] for table in tables]
    ordinals = dict(_numbered(reader["ordinals"] for reader in readers))
    lasts = {word.casefold() for reader in readers for word in reader["ordinals"][-1]}
    kinds = readers[0].keys() - {"ordinals"}
    return Vocabulary(
        commands=commands,
        numbers={
            word.casefold(): number
            for table in reversed(tables)
            for word, number in table["numbers"]["words"].items()
            if isinstance(number, int)
        },
        number_tables=tuple(table["numbers"] for table in tables[1:]),
        ordinals=ordinals | dict.fromkeys(lasts, -1),
        words={
            kind: frozenset(word.casefold() for reader in readers for word in reader[kind])
            for kind in kinds
        },
    )


def _numbered(lists: Iterable[list[list[str]]]) -> Iterable[tuple[str, int]]:
    for forms in lists:
        for number, words in enumerate(forms):
            for word in words:
                yield word.casefold(), number


@functools.cache
def _table(language: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def _filled(text: str, values: Mapping[str, object]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text
