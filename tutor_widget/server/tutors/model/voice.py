"""What the model says in one reply: asked of the endpoint, guarded on its way, and counted."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from tutor_widget.server.tutors import Turn

from ..lesson.blocks import joined
from .endpoint import Call, EndpointFailure
from .guard import Finding, Guard
from .unsure import Unsure

__all__ = ["Voice"]


class Voice:
    """The model's part of the reply to ``turn``. ``guard`` is None where a teacher wants none,
    ``unsure`` where the model is not asked whether it is sure.

    What the call has used, and how it went, stands in the turn at any moment: also in that in which
    the learner presses Stop.
    """

    def __init__(
        self, call: Call, guard: Guard | None, turn: Turn, unsure: Unsure | None = None
    ) -> None:
        self._call = call
        self._guard = guard
        self._turn = turn
        self._unsure = unsure
        self._draft: list[str] = []
        self._pieces: list[str] = []

    @property
    def draft(self) -> str:
        """What the model has written, as far as it was looked at, and before the guard."""
        return "".join(self._draft)

    @property
    def is_unsure(self) -> bool:
        """Whether the model has said that it is not sure."""
        return self._unsure is not None and self._unsure.found

    @property
    def has_spoken(self) -> bool:
        """Whether there is anything that may be shown."""
        return bool(self._pieces)

    @property
    def found(self) -> Finding | None:
        """What the guard has found. The model has spoken no further."""
        return self._guard.found if self._guard else None

    @property
    def is_cut(self) -> bool:
        """Whether the endpoint has cut the answer at its largest length."""
        return self._call.finish == "length"

    async def speak(self) -> AsyncGenerator[str, None]:
        """Yields Markdown that may be shown, and leaves no fence open.

        Raises EndpointFailure behind all that came.
        """
        failure: EndpointFailure | None = None
        async with self._call as call:
            try:
                async for piece in call:
                    self._count()
                    if shown := self._show(self._take(piece)):
                        yield shown
                    if self.found:
                        break
            except EndpointFailure as error:
                failure = error
            finally:  # also when the learner presses Stop
                self._note(failure)
        rest = self._rest()
        self._note(failure)  # the guard may have found something in the rest
        if rest:
            yield rest
        if failure is not None:
            raise failure

    def _take(self, piece: str) -> str:
        """What may be shown of what the model has written, now that there is this piece."""
        said = self._unsure.take(piece) if self._unsure else piece
        self._draft.append(said)
        return self._guard.take(said) if self._guard else said

    def _show(self, piece: str) -> str:
        """The piece, if it is to be shown; nothing blank comes first."""
        shown = piece if self._pieces else piece.lstrip()
        if shown:
            self._pieces.append(shown)
        return shown

    def _rest(self) -> str:
        """What was held back, and the end of a fence that the model has left open."""
        last = self._unsure.end() if self._unsure else ""
        self._draft.append(last)
        rest = self._show(self._guard.take(last) + self._guard.end() if self._guard else last)
        text = "".join(self._pieces).strip("\n")
        return rest + joined(text)[len(text) :]

    def _count(self) -> None:
        self._turn.prompt_tokens = self._call.prompt_tokens
        self._turn.completion_tokens = self._call.completion_tokens

    def _note(self, failure: EndpointFailure | None) -> None:
        self._count()
        call, record = self._call, self._turn.record
        record |= {
            "model": call.model,
            "tokens": {"prompt": call.prompt_tokens, "completion": call.completion_tokens},
            "seconds": {"first": _rounded(call.first_token), "whole": _rounded(call.seconds)},
            "tries": call.tries,
            "finish": call.finish,
        }
        if failure is not None:
            record["failure"] = failure.kind
        if self.found is not None:
            record["guard"] = self.found.kind


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
