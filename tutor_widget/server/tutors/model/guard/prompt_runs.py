"""Runs of words of the system prompt. Pure."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

__all__ = ["CHARACTERS", "WORDS", "PromptRuns"]

WORDS: Final = 8
"""Words of the prompt in a row that are too many."""
CHARACTERS: Final = 14
"""The same where there are Chinese characters, each of which is a word here."""
_WORD: Final = re.compile(r"[\u3007\u4e00-\u9fff]|[^\W_\u3007\u4e00-\u9fff]+")

_Recent = deque[str]


class PromptRuns:
    """The runs of a prompt, but those that stand in ``public`` texts, too."""

    def __init__(self, prompt: str, public: Iterable[str] = ()) -> None:
        known = frozenset(run for text in public for run in _runs(text, _recent()))
        self._runs = frozenset(_runs(prompt, _recent())) - known
        self._reply = _recent()

    def take(self, text: str) -> bool:
        """Whether the reply, which goes on with this text, has a run of the prompt."""
        return any(run in self._runs for run in _runs(text, self._reply))

    def is_in(self, text: str) -> bool:
        """Whether a text by itself has one."""
        return any(run in self._runs for run in _runs(text, _recent()))


def _recent() -> _Recent:
    return deque(maxlen=CHARACTERS)


def _runs(text: str, recent: _Recent) -> Iterator[tuple[str, ...]]:
    """The runs that end within the text; ``recent`` are the words before it, and then its last."""
    for match in _WORD.finditer(text.casefold()):
        recent.append(match[0])
        last = tuple(islice(recent, max(0, len(recent) - WORDS), None))
        if not any(map(_is_chinese, last)):
            size = WORDS
        else:
            last, size = tuple(recent), CHARACTERS
        if len(last) == size:
            yield last


def _is_chinese(word: str) -> bool:
    return word >= "\u3007" and len(word) == 1
