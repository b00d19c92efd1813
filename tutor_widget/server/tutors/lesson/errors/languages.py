"""The built-in explanations of errors: patterns in one file, their texts in one file a language.

    patterns.toml           [[errors]], each with an ``id``: how it is recognised
    en.toml, de.toml, …     [id]: its ``meaning``, ``look`` and ``example``

An error without a text in a language is explained in English.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from tutor_widget.server.tutors.tables import load_table

from ..phrases import ENGLISH, language_of
from .table import Entry, read_entry

__all__ = ["built_in", "join_texts", "load_patterns", "load_texts"]

Table = Mapping[str, Any]
_FOLDER: Final = Path(__file__).parent


def built_in(lang: str | None = None) -> tuple[Entry, ...]:
    """The built-in entries with their texts in a language (BCP 47), or else in English.

    Reads files the first time that a language is asked for.
    """
    return _entries(language_of(lang))


@cache
def _entries(language: str) -> tuple[Entry, ...]:
    return join_texts(load_patterns(), load_texts(ENGLISH) | load_texts(language))


def join_texts(patterns: Mapping[str, Table], texts: Mapping[str, Table]) -> tuple[Entry, ...]:
    """The entries, each with the text that has its id.

    Raises BadSetting for a mistake in one of them, and KeyError for a pattern without a text.
    """
    return tuple(read_entry(key, {**pattern, **texts[key]}) for key, pattern in patterns.items())


@cache
def load_patterns() -> dict[str, dict[str, Any]]:
    """What recognises each error, by its id, in the order in which they are tried."""
    return {entry.pop("id"): entry for entry in load_table(_FOLDER / "patterns.toml")["errors"]}


@cache
def load_texts(language: str) -> dict[str, Any]:
    """What is said of each error, by its id; nothing for a language without a file."""
    path = _FOLDER / f"{language}.toml"
    return load_table(path) if path.is_file() else {}
