"""Every word that a learner sees or hears: a catalogue for each language, all of one shape.

``browser``  what the front end shows and speaks; the English one is part of the bundle, another is
             sent to the page once, when it is asked for
``parts``    … and its parts, which come to a page on first need and bring their English along
``page``     what exported and printed conversations say besides
``said``     the sentences that the kernel says in English, as they stand in the code, with ``{1}``,
             ``{2}`` for what they are filled with, and what they are in this language

``{name}`` is a place to fill, and ``|`` parts the form for one from the form for many (a language
without the difference writes no ``|``). A further language is one more file.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

ENGLISH: Final = "en"
_FOLDER: Final = Path(__file__).parent


@functools.cache
def languages() -> frozenset[str]:
    """The languages that there are catalogues of, as ``"de"``."""
    return frozenset(path.stem for path in _FOLDER.glob("*.json"))


@functools.cache
def catalogue(language: str) -> dict[str, Any]:
    """The catalogue of one of `languages`."""
    found: dict[str, Any] = json.loads((_FOLDER / f"{language}.json").read_text("utf-8"))
    return found


def choose(tags: Iterable[str]) -> str:
    """The language of the first tag (``"pt-BR"``, ``"de"``) that there is a catalogue of; else
    English."""
    for tag in tags:
        language = tag.lower().replace("_", "-").partition("-")[0]
        if language in languages():
            return language
    return ENGLISH


def chosen(tags: Iterable[str]) -> tuple[str, dict[str, Any] | None]:
    """The language that `choose` chooses, and what a page needs to speak it. Reads files."""
    language = choose(tags)
    return language, for_browser(language)


def for_browser(language: str) -> dict[str, Any] | None:
    """What a page needs to speak the language; None: it has it already."""
    if language == ENGLISH:
        return None
    words = catalogue(language)
    return {**words["browser"], "parts": words["parts"], "said": words["said"]}
