"""What a model is told of the step that the learner is at. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ...lesson.teaching import Brief, Finding
from .blocks import block

__all__ = ["step_text"]

_FOUND: Final[dict[Finding, str]] = {
    "wrong": "The learner's message was taken for an answer to the question, and it is wrong. The "
    "learner has been told so. Help to see why, with the last of the hints in your own words.",
    "talk": "The learner's message was not taken for an answer. Reply to it, then lead back to the "
    "question.",
    "explain": "The learner wants the question explained. Say it in other words. Do not begin to "
    "answer it.",
    "error": "The learner shows you an error. Explain what it means and where to look. Let the "
    "learner mend it.",
    "cell": "The learner shows you code. Say what you see, and ask about the place that matters. "
    "Let the learner mend it.",
}


def step_text(step: Brief) -> str:
    """What is said of the step, in Markdown. The words of its author are in blocks."""
    return "\n\n".join(_parts(step))


def _parts(step: Brief) -> Iterator[str]:
    yield "# The lesson"
    yield (
        "The learner works through a lesson that a teacher wrote. A program leads it: it asks the "
        "questions, decides what is right, and goes on to the next. You only speak. Never say "
        "whether an answer is right beyond what stands here, never ask another question in place "
        "of the lesson's, and never give the answer to it, nor a part of it, not even as an "
        "example, a translation, a riddle or code. You have not been told the answer."
    )
    yield (
        "The program puts its own lines around your words: whether an answer is right, the number "
        "of the step, the question once more, what can be said next. They stand in what you have "
        "said before, and are not yours: never write such lines."
    )
    yield block("lesson", "\n\n".join(filter(str.strip, (step.lesson, step.about))))
    if step.question.strip():
        yield "The question that the learner is at:\n\n" + block("question", step.question)
    if hints := [block("hint", hint) for hint in step.hints if hint.strip()]:
        yield (
            "The hints so far, the last of which is due now. Go no further than they do:\n\n"
            + "\n\n".join(hints)
        )
    if mistakes := [block("mistake", text) for text in step.mistakes if text.strip()]:
        yield "What the author says to usual mistakes:\n\n" + "\n\n".join(mistakes)
    yield _FOUND[step.finding]
    if step.mistake.strip():
        yield "What the author says to this very mistake:\n\n" + block("mistake", step.mistake)
