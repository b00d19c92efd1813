"""What a row says of a question."""

from __future__ import annotations

import pytest

from tests.support.lessons import lesson_of
from tutor_widget.dashboard.web.class_pages.rows import others_of, shortened
from tutor_widget.server.tutors.lesson.catalogue import BUILT_IN, load_lessons


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("What is it?", "What is it?"),
        ("Look:\n```python\nprint(2 * 3 * 4)\n```\nWhat?", "Look: What? print(2 * 3 * 4)"),
        ("Its **index**, and *not* `a`:", "Its index, and not a:"),
        ("What is 2 * 3 * 4, and `a ** b`?", "What is 2 * 3 * 4, and a ** b?"),
        ("What does `2*3*4` give?", "What does 2*3*4 give?"),
        ("Is `2**3**2` *more* than `f(*a,*b)`?", "Is 2**3**2 more than f(*a,*b)?"),
        ("What is ``a`b``, and ```x = 1```?", "What is a`b, and x = 1?"),
        ("An end\n```", "An end"),
        ("x" * 200, "x" * 89 + "…"),
    ],
)  # fmt: skip
def test_a_question_on_one_line(question: str, row: str) -> None:
    """What is asked comes first, and no mark of Markdown is left."""
    assert shortened(question) == row


def test_no_built_in_question_shows_its_marks() -> None:
    """Nor does any stay without words."""
    rows = [
        step.question for lesson in others_of(load_lessons(BUILT_IN), []) for step in lesson.steps
    ]
    assert [row for row in rows if "`" in row or not row] == []


def test_checks_are_counted() -> None:
    """Those of the whole lesson."""
    [lesson] = others_of({"animals": lesson_of("cat", "dog", unassisted=True)}, [])
    assert lesson.checks == 2
