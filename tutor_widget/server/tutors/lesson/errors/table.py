"""Errors in plain words: a TOML table, as a teacher writes it.

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
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tutor_widget.server.settings import BadSetting
from tutor_widget.server.tutors.tables import Reader, load_table

from ..phrases import phrases_in
from .pattern import Pattern, filled, placeholders

__all__ = ["Entry", "explain", "load_entries", "read_entry"]

_KEYS: Final = frozenset({"name", "message", "meaning", "look", "example", "traceback"})
_SHOWN_LENGTH: Final = 80
"""Characters that are shown of a placeholder's text."""
_MATCHED_LENGTH: Final = 1_000
"""Characters of a message that are matched, which bounds the time that a pattern takes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of error: how it is recognised, and its explanation."""

    names: tuple[str, ...]
    messages: tuple[Pattern, ...]
    """One of them must be the message; without any, every message will do."""
    traceback: tuple[str, ...]
    """One of them must be in the traceback; without any, every traceback will do."""
    meaning: str
    look: str
    example: str

    def explain(
        self, name: str, message: str, traceback: str = "", lang: str | None = None
    ) -> str | None:
        """The explanation of this error in Markdown, or None if the entry does not match it."""
        values = self._match(name, message, traceback)
        if values is None:
            return None
        say = phrases_in(lang).say
        shown = {name: _shown(value) for name, value in values.items()}
        look = say("what_to_look_at", look=filled(self.look, shown))
        code = f"```python\n{self.example}\n```"
        example = f"{say('for_example')}\n\n{code}" if self.example else ""
        return "\n\n".join(filter(None, (filled(self.meaning, shown), look, example)))

    def names_message(self, name: str, message: str) -> bool:
        """Whether one of its messages is this one, and is more than a placeholder."""
        patterns = (pattern for pattern in self.messages if pattern.has_text)
        return name in self.names and any(
            pattern.match(message) is not None for pattern in patterns
        )

    def _match(self, name: str, message: str, traceback: str) -> dict[str, str] | None:
        if name not in self.names:
            return None
        if self.traceback and not any(part in traceback for part in self.traceback):
            return None
        if not self.messages:
            return {}
        found = (pattern.match(message) for pattern in self.messages)
        return next((values for values in found if values is not None), None)


def explain(
    entries: Iterable[Entry], name: str, message: str, traceback: str = "", lang: str | None = None
) -> str | None:
    """The explanation of the first entry that matches, or None if none does.

    ``traceback`` is the report of the error, if it is known: some entries ask what it contains.
    The words around the entry's own are those of ``lang`` (BCP 47).
    """
    message = _bounded(message.strip())
    texts = (entry.explain(name, message, traceback, lang) for entry in entries)
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
    return tuple(read_entry(f"{path.name}, entry {n}", e) for n, e in enumerate(entries, 1))


def read_entry(place: str, table: Any) -> Entry:
    """The entry of a table. Raises BadSetting; its text begins with ``place``."""
    if not isinstance(table, dict):
        raise BadSetting(f"{place}: a table is required: write [[errors]] above it.")
    reader = Reader(place, table)
    reader.only(_KEYS)
    messages = _texts(reader, table, "message")
    entry = Entry(
        names=_texts(reader, table, "name", required=True),
        messages=tuple(map(Pattern.of, messages)),
        traceback=_texts(reader, table, "traceback"),
        meaning=reader.text("meaning"),
        look=reader.text("look"),
        example=reader.text("example", ""),
    )
    known = [set(placeholders(message)) for message in messages]
    for key in ("meaning", "look"):
        for used in placeholders(getattr(entry, key)):
            if fault := _fault(used, known):
                raise reader.fault(key, fault)
    return entry


def _fault(used: str, known: list[set[str]]) -> str | None:
    """Why a text cannot use a placeholder: it must be in every message of the entry."""
    anywhere = set[str]().union(*known)
    if used not in anywhere:
        near = difflib.get_close_matches(used, anywhere, 1)
        hint = f"; did you mean {{{near[0]}}}" if near else ""
        return f"{{{used}}} is in no message{hint}"
    if not all(used in each for each in known):
        return f"{{{used}}} is not in every message"
    return None


def _texts(
    reader: Reader, table: Mapping[str, Any], key: str, required: bool = False
) -> tuple[str, ...]:
    """A key that is one text or a list of texts."""
    if key not in table and not required:
        return ()
    return reader.texts(key) if isinstance(table.get(key), list) else (reader.text(key),)


def _bounded(message: str) -> str:
    """The message without the middle, if it is long. Patterns look at both of its ends."""
    cut = len(message) - _MATCHED_LENGTH
    half = _MATCHED_LENGTH // 2
    return message if cut <= 0 else f"{message[:half]}…{message[-half:]}"


def _shown(value: str) -> str:
    """A placeholder's text, made fit for one line and for backticks around it."""
    line = " ".join(value.replace("`", "'").split())
    return line if len(line) <= _SHOWN_LENGTH else f"{line[:_SHOWN_LENGTH]}…"
