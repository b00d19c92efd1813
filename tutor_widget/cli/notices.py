"""What a terminal says of a model and of waiting: each line once, when it becomes true."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from tutor_widget import words
from tutor_widget.session import Reply
from tutor_widget.session_state import Level, is_written_by_ai, read_budget

_WORDS: Final = words.catalogue(words.ENGLISH)
_MESSAGE: Final = _WORDS["browser"]["message"]


class Notices:
    """Decides what is to be said, and remembers what was."""

    def __init__(self) -> None:
        self._ai = False
        self._level: Level | None = None
        self._waiting: tuple[str, bool] | None = None

    def of_state(self, state: Mapping[str, Any], now: int) -> list[str]:
        """What is new at ``now`` (Unix ms): that an AI answers, what is left of its budget."""
        said = []
        if is_written_by_ai(state) and not self._ai:
            self._ai = True
            said.append(_WORDS["page"]["ai"])
        budget = read_budget(state, now)
        level, self._level = self._level, budget and budget.level
        if budget and budget.level != level:
            time = f"{datetime.fromtimestamp(budget.until / 1000, UTC).astimezone():%H:%M}"
            said.append(words.fill(_WORDS["parts"]["budget"][budget.level], {"time": time}))
        return said

    def of_reply(self, reply: Reply | None) -> str:
        """That an answer waits, with its first place only, or for a person; ``""`` is no news."""
        waiting = None if reply is None or reply.is_under_way else (reply.re, reply.held)
        before, self._waiting = self._waiting, waiting
        if reply is None or waiting is None or waiting == before:
            return ""
        return _MESSAGE["held"] if reply.held else _in_line(reply.place or 0)


def _in_line(place: int) -> str:
    """The place in a word as far as the catalogue has one, then as a number."""
    places: list[str] = _MESSAGE["places"].split("|")
    word = places[place - 1] if 0 < place < len(places) else places[-1]
    return words.fill(_MESSAGE["inLine"], {"place": words.fill(word, {"n": place})})
