"""The built-in explanations of errors: patterns in one file, their texts in one file a language.

    patterns.toml           [[errors]], each with an ``id``: how it is recognised
    en.toml, de.toml, …     [id]: its ``meaning``, ``look`` and ``example``

An error without a text in a language is explained in English.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

from ..phrases import ENGLISH, language_of
from ..tables import load_table
from .table import Entry, read_entry

__all__ = ["built_in"]

_FOLDER: Final = Path(__file__).parent


def built_in(lang: str | None = None) -> tuple[Entry, ...]:
    """The built-in entries with their texts in a language (BCP 47), each else in English.

    Reads files the first time that a language is asked for.
    """
    return _entries(language_of(lang))


@cache
def _entries(language: str) -> tuple[Entry, ...]:
    texts = _texts(ENGLISH) | _texts(language)
    return tuple(
        read_entry(f"{language}.toml, {id_}", pattern | texts[id_])
        for id_, pattern in _patterns().items()
    )


@cache
def _patterns() -> dict[str, dict[str, Any]]:
    """What recognises each error, by its id."""
    return {entry.pop("id"): entry for entry in load_table(_FOLDER / "patterns.toml")["errors"]}


@cache
def _texts(language: str) -> dict[str, Any]:
    path = _FOLDER / f"{language}.toml"
    return load_table(path) if path.is_file() else {}
