"""An answer may stand in a hedged or subjunctive frame, in each language."""

from __future__ import annotations

import pytest

from tutor_widget.server.tutors.lesson.judge import Verdict, judge_choice, judge_text
from tutor_widget.server.tutors.lesson.normal import clean

SLICE = "```python\nprint('kangaroo'[1:4])\n```\nWhat is printed?"


@pytest.mark.parametrize(
    "frame",
    [
        "it should print {}", "it would probably give {}", "that might be {}", "it has to be {}",
        "i'd maybe say {}", "you could use {} for that", "i would expect {}", "it'll return {}",
        "da müsste {} rauskommen", "ich würde {} schreiben", "man könnte {} verwenden",
        "ça devrait afficher {}", "ça va donner {}", "ça pourrait donner {}", "debería imprimir {}",
        "va a salir {}", "应该会打印{}", "应该输出{}", "that should come out as {}",
    ],
)  # fmt: skip
def test_an_answer_in_a_frame(frame: str) -> None:
    """And a wrong one there stays wrong."""
    for given, verdict in (("ang", Verdict.RIGHT), ("kan", Verdict.WRONG)):
        text = clean(frame.format(given))
        assert judge_text(text, ("ang",), question=SLICE) is verdict, text


@pytest.mark.parametrize(
    "text", ["it should print 7", "it would probably return 7", "da müsste 7 kommen", "应该会打印7"]
)
def test_a_choice_in_a_frame(text: str) -> None:
    """By its content."""
    choices = ("It prints `7`.", "It prints `None`.", "It stops.")
    assert judge_choice(clean(text), choices, "A") is Verdict.RIGHT


def test_a_denied_frame_is_wrong() -> None:
    """Whatever the verb."""
    for text in ("it shouldn't print ang", "it should not print ang", "da dürfte nicht ang kommen"):
        assert judge_text(clean(text), ("ang",), question=SLICE) is Verdict.WRONG, text


def test_a_statement_of_code_is_no_frame() -> None:
    """An expression stands in another one."""
    assert judge_text("print n + 1", ("n + 1",)) is Verdict.WRONG
