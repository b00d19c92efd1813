"""Reads what a tutor noted with an answer (`Turn.record`), which may be any JSON. Pure.

The keys are those of `lesson.teaching.exchange` and `model.voice`. What is malformed counts as
absent: nothing here raises, and every value has a bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from .lesson.teaching.kept import Kept

__all__ = ["Noted", "read_record"]

_LONGEST: Final = 200
"""Characters of a name."""
_MOST_SECONDS: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Noted:
    """What is known of one answer. Texts are "" and numbers None where nothing was noted."""

    lesson: str = ""
    step: int = 0
    """From 1; 0 if the answer belongs to no step."""
    question: str = ""
    """The digest of the step's question (`Lesson.digests`)."""
    concept: str = ""
    kind: str = ""
    """``right`` and ``wrong`` for answers of the learner, the name of a command, or ``talk``."""
    hints: int = 0
    attempts: int = 0
    """Hints given, and wrong answers, before this message."""
    unassisted: bool = False
    model: str = ""
    guard: str = ""
    """What the guard has found in a model's words."""
    held: str = ""
    """Why a person had to approve the answer."""
    failure: str = ""
    first: float | None = None
    whole: float | None = None
    """Seconds until the model's first word, and until its last."""


def read_record(record: object) -> Noted:
    """What the record of an answer says."""
    kept = Kept(record)
    seconds = kept.table("seconds").values
    return Noted(
        lesson=kept.text("lesson", _LONGEST),
        step=kept.count("step") or 0,
        question=kept.text("question", 64),
        concept=kept.text("concept", _LONGEST),
        kind=_kind(kept),
        hints=kept.count("hints") or 0,
        attempts=kept.count("attempts") or 0,
        unassisted=kept.flag("unassisted"),
        model=kept.text("model", _LONGEST),
        guard=kept.text("guard", _LONGEST),
        held=kept.text("held", _LONGEST),
        failure=kept.text("failure", _LONGEST),
        first=_seconds(seconds.get("first")),
        whole=_seconds(seconds.get("whole")),
    )


def _kind(kept: Kept) -> str:
    match kept.text("kind", _LONGEST):
        case "answer":
            return "right" if kept.flag("right") else "wrong"
        case "command":
            return kept.text("command", _LONGEST) or "command"
        case kind:
            return kind


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    is_sound = 0 <= value <= _MOST_SECONDS and math.isfinite(value)
    return float(value) if is_sound else None
