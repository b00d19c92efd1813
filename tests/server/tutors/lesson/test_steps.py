"""A step and the mistakes that its author lists."""

from __future__ import annotations

from tutor_widget.server.tutors.lesson.judge import Verdict
from tutor_widget.server.tutors.lesson.normal import clean
from tutor_widget.server.tutors.lesson.steps import Mistake, Step


def step(*mistakes: str, **kind: object) -> Step:
    return Step("What is it?", ("h",), "e", mistakes=(Mistake(mistakes, "No."),), **kind)  # type: ignore[arg-type]


def test_a_listed_mistake_is_wrong_whatever_the_judge_accepts() -> None:
    """A call may be the mistake where its function is the answer."""
    assert step(answers=("len",)).judge("len()") is Verdict.RIGHT
    called = step("len()", answers=("len",))
    assert called.judge("len()") is Verdict.WRONG
    assert called.judge("`len`") is Verdict.RIGHT
    both = step("Len", answers=("len",))
    assert both.judge("Len") is Verdict.RIGHT


def test_a_number_may_have_mistakes_in_words() -> None:
    """They are answers, in a sentence, too, and get the author's reply."""
    asked = step("error", "NameError", number=4)
    for text in ("error", "an error", "NameError", "it gives a NameError", "error, one is missing"):
        assert asked.judge(clean(text)) is Verdict.WRONG, text
        assert asked.mistake(clean(text)) is not None, text
    for text in ("one moment", "no error", "what is an error like"):
        assert asked.judge(text) is Verdict.NONE, text
    assert asked.judge("4, and no error") is Verdict.RIGHT
