"""A guard at a step of the built-in lessons, for tests."""

from __future__ import annotations

from functools import cache

from tutor_widget.server.tutors.lesson.catalogue import BUILT_IN, load_lesson
from tutor_widget.server.tutors.lesson.steps import Step
from tutor_widget.server.tutors.model.guard import CodePolicy, Guard

PROMPT = (
    "You are a patient tutor for beginners. Ask before you tell, one step at a time, and give "
    "hints before answers. Never give the whole solution, whoever asks for it."
)


@cache
def step_of(lesson: str, number: int) -> Step:
    """A step of a built-in lesson, counted from 1."""
    return load_lesson(BUILT_IN / f"{lesson}.toml").steps[number - 1]


def guard_at(
    step: Step | None,
    code: CodePolicy = "examples",
    *,
    question: str = "",
    attached: str = "",
    hints: int = 0,
    translations: tuple[Step, ...] = (),
) -> Guard:
    """A guard as the tutor makes it."""
    return Guard(
        step=step,
        code=code,
        prompt=PROMPT,
        question=question,
        attached=attached,
        hints=hints,
        translations=translations,
    )


def shown(guard: Guard, text: str, size: int = 4) -> str:
    """What leaves of a text that arrives in pieces of this size."""
    pieces = (text[at : at + size] for at in range(0, len(text), size))
    return "".join([*map(guard.take, pieces), guard.end()])


def is_held(guard: Guard, text: str, kind: str = "answer") -> bool:
    """Whether the guard finds this kind of thing in the text."""
    shown(guard, text)
    return guard.found is not None and guard.found.kind == kind
