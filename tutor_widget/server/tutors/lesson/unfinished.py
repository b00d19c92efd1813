"""Whether an answer is the way to the right one, and not yet its value: "7*2" for 14. Pure."""

from __future__ import annotations

from typing import Any, Final

from .code import outcome
from .judge import readings
from .normal import tidy
from .steps import Step

__all__ = ["is_unfinished"]

_LONGEST: Final = 200
"""Characters of an expression, and of the words around it."""


def is_unfinished(text: str, step: Step) -> bool:
    """Whether a cleaned text is an expression that gives the right answer of a step.

    One of the question only repeats it.
    """
    if step.choices or len(text) > _LONGEST:
        return False
    asked = tidy(step.question)
    return any(
        _is_value(outcome(reading, step.question), step)
        for reading in readings(text, step.question)
        if tidy(reading) not in asked
    )


def _is_value(value: Any, step: Step) -> bool:
    if step.number is not None:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and abs(value - step.number) <= step.tolerance
    return value is not None and (step.is_exactly(str(value)) or step.is_exactly(repr(value)))
