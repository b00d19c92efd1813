"""Steps of every kind, for tests of what learners say to them."""

from __future__ import annotations

from typing import Any, Final

from tutor_widget.server.tutors.lesson.steps import Mistake, Step


def step_of(question: str, **more: Any) -> Step:
    """A step with a hint and an explanation."""
    return Step(question, ("Think.",), "So it is.", **more)


STEPS: Final = {
    "number": step_of(
        "```python\nprint(len({1, 2, 3, 5}))\n```\nWhat appears?",
        number=4,
        mistakes=(Mistake(("5",), "It is a set of four."),),
    ),
    "choice": step_of(
        "Which of these is a list?", choices=("`{1, 2}`", "`[1, 2]`", "`(1, 2)`"), correct="B"
    ),
    "keyword": step_of(
        "Which keyword ends a loop at once?",
        answers=("break", "a break statement"),
        mistakes=(Mistake(("continue",), "It only skips a round."),),
    ),
    "name": step_of(
        "```python\ndef next_day(day):\n    return help(day)\n```\nWhich function is called?",
        answers=("help",),
        mistakes=(Mistake(("next_day",), "It is only defined here."),),
    ),
    "code": step_of(
        'Write an expression that gives the last entry of `row = ["a", "b"]`.',
        answers=("row[-1]", "row[1]"),
        case=True,
    ),
    "prose": step_of(
        "What does a program do at `input()`?", answers=("it waits", "it waits for the user")
    ),
    "agreement": step_of("Can a key be there twice?", answers=("no", "False")),
}
