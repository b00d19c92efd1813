"""Python's errors in plain words: a TOML table that a teacher can extend, checked when loaded.

    [[errors]]
    name = "NameError"
    message = "name '{name}' is not defined"
    meaning = "Python does not know any `{name}`."
    look = "Is it spelt as where you made it? Was that cell run?"
    example = "print(mesage)  # NameError: it was called message"

``{name}`` in a message stands for whatever Python says there, and can be used in ``meaning`` and
``look``. The first entry that fits is told. docs/tutors.md has the whole format.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tutor_widget.server.settings import BadSetting

from .tables import Reader, load_table

__all__ = ["BUILT_IN", "Entry", "explain", "load_entries"]

BUILT_IN: Final = Path(__file__).parent / "errors.toml"
_KEYS: Final = frozenset({"name", "message", "meaning", "look", "example"})
_PLACE: Final = re.compile(r"\{([a-z_]+)\}")
_LONGEST: Final = 80
"""Characters that a place shows of what stands there."""
_READ: Final = 1_000
"""Characters of a message that are compared: a longer one could keep a pattern busy for ever."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One error: how it is recognised, and what there is to say about it."""

    names: tuple[str, ...]
    messages: tuple[re.Pattern[str], ...]
    meaning: str
    look: str
    example: str

    def tell(self, name: str, message: str) -> str | None:
        """What it says of this error, in Markdown; None if it is about others."""
        if name not in self.names:
            return None
        found = (pattern.fullmatch(message) for pattern in self.messages)
        match = next(filter(None, found), None)
        if match is None:
            return None
        values = {place: _shown(value or "") for place, value in match.groupdict().items()}

        def filled(text: str) -> str:
            return _PLACE.sub(lambda place: values[place[1]], text)

        example = f"For example:\n\n```python\n{self.example}\n```" if self.example else ""
        look = f"**What to look at:** {filled(self.look)}"
        return "\n\n".join(filter(None, (filled(self.meaning), look, example)))


def explain(entries: Iterable[Entry], name: str, message: str) -> str | None:
    """What the first entry that fits says; None: none does."""
    told = (entry.tell(name, message.strip()[:_READ]) for entry in entries)
    return next(filter(None, told), None)


def load_entries(path: Path) -> tuple[Entry, ...]:
    """The entries of a file, in its order.

    Raises BadSetting, a sentence with file, entry and key, for the first thing that is wrong.
    """
    table = load_table(path)
    reader = Reader(path.name, table)
    reader.only(frozenset({"errors"}))
    entries = table.get("errors")
    if not isinstance(entries, list) or not entries:
        raise reader.fault("errors", "at least one [[errors]] is required")
    return tuple(_entry(f"{path.name}, entry {n}", e) for n, e in enumerate(entries, 1))


def _entry(place: str, table: Any) -> Entry:
    if not isinstance(table, dict):
        raise BadSetting(f"{place}: a table is required: write [[errors]] above it.")
    reader = Reader(place, table)
    reader.only(_KEYS)
    messages = _one_or_more(reader, table, "message") if "message" in table else ()
    places = [set(_PLACE.findall(message)) for message in messages]
    entry = Entry(
        names=_one_or_more(reader, table, "name"),
        messages=tuple(map(_pattern, messages)) or (re.compile(r"(?s:.*)"),),
        meaning=reader.text("meaning"),
        look=reader.text("look"),
        example=reader.text("example", ""),
    )
    for key in ("meaning", "look"):
        for used in _PLACE.findall(getattr(entry, key)):
            if fault := _fault(used, places):
                raise reader.fault(key, fault)
    return entry


def _fault(used: str, places: list[set[str]]) -> str | None:
    """Why a text cannot use a place: it may be told after any of the messages."""
    known = set[str]().union(*places)
    if used not in known:
        near = difflib.get_close_matches(used, known, 1)
        hint = f"; did you mean {{{near[0]}}}" if near else ""
        return f"{{{used}}} is in no message{hint}"
    return None if all(used in each for each in places) else f"{{{used}}} is not in every message"


def _one_or_more(reader: Reader, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return reader.texts(key) if isinstance(table.get(key), list) else (reader.text(key),)


def _pattern(message: str) -> re.Pattern[str]:
    """A message with places as a pattern; a place that is met again is the same words again."""
    seen: set[str] = set()
    parts = _PLACE.split(message)
    for n in range(1, len(parts), 2):
        place = parts[n]
        parts[n] = f"(?P={place})" if place in seen else f"(?P<{place}>.+?)"
        seen.add(place)
    parts[::2] = map(re.escape, parts[::2])
    return re.compile("".join(parts), re.DOTALL)


def _shown(value: str) -> str:
    """What Python said in a place, such that it can stand in a line, or between backticks."""
    line = " ".join(value.replace("`", "'").split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
