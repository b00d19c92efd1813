"""Whether a text says what is shown one after the other, where the choices are such rows. Pure."""

from __future__ import annotations

import re
from typing import Final

from ....lesson.judge import LETTERS
from ....lesson.phrases import keys_of, senses
from ....lesson.steps import Step

__all__ = ["Sequence"]

_SPAN: Final = re.compile(r"`([^`\n]+)`")
_TIMES: Final = {"once": 1, "twice": 2, "thrice": 3}
_REACH: Final = 6
"""Words between what is shown and how often: "`tick` is printed twice"."""


class Sequence:
    """The rows of the choices of a step, each of which is code and commas."""

    def __init__(self, step: Step) -> None:
        rows = [_SPAN.findall(choice) for choice in step.choices]
        is_all = all(
            row and not _SPAN.sub("", c).strip(" ,、，")
            for row, c in zip(rows, step.choices, strict=True)
        )
        parts = [part for row in rows for part in row]
        are_words = all(len(keys_of(part)) == 1 for part in parts)
        self._known = {keys_of(part)[0] for part in parts} if is_all and are_words else set()
        self._right = (
            [keys_of(part)[0] for part in rows[LETTERS.index(step.correct)]] if self._known else []
        )

    def is_told(self, text: str) -> bool:
        """Whether the text names what the right row has, in its order and as often."""
        if len(self._right) < 2:
            return False
        keys = keys_of(text)
        places = [n for n, key in enumerate(keys) if key in self._known]
        row = list[str]()
        for n, following in zip(places, [*places, len(keys)][1:], strict=True):
            row += [keys[n]] * _times(keys[n + 1 : min(following, n + 1 + _REACH)])
        return row == self._right


def _times(keys: list[str]) -> int:
    """How often it is, as the words behind it say."""
    for start, end in senses().places(keys):
        for name in senses().name(keys[start:end]).split(","):
            if name in _TIMES:
                return _TIMES[name]
    return 1
