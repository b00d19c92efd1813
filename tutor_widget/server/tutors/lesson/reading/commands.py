"""The command in a message. What it is wrapped in must be polite: "Could I see a hint, please?"

The forms of the commands, and the words around them, are in ``phrases``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ..phrases import Place, commands, index, keys_of, ordinals, outside

__all__ = ["LAST", "Command", "find_command", "is_code_alone"]

LAST: Final = -1
_MOST_WORDS: Final = 24
"""Words of a command at most, with all that is polite; in Chinese, characters."""
_MOST_CLAUSES: Final = 4
_LEAST_FRAME: Final = 3
"""Words of a clause that is a command beside talk: "can I skip", and not a mere "pass"."""
_LONG: Final = 8
"""Letters of a form of several words that is a command whatever follows it."""
_LONG_CHINESE: Final = 3
_SHORTEST: Final = 4
"""Letters of a word that may be misspelt."""
_LONG_WORD: Final = 7
"""Letters at least of a form from which one is left out."""
_BESIDE: Final = 3
"""Words between a hint and its number at most, and itself."""
_MOST_DIGITS: Final = 2
_CODE: Final = re.compile(r"\w\(|[=\[\]{}]")
_CLAUSE: Final = re.compile(r"[.,!?;:](?:\s|$)|\s-\s|\n")
_FIRST: Final = ("example", "explain", "hint", "back", "again", "lessons", "skip", "help")
"""Of several commands in a message, the one that counts: "repeat the hint" is about a hint."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command; for a hint that was given before, also its number, or `LAST`."""

    name: str
    number: int = 0


def find_command(text: str) -> Command | None:
    """The command that a cleaned text gives."""
    clauses = list(filter(None, map(keys_of, _CLAUSE.split(text))))
    said = [clause for clause in clauses if not _is_aside(clause)]
    return _found(said) or _beside_talk(clauses)


def _beside_talk(clauses: Sequence[Sequence[str]]) -> Command | None:
    """The command that one of several clauses is, if all others are talk: "can I skip it? I don't
    like maps"."""
    if not 1 < len(clauses) <= _MOST_CLAUSES or sum(map(len, clauses)) > _MOST_WORDS:
        return None
    others = [clause for clause in clauses if not _is_talk(clause)]
    if len(others) != 1 or len(others[0]) < _LEAST_FRAME:
        return None
    return _found(others)


def _is_talk(clause: Sequence[str]) -> bool:
    is_said = index("talk", "unknown", "unsure").is_within(clause)
    return (is_said and not _spans(clause)) or _is_aside(clause)


def _found(said: Sequence[Sequence[str]]) -> Command | None:
    """The command that the clauses give together."""
    keys = [key for clause in said for key in clause]
    if not 0 < len(keys) <= _MOST_WORDS:
        return None
    if not (spans := _spans(keys)):
        return Command(name) if len(keys) == 1 and (name := _misspelt(keys[0])) else None
    rest = _without(keys, [*spans, *_numbered(keys, spans)])
    if _is_refused(rest):
        return None
    if not _are_polite(rest):
        spans = [span for span in spans if _is_long(keys, span) and _is_polite(keys[: span[0]])]
        if not spans:
            name = commands().name(said[-1])
            return Command(name) if name else None
    return _first(keys, spans)


def is_code_alone(message: str) -> bool:
    """Whether a message is code, which is no command: "skip()", "`next`"."""
    bare = message.strip()
    return _CODE.search(bare) is not None or (
        len(bare) > 2 and bare[0] == bare[-1] == "`" and not bare.startswith("``")
    )


def _is_aside(clause: Sequence[str]) -> bool:
    """Whether a clause only goes with a command: "sorry, I am lost, …"."""
    known = index("agreement", "chatter", "openings", "persons", "unknown", "unsure")
    return known.covers(clause) and not commands().name(clause)


