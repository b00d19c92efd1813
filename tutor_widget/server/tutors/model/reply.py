"""One reply of the tutor with a model: who speaks, and what is said where the model does not.

With lessons the engine has decided before the model is asked, and its words are there: they are
said where the model is silent (its endpoint fails before the first word, or the budget is used up),
so that nobody waits for a model to go on with a lesson. Of that the learner is told once, until the
model speaks again: `silent` in the state holds why it is silent. What a model has begun is never
continued by the engine: the answer is *failed*, the state stays as it was, and the learner can try
again.

Without lessons a failure fails the answer, in words; a budget that is used up does not: no try
would help.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec import structs

from tutor_widget.server.logs import log
from tutor_widget.server.metrics import Metrics
from tutor_widget.server.tutors import CannotAnswer, Turn
from tutor_widget.wire import Event

from ..course import Course
from ..lesson import LessonTutor
from ..lesson.blocks import joined
from ..lesson.teaching import Said, Teaching
from .budget import Allowance, next_day
from .endpoint import Endpoint, EndpointFailure
from .guard import Guard
from .holding import held_if_asked
from .phrases import Sentence, in_all_languages, say
from .prompt import build_messages
from .unsure import Unsure
from .voice import Voice

__all__ = ["Reply", "Setting"]

_HISTORY: Final = 100
"""Events of the conversation that a prompt may have. Its length leaves out most of them."""
_SILENT: Final = "silent"


@dataclass(frozen=True, slots=True)
class Setting:
    """What replies have in common."""

    endpoint: Endpoint
    metrics: Metrics
    prompt: str
    """What the model is told to be."""
    prompt_tokens: int
    course: Course
    lessons: LessonTutor | None


class Reply:
    """The reply to ``turn`` within ``allowance``. ``now`` (aware) is when it begins."""

    def __init__(self, setting: Setting, turn: Turn, allowance: Allowance, now: datetime) -> None:
        self._setting = setting
        self._turn = turn
        self._allowance = allowance
        self._now = now
        self._lang = turn.lang or setting.course.language or None

    async def pieces(self) -> AsyncGenerator[str, None]:
        """Yields it. Raises CannotAnswer."""
        lessons = self._setting.lessons
        parts = self._free() if lessons is None else self._at_lesson(lessons)
        async with aclosing(parts):
            async for piece in parts:
                yield piece

    async def _free(self) -> AsyncGenerator[str, None]:
        if self._allowance.is_used_up:
            self._turn.record["silent"] = "used_up"
            yield self._say("used_up")
            return
        voice = await self._voice(None)
        async with aclosing(self._held(self._freely(voice), voice)) as pieces:
            async for piece in pieces:
                yield piece

    async def _freely(self, voice: Voice) -> AsyncGenerator[str, None]:
        """The model's own words."""
        try:
            async with aclosing(voice.speak()) as pieces:
                async for piece in pieces:
                    yield piece
        except EndpointFailure as failure:
            self._failed(voice, failure)
            sentence: Sentence = "cut_off" if voice.has_spoken else failure.kind
            raise CannotAnswer(self._say(sentence)) from None
        yield _behind(voice, self._ending(voice, self._say("withheld")))

    async def _at_lesson(self, lessons: LessonTutor) -> AsyncGenerator[str, None]:
        said, teaching = await lessons.teach(self._turn, self._lang)
        if said.brief is None:
            yield said.text
        elif self._allowance.is_used_up:
            self._turn.record["silent"] = "used_up"
            yield joined(self._silent("goes_on_used_up"), said.text)
        else:
            voice = await self._voice(said)
            voiced = self._voiced(said, teaching, voice)
            async with aclosing(self._held(voiced, voice)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _voiced(
        self, said: Said, teaching: Teaching, voice: Voice
    ) -> AsyncGenerator[str, None]:
        """The engine's words with the model's in them."""
        try:
            if said.before:
                yield joined(said.before) + "\n\n"
            async with aclosing(voice.speak()) as pieces:
                async for piece in pieces:
                    teaching.voiced()
                    self._turn.state.pop(_SILENT, None)
                    yield piece
        except EndpointFailure as failure:
            self._failed(voice, failure)
            if voice.has_spoken:
                raise CannotAnswer(self._say("cut_off")) from None
            own = joined(said.again, said.voiced, said.after)
            yield joined(self._silent("goes_on_alone"), own)
            return
        except (asyncio.CancelledError, GeneratorExit):  # the learner pressed Stop
            if not voice.has_spoken:
                teaching.unvoiced()
            raise
        ending = self._ending(voice, said.hint or self._say("withheld"))
        yield _behind(voice, joined(ending, said.after))

    async def _voice(self, said: Said | None) -> Voice:
        setting, turn = self._setting, self._turn
        messages = build_messages(
            setting.prompt,
            setting.course,
            said.brief if said else None,
            [_as_begun(event) for event in await turn.history(_HISTORY)],
            turn.message,
            turn.context,
            self._lang,
            setting.prompt_tokens,
        )
        call = setting.endpoint.call(messages, turn.account)
        unsure = Unsure() if setting.course.hold == "flagged" else None
        return Voice(call, self._guard(said), turn, unsure)

    def _held(self, pieces: AsyncGenerator[str, None], voice: Voice) -> AsyncGenerator[str, None]:
        """The reply in which the voice speaks, held if the course wants that."""
        return held_if_asked(pieces, self._turn, self._setting.course, voice)

    def _guard(self, said: Said | None) -> Guard | None:
        course, turn = self._setting.course, self._turn
        if not course.guard:
            return None
        error = turn.context.get("error") or {}
        attached = "\n".join(filter(None, (turn.context.get("cell"), error.get("traceback"))))
        said = said or Said()
        return Guard(
            step=said.step,
            code=course.code,
            prompt=self._setting.prompt,
            question=turn.message,
            attached=attached,
            glossary=said.glossary,
            hints=len(said.brief.hints) if said.brief else 0,
            translations=said.translations,
        )

    def _ending(self, voice: Voice, instead: str) -> str:
        """What stands behind the model's words, as a block of its own."""
        self._report(voice)
        if voice.found is not None or not voice.has_spoken:
            return instead
        return self._say("cut_here") if voice.is_cut else ""

    def _report(self, voice: Voice) -> None:
        """Tell the operator what the guard has found."""
        if voice.found is not None:
            kind = voice.found.kind
            self._setting.metrics.count("guard", kind=kind)
            log("answer withheld", kind=kind, account=self._turn.account)

    def _failed(self, voice: Voice, failure: EndpointFailure) -> None:
        self._report(voice)
        self._setting.metrics.count("model_failures", kind=failure.kind)
        level = "error" if failure.kind == "set_up" else "warning"
        log("model failed", level=level, kind=failure.kind, reason=failure.reason)

    def _silent(self, why: Sentence) -> str:
        """Says why the model is silent, once until that changes."""
        state = self._turn.state
        if state.get(_SILENT) == why:
            return ""
        state[_SILENT] = why
        return self._say(why)

    def _say(self, sentence: Sentence) -> str:
        """The sentence; a time in it is that of the next day, in the course's zone."""
        zone = self._setting.course.timezone
        time = f"{next_day(self._now).astimezone(zone):%H:%M} ({zone})"
        return say(sentence, self._lang, time=time)


def _as_begun(event: Event) -> Event:
    """An answer that was cut off, as the model left it: the learner may ask it to go on."""
    if event.status == "failed":
        for sentence in in_all_languages("cut_off"):
            if event.text.endswith(f"\n\n{sentence}"):
                begun = event.text.removesuffix(sentence).rstrip()
                return structs.replace(event, text=begun, status="stopped")
    return event


def _behind(voice: Voice, text: str) -> str:
    """A block that stands behind what the model has said, if it has said anything."""
    return f"\n\n{text}" if text and voice.has_spoken else text
