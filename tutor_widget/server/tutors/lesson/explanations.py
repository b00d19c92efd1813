"""Python's errors in plain words: a TOML table, which a teacher can extend.

    [[errors]]
    name = "NameError"
    message = "name '{name}' is not defined"
    meaning = "Python does not know any `{name}`."
    look = "Is it spelt as where you made it? Was that cell run?"
    example = "print(mesage)  # NameError: it was called message"

``{name}`` in a message is a placeholder for any text, and ``meaning`` and ``look`` can use it. The
first entry that matches is shown. docs/tutors.md describes the whole format.
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
_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")
_SHOWN_LENGTH: Final = 80
"""Characters that are shown of a placeholder's text."""
_MATCHED_LENGTH: Final = 1_000
"""Characters of a message that are matched, which bounds the time that a pattern takes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of error: how it is recognised, and its explanation."""

    names: tuple[str, ...]
    messages: tuple[re.Pattern[str], ...]
    meaning: str
    look: str
    example: str

    def explain(self, name: str, message: str) -> str | None:
        """The explanation of this error in Markdown, or None if the entry does not match it."""
        if name not in self.names:
            return None
        found = (pattern.fullmatch(message) for pattern in self.messages)
        match = next(filter(None, found), None)
        if match is None:
            return None
        values = {name: _shown(value or "") for name, value in match.groupdict().items()}

        def filled(text: str) -> str:
            return _PLACEHOLDER.sub(lambda found: values[found[1]], text)

        example = f"For example:\n\n```python\n{self.example}\n```" if self.example else ""
        look = f"**What to look at:** {filled(self.look)}"
        return "\n\n".join(filter(None, (filled(self.meaning), look, example)))


def explain(entries: Iterable[Entry], name: str, message: str) -> str | None:
    """The explanation of the first entry that matches, or None if none does."""
    texts = (entry.explain(name, message.strip()[:_MATCHED_LENGTH]) for entry in entries)
    return next(filter(None, texts), None)


def load_entries(path: Path) -> tuple[Entry, ...]:
    """Load the entries of a file, in its order.

    Raises BadSetting for the first mistake; its text names file, entry and key.
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
    placeholders = [set(_PLACEHOLDER.findall(message)) for message in messages]
    entry = Entry(
        names=_one_or_more(reader, table, "name"),
        messages=tuple(map(_pattern, messages)) or (re.compile(r"(?s:.*)"),),
        meaning=reader.text("meaning"),
        look=reader.text("look"),
        example=reader.text("example", ""),
    )
    for key in ("meaning", "look"):
        for used in _PLACEHOLDER.findall(getattr(entry, key)):
            if fault := _fault(used, placeholders):
                raise reader.fault(key, fault)
    return entry


def _fault(used: str, placeholders: list[set[str]]) -> str | None:
    """Why a text cannot use a placeholder: it must be in every message of the entry."""
    known = set[str]().union(*placeholders)
    if used not in known:
        near = difflib.get_close_matches(used, known, 1)
        hint = f"; did you mean {{{near[0]}}}" if near else ""
        return f"{{{used}}} is in no message{hint}"
    if not all(used in each for each in placeholders):
        return f"{{{used}}} is not in every message"
    return None


def _one_or_more(reader: Reader, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return reader.texts(key) if isinstance(table.get(key), list) else (reader.text(key),)


def _pattern(message: str) -> re.Pattern[str]:
    """A message as a pattern. A placeholder that occurs again matches the same text again."""
    seen: set[str] = set()
    parts = _PLACEHOLDER.split(message)
    for n in range(1, len(parts), 2):
        name = parts[n]
        parts[n] = f"(?P={name})" if name in seen else f"(?P<{name}>.+?)"
        seen.add(name)
    parts[::2] = map(re.escape, parts[::2])
    return re.compile("".join(parts), re.DOTALL)


def _shown(value: str) -> str:
    """A placeholder's text, made fit for one line and for backticks around it."""
    line = " ".join(value.replace("`", "'").split())
    return line if len(line) <= _SHOWN_LENGTH else f"{line[:_SHOWN_LENGTH]}…"
