"""What a text has to do with a step's solution: it gives it away, or is the way to it. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

from ..code import outcome
from ..judge import Verdict, readings
from ..normal import clean, tidy
from ..numbers import mentioned
from ..steps import Step

__all__ = ["gives_away", "is_unfinished"]

_CODE: Final = re.compile(r"```\w*\n(.*?)```|`([^`\n]+)`", re.DOTALL)
_SENTENCE: Final = re.compile(r"(?<=[.!?:;])\s+|\n+|[。！？：；]")
_LONGEST: Final = 200
"""Characters of an expression, and of the words around it."""


def gives_away(text: str, step: Step) -> bool:
    """Whether a text of the author tells the answer. Of a choice, any text may, in other words."""
    if step.choices:
        return True
    if step.number is not None and any(
        abs(float(value) - step.number) <= step.tolerance
        for mention in mentioned(clean(text))
        for value in mention.values
    ):
        return True
    whole = tidy(clean(text)).casefold()
    if any(_holds(whole, tidy(clean(answer)).casefold()) for answer in step.answers):
        return True
    codes = [code for match in _CODE.finditer(text) for code in match.groups() if code]
    parts = [*codes, *_SENTENCE.split(text)]
    return any(step.judge(clean(part)) is Verdict.RIGHT for part in parts if part.strip())


def _holds(whole: str, answer: str) -> bool:
    """Whether the answer stands in a text, and is no part of a word."""
    start, end = (
        r"(?<!\w)" if answer[:1].isalnum() else "",
        r"(?!\w)" if answer[-1:].isalnum() else "",
    )
    return re.search(start + re.escape(answer) + end, whole) is not None


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
