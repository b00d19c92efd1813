"""Whether a text gives a step's answer away, as far as the step's answers can tell. Pure."""

from __future__ import annotations

import re
from typing import Final

from .judge import Verdict
from .normal import clean, tidy
from .numbers import mentioned
from .steps import Step

__all__ = ["gives_away"]

_CODE: Final = re.compile(r"```\w*\n(.*?)```|`([^`\n]+)`", re.DOTALL)
_SENTENCE: Final = re.compile(r"(?<=[.!?:;])\s+|\n+|[。！？：；]")


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
