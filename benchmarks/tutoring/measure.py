"""How many messages are taken for what they are, and what talk is answered."""

from __future__ import annotations

import functools
import re
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.tutoring.corpus import Said, lesson_of
from tests.support.long_messages import messages
from tutor_widget.server.tutors.lesson import LessonTutor
from tutor_widget.server.tutors.lesson.catalogue import Step
from tutor_widget.server.tutors.lesson.trial import Trial

CLASSES: Final = ("right", "wrong", "talk", "command")
_PLACE: Final = re.compile(r"\d+ \w+ \d+")
"""“2 of 10”: where a reply says it, it is no answer."""


@dataclass
class Measured:
    """Of a set of messages, by class: how many there are, and how many are read as expected."""

    asked: Counter[str] = field(default_factory=Counter)
    agreed: Counter[str] = field(default_factory=Counter)
    misread: list[tuple[Said, str]] = field(default_factory=list)
    """Each with what it was taken for."""
    replies: int = 0
    """To talk; each message of talk is said twice, after the others of its step."""
    given_away: list[tuple[Said, str]] = field(default_factory=list)
    repeated: list[tuple[Said, str]] = field(default_factory=list)
    """Talk whose reply tells the answer, or is that before it once more; with the reply."""


async def measure(said: Sequence[Said]) -> Measured:
    """Say every message in a session of its own, then all talk of a step in one session."""
    measured = Measured()
    for one in said:
        if one.expected != "either":
            trial = _trial(one.lesson, one.lang)
            _, state = await trial.begin(one.step)
            kind = (await trial.read(one.text, state)).kind
            measured.asked[one.kind] += 1
            measured.agreed[one.kind] += kind == one.expected
            if kind != one.expected:
                measured.misread.append((one, kind))
    talks = defaultdict[tuple[Path, int], list[Said]](list)
    for one in said:
        if one.kind == "talk":
            talks[one.lesson, one.step].append(one)
    for place in sorted(talks):
        await _converse(measured, *place, talks[place])
    return measured


async def _converse(measured: Measured, lesson: Path, step: int, talk: list[Said]) -> None:
    trial = _trial(lesson, None)
    asked = lesson_of(lesson).steps[step - 1]
    before, state = await trial.begin(step)
    for one in [one for one in talk for _ in range(2)]:
        reply = await trial.say(one.text, state)
        measured.replies += 1
        if tells(asked, reply):
            measured.given_away.append((one, reply))
        if reply == before:
            measured.repeated.append((one, reply))
        before = reply


@functools.cache
def _trial(lesson: Path, lang: str | None) -> Trial:
    return Trial(_tutor(lesson), lang)


@functools.cache
def _tutor(lesson: Path) -> LessonTutor:
    return LessonTutor(lesson)


def tells(step: Step, reply: str) -> bool:
    """Whether the reply has the step's explanation, or a right answer that the author's texts for
    before the answer do not have."""
    if step.explanation in reply:
        return True
    shown = [step.question, *step.hints, *step.choices]
    shown += [getattr(step, key, "") for key in ("also", "example")]
    for text in sorted(filter(None, shown), key=len, reverse=True):
        reply = reply.replace(text, " ")
    reply = _PLACE.sub(" ", reply)
    right = [] if step.choices else [step.solution, *step.answers]
    # A sign such as ":" stands in any sentence.
    right = [text if any(c.isalnum() for c in text) else f"`{text}`" for text in right]
    return any(re.search(rf"(?<!\w){re.escape(text)}(?!\w)", reply) for text in right)


async def held(lesson: Path) -> list[tuple[str, float, float]]:
    """Of each shape of the largest message: for how many seconds its reply has the thread, and the
    ratio to those of a small message; the slowest first. The best of three, at the slowest of the
    lesson's steps."""
    small = await _seconds(lesson, "7")
    rows = [(shape, await _seconds(lesson, text)) for shape, text in messages()]
    rows.sort(key=lambda row: -row[1])
    return [(shape, seconds, seconds / small) for shape, seconds in rows]


async def _seconds(lesson: Path, text: str) -> float:
    trial = _trial(lesson, None)
    slowest = 0.0
    for step in range(1, len(lesson_of(lesson).steps) + 1):
        best = float("inf")
        for _ in range(3):
            _, state = await trial.begin(step)
            before = time.thread_time()
            await trial.say(text, state)
            best = min(best, time.thread_time() - before)
        slowest = max(slowest, best)
    return slowest
