"""What the model tutor says itself, in the languages of ``phrases.toml``."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

__all__ = ["Sentence", "in_all_languages", "say"]

Sentence = Literal[
    "greeting",
    "used_up", "goes_on_used_up", "goes_on_alone",
    "busy", "set_up", "cut_off", "unusable", "resting",  # as the kinds of an EndpointFailure
    "cut_here", "withheld",
]  # fmt: skip
_ENGLISH: Final = "en"
_FILE: Final = Path(__file__).with_suffix(".toml")


def say(sentence: Sentence, lang: str | None, **values: str) -> str:
    """The sentence in this language (BCP 47), or else in English, with its values."""
    tables = _tables()
    primary = (lang or _ENGLISH).split("-")[0].lower()
    text = tables.get(primary, tables[_ENGLISH])[sentence]
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def in_all_languages(sentence: Sentence) -> tuple[str, ...]:
    """What `say` makes of it, without values."""
    return tuple(table[sentence] for table in _tables().values())


@functools.cache
def _tables() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