def _spans(keys: Sequence[str]) -> list[Place]:
    """Where commands stand. "Try again" has none: it is a longer phrase."""
    found = outside(commands().places(keys), commands().places(keys))
    alone = len(keys) == 1
    return [
        (start, end)
        for start, end in outside(found, index("talk", "unknown", "unsure").places(keys))
        # A character of Chinese is mostly a part of a word.
        if alone or end > start + 1 or keys[start] < "\u4e00"
    ]


def _without(keys: Sequence[str], spans: Sequence[Place]) -> list[Sequence[str]]:
    """What is left of the text between the spans."""
    left, at = list[Sequence[str]](), 0
    for start, end in [*sorted(spans), (len(keys), len(keys))]:
        left.append(keys[at:start])
        at = max(at, end)
    return left


def _are_polite(rest: Sequence[Sequence[str]]) -> bool:
    """Whether the words around commands are only polite. "I am lost" may stand before a command or
    behind "please", but "I do not understand the hint" is none."""
    first, *others = rest
    return _is_polite(first) and all(
        index("polite", "chatter", "openings").covers(part)
        or (index("chatter").length_at(part) > 0 and _is_polite(part))
        for part in others
    )


def _is_polite(part: Sequence[str]) -> bool:
    if index("unknown", "unsure").is_within(part):
        return index("chatter", "openings", "persons", "unknown", "unsure").covers(part)
    return index("polite", "chatter", "openings").covers(part)


def _is_refused(rest: Sequence[Sequence[str]]) -> bool:
    """Whether it says that it is no command: "I want no hint", "why can't I skip this"."""
    others, refusals = index("chatter", "polite", "unknown", "unsure"), index("refusals")
    for part in rest:
        start = 0
        while start < len(part):
            count = refusals.length_at(part, start)
            if count and count >= others.length_at(part, start):
                return True
            start += max(others.length_at(part, start), 1)
    return False


def _is_long(keys: Sequence[str], span: Place) -> bool:
    form = keys[slice(*span)]
    if form[0] >= "\u4e00":
        return len(form) >= _LONG_CHINESE
    return len(form) > 1 and sum(map(len, form)) + len(form) > _LONG


def _first(keys: Sequence[str], spans: Sequence[Place]) -> Command:
    named = {commands().name(keys[start:end]): (start, end) for start, end in reversed(spans)}
    name = min(named, key=_FIRST.index)
    if name != "hint":
        return Command(name)
    number = LAST if "again" in named else 0
    return Command(name, next((n for n, _ in _numbers(keys, named[name])), number))


def _numbered(keys: Sequence[str], spans: Sequence[Place]) -> list[Place]:
    """Where the numbers of hints stand."""
    hints = [span for span in spans if commands().name(keys[slice(*span)]) == "hint"]
    return [place for span in hints for _, place in _numbers(keys, span)]


def _numbers(keys: Sequence[str], span: Place) -> Iterator[tuple[int, Place]]:
    """The number beside a hint, and where it stands: "the 2nd hint", "hint number 2"."""
    start, end = span
    for at in (*range(max(start - _BESIDE, 0), start), *range(end, min(end + _BESIDE, len(keys)))):
        if keys[at].isdecimal() and len(keys[at]) <= _MOST_DIGITS:
            yield int(keys[at]), (at, at + 1)
        elif count := ordinals().length_at(keys, at):
            yield int(ordinals().name(keys[at : at + count])), (at, at + count)


def _misspelt(word: str) -> str:
    """The command of which two neighbouring letters are swapped, or one is doubled or left out."""
    if len(word) < _SHORTEST:
        return ""
    forms = commands().single
    near = (name for form, name in forms.items() if form[0] == word[0] and _is_near(word, form))
    return next(near, "")


def _is_near(word: str, form: str) -> bool:
    if len(word) == len(form):
        return word != form and sorted(word) == sorted(form)
    longer, shorter = sorted((word, form), key=len, reverse=True)
    if len(longer) != len(shorter) + 1 or len(form) < _SHORTEST:
        return False
    cut = [n for n in range(len(longer)) if longer[:n] + longer[n + 1 :] == shorter]
    # Of a doubled letter, either can be cut.
    return len(form) >= _LONG_WORD if longer == form and cut else len(cut) > 1
