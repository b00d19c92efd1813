"""The tutor with a model, when it has started: it joins the parts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from tutor_widget.server.metrics import Metrics
from tutor_widget.server.tutors import Turn

from ..course import Course
from ..lesson import LessonTutor
from ..lesson.closed import closed_sentence
from ..watched import Watched
from .budget import Allowance, Budget
from .endpoint import Endpoint, EndpointSettings
from .phrases import say
from .reply import Reply, Setting

__all__ = ["Speaker"]


class Speaker:
    """``prompt``: what the model is told to be; all of one has at most ``prompt_tokens``. With
    ``lessons`` their engine decides."""

    def __init__(
        self,
        settings: EndpointSettings,
        prompt: str,
        prompt_tokens: int,
        budget: Budget,
        course: Watched[Course],
        lessons: LessonTutor | None,
        metrics: Metrics,
    ) -> None:
        self._endpoint = Endpoint(settings)
        self._prompt = prompt
        self._prompt_tokens = prompt_tokens
        self._budget = budget
        self._course = course
        self._lessons = lessons
        self._metrics = metrics

    @property
    def rests(self) -> bool:
        """Whether the endpoint is not asked now, after failures in a row."""
        return self._endpoint.rests

    async def start(self) -> None:
        await self._endpoint.start()

    async def close(self) -> None:
        await self._endpoint.close()

    async def greeting(self, state: dict[str, Any], lang: str | None = None) -> str:
        state["ai"] = True
        course = await self._course.current()
        if closed := closed_sentence(course, datetime.now(UTC), lang):
            return closed
        if self._lessons is not None:
            return await self._lessons.greeting(state, lang)
        return say("greeting", lang or course.language)

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        course, now = await self._course.current(), datetime.now(UTC)
        if closed := closed_sentence(course, now, turn.lang):
            turn.record["kind"] = "closed"
            yield closed
            return
        allowance = await self._allowance(turn)
        setting = Setting(
            self._endpoint,
            self._metrics,
            self._prompt,
            self._prompt_tokens,
            course,
            self._lessons,
        )
        turn.state["ai"] = True
        try:
            async with aclosing(Reply(setting, turn, allowance, now).pieces()) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            _show(turn, allowance, now)

    async def _allowance(self, turn: Turn) -> Allowance:
        if not self._budget.is_limited:  # the store need not be asked
            return Allowance(0, 0)
        spent = await turn.spent()
        return Allowance(self._budget.limit(spent.groups), spent.tokens)


def _show(turn: Turn, allowance: Allowance, now: datetime) -> None:
    """Keep in the state what is left of the budget after this reply, if the learner is to see.

    ``now`` is when the reply began: the allowance is of that day.
    """
    shown = allowance.shown(turn.prompt_tokens + turn.completion_tokens, now)
    if shown is None:
        turn.state.pop("budget", None)
    else:
        turn.state["budget"] = shown
