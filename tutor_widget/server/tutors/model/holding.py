"""Answers with a model's words that a teacher looks at before the learner does (`Course.hold`).

While such an answer is made nothing of it is shown, because it is known at its end only whether it
is flagged. What the lesson engine says alone was written by its author, and is never held.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, Literal

from tutor_widget.server.tutors import Turn

from ..course import Course
from .voice import Voice

__all__ = ["held_if_asked"]

Why = Literal["all", "guard", "unsure", "reported"]
"""Why an answer is held: the course holds all; the guard found something in it; the model was not
sure; the learner has reported an answer of this conversation, and nobody has settled that."""
_MOST_DRAFT: Final = 8_000
"""Characters of what the guard has withheld, in the record."""
_MINUTE: Final = 60
"""Seconds."""


async def held_if_asked(
    pieces: AsyncGenerator[str, None], turn: Turn, course: Course, voice: Voice
) -> AsyncGenerator[str, None]:
    """Yields the pieces of a reply in which ``voice`` speaks: as they come, or, in a course that
    holds answers, together at the end. Then ``turn.hold`` says whether it is held."""
    async with aclosing(pieces):
        if course.hold == "none":
            async for piece in pieces:
                yield piece
            return
        turn.hold = True  # what is stopped, or fails, before it is decided shows nothing either
        text = "".join([piece async for piece in pieces]).rstrip()
        why = await _why(turn, course, voice)
        turn.hold = why is not None
        if why is not None:
            _hold(turn, course, voice, why)
        yield text


async def _why(turn: Turn, course: Course, voice: Voice) -> Why | None:
    if not (voice.has_spoken or voice.found or voice.is_unsure):
        return None  # its endpoint has failed, and the engine has spoken alone
    if course.hold == "all":
        return "all"
    if voice.found is not None:
        return "guard"
    if voice.is_unsure:
        return "unsure"
    return "reported" if await turn.reported() else None


def _hold(turn: Turn, course: Course, voice: Voice, why: Why) -> None:
    turn.hold_seconds = course.hold_minutes * _MINUTE
    turn.hold_otherwise = course.hold_say or None
    turn.record["held"] = why
    if voice.found is not None:  # what goes out is what the learner would have got without a hold
        turn.record["draft"] = voice.draft[:_MOST_DRAFT]
