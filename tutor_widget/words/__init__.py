"""Every word that learners and teachers see or hear: a catalogue a language, all of one shape.

``browser``    what the front end shows and speaks; the English one is part of the bundle, another
               is sent to the page once, when it asks for it
``parts``      … and its parts, which come to a page on first need and bring their English along
``dashboard``  what the dashboard of those who teach says
``page``       what exported and printed conversations say besides
``sentences``  what happened, by its code (`tutor_widget.codes`)
``advice``     what to do about it, by the same code, where there is something to do

``{name}`` is a place to fill. ``{name:,}`` is one for a number that counts something: its digits
are grouped. ``|`` parts the form for one from the form for many (a language without the difference
writes no ``|``; sentences have none). A further language is one more file.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

ENGLISH: Final = "en"
_FOLDER: Final = Path(__file__).parent
_PLACE: Final = re.compile(r"\{(\w+)(:,)?\}")


@functools.cache
def languages() -> frozenset[str]:
    """The languages that have a catalogue, as ``"de"``. Reads the folder."""
    return frozenset(path.stem for path in _FOLDER.glob("*.json"))


@functools.cache
def catalogue(language: str) -> dict[str, Any]:
    """The catalogue of one of `languages`. Reads a file."""
    found: dict[str, Any] = json.loads((_FOLDER / f"{language}.json").read_text("utf-8"))
    return found


_ENGLISH: Final = catalogue(ENGLISH)  # read on import: the chats' thread must not read files


def sentence(code: str, args: Mapping[str, Any] | None = None) -> str:
    """What happened, in English; ``""`` for a code without a sentence. Reads no file."""
    return fill(_ENGLISH["sentences"].get(code, ""), args or {})


def advice(code: str) -> str:
    """What to do about it, in English; ``""`` if there is nothing to do. Reads no file."""
    text: str = _ENGLISH["advice"].get(code, "")
    return text


def fill(template: str, args: Mapping[str, Any]) -> str:
    """The template with its places filled; a place without an argument is left empty."""

    def value(place: re.Match[str]) -> str:
        found = args.get(place[1], "")
        return f"{found:,}" if place[2] and isinstance(found, int) else str(found)

    return _PLACE.sub(value, template)


def choose(tags: Iterable[str]) -> str:
    """The language of the first tag (``"pt-BR"``, ``"de"``) that has a catalogue; else English."""
    for tag in tags:
        language = tag.lower().replace("_", "-").partition("-")[0]
        if language in languages():
            return language
    return ENGLISH


def chosen(tags: Iterable[str]) -> tuple[str, dict[str, Any] | None]:
    """The language that `choose` returns, and what a page needs to speak it. Reads files."""
    language = choose(tags)
    return language, for_browser(language)


def for_browser(language: str) -> dict[str, Any] | None:
    """What a page needs to speak the language; None for English, which the page has."""
    if language == ENGLISH:
        return None
    words = catalogue(language)
    found: dict[str, Any] = dict(words["browser"])
    return found | {name: words[name] for name in ("parts", "sentences", "advice")}
