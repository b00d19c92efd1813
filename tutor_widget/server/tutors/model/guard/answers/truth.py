"""Whether a text says that the statement of the question is true, or that it is false. Pure."""

from __future__ import annotations

from typing import Final

from ....lesson.judge import OPPOSITES
from ....lesson.phrases import index, keys_of, senses
from ....lesson.steps import Step

__all__ = ["Truth"]

_VALUES: Final = frozenset(("true", "false"))
_REACH: Final = 2
"""Words between a denial and what it denies: "not quite true", "stimmt so nicht"."""


class Truth:
    """The answer of a step that asks whether a statement is true or false."""

    def __init__(self, value: str) -> None:
        self._value = value

    @classmethod
    def of(cls, step: Step) -> Truth | None:
        """The answer of the step, None if it asks for something else."""
        values = {value for answer in step.answers for value in _values(keys_of(answer))}
        asked = keys_of(step.question)
        is_asked = bool(_values(asked)) and index("or").is_within(asked)
        return cls(values.pop()) if len(values) == 1 and is_asked else None

    def is_even(self, text: str) -> bool:
        """Whether a text names both and denies none: "Is it true or false?"."""
        keys = keys_of(text)
        return not _denies(keys) and _values(keys) == _VALUES

    def is_told(self, text: str) -> bool:
        """Whether a sentence says so, in any language, and does not ask."""
        if text.rstrip(" \n`*\"')").endswith(("?", "？")):
            return False
        return _values(keys_of(text)) == {self._value}


def _values(keys: list[str]) -> set[str]:
    """What the words call true or false: "true", "false"."""
    found = set[str]()
    for start, end in senses().places(keys):
        said = set(senses().name(keys[start:end]).split(",")) & _VALUES
        around = keys[max(0, start - _REACH - 1) : start], keys[end : end + _REACH]
        is_denied = any(map(_denies, around))
        found |= {OPPOSITES[value] for value in said} if is_denied else said
    return found


def _denies(keys: list[str]) -> bool:
    never = (senses().name(keys[start:end]) for start, end in senses().places(keys))
    return index("not").is_within(keys) or "never" in never
