"""What may go with an answer, and is none: "sorry, I think it's 8 lol"."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Final

from ..phrases import index, keys_of, read

__all__ = [
    "ASIDES",
    "before",
    "behind",
    "clauses",
    "core",
    "without_asides",
    "without_emoticons",
    "without_reason",
]

_EMOTICON: Final = re.compile(r"(?<!\S)[:;=]['-]?[()DPpOo3|/\\]+(?!\S)")
""":D" names no choice."""
_EMOJI: Final = re.compile("[\u2600-\u27bf\u2b50\u2b55\ufe0f\U0001f000-\U0001faff]+")
ASIDES: Final = ("chatter", "fillers", "guess", "openings", "unsure")
"""Kinds of words that may stand around an answer."""
_LOST: Final = ("agreement", "chatter", "fillers", "openings", "persons", "unknown", "unsure")
"""What a clause beside an answer may consist of."""
_TAKEN_OFF: Final = ("chatter", "guess", "unsure")
"""Fillers stay, since the judge knows them: of "it waits", "waits" may not be accepted."""
_CLAUSE: Final = re.compile(r"(?:(?<!\d)\.|[,;:])(?:\s|$)|[!?]|\s-\s|\n")
_BETWEEN: Final = " ,.!?\u2026"


def core(keys: Sequence[str], kept: Container[str] = ()) -> Sequence[str]:
    """The words without those at both ends that may go with an answer and are none of ``kept``."""
    return before(behind(keys, *ASIDES, kept=kept), *ASIDES, kept=kept)


def behind(keys: Sequence[str], *kinds: str, kept: Container[str] = ()) -> Sequence[str]:
    """The words behind those of these kinds at the beginning."""
    known, start = index(*kinds), 0
    while count := known.length_at(keys, start):
        if count == 1 and keys[start] in kept:
            break
        start += count
    return keys[start:]


def before(keys: Sequence[str], *kinds: str, kept: Container[str] = ()) -> Sequence[str]:
    """The words before those of these kinds at the end."""
    known, end = index(*kinds), len(keys)
    while count := known.length_before(keys, end):
        if count == 1 and keys[end - 1] in kept:
            break
        end -= count
    return keys[:end]


def clauses(text: str) -> list[str]:
    """The parts of a text between its commas and stops."""
    return [part for start, end in _places(text) if (part := text[start:end].strip())]


def without_emoticons(text: str, answers: Iterable[str]) -> str:
    """The text without ":)", and without emoji, if no answer has one."""
    text = _EMOTICON.sub("", text)
    return (text if any(map(_EMOJI.search, answers)) else _EMOJI.sub(" ", text)).strip()


def without_reason(text: str) -> str:
    """The text before "because"."""
    tokens = read(text)
    reasons = index("because").places([token.key for token in tokens])
    at = next((start for start, _ in reasons if start), None)
    return text if at is None else text[: tokens[at].start].rstrip(_BETWEEN)


def without_asides(text: str, kept: Container[str]) -> str:
    """The text without clauses at its ends that only greet, or say that somebody is lost, and
    without such words around the rest: "sorry, no idea, 4 lol" is "4"."""
    places = [place for place in _places(text) if not _is_aside(text[slice(*place)], kept)]
    return _without_words(text[places[0][0] : places[-1][1]], kept) if places else text


def _places(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for mark in _CLAUSE.finditer(text):
        yield start, mark.start()
        start = mark.end()
    yield start, len(text)


def _is_aside(clause: str, kept: Container[str]) -> bool:
    keys = keys_of(clause)
    return index(*_LOST).covers(keys) and not any(key in kept for key in keys)


def _without_words(text: str, kept: Container[str]) -> str:
    tokens = read(text)
    keys = [token.key for token in tokens]
    rest = behind(keys, *_TAKEN_OFF, kept=kept)
    first = len(keys) - len(rest)
    last = first + len(before(rest, *_TAKEN_OFF, kept=kept))
    if last - first == len(keys):
        return text
    start = tokens[first - 1].end if first else 0
    end = tokens[last].start if last < len(tokens) else len(text)
    return text[start:end].strip(_BETWEEN)
