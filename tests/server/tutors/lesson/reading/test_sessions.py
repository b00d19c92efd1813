"""What a pasted interpreter session answers: what it showed, or what was typed in it."""

from __future__ import annotations

import pytest

from tests.support.steps import step_of
from tutor_widget.server.tutors.lesson.normal import session
from tutor_widget.server.tutors.lesson.reading import read_message

LIST = step_of("```python\nprint([4] + [5])\n```\nWhat appears?", answers=("[4, 5]",), case=True)
NUMBER = step_of("```python\nprint(3 * 4)\n```\nWhich number appears?", number=12)
EXPRESSION = step_of("Write an expression: `n` is above 3.", answers=("n > 3",), case=True)
ERROR = step_of("```python\nd['a']\n```\nWhich error is it?", answers=("KeyError",))


@pytest.mark.parametrize(
    "text",
    [
        ">>> print([4] + [5])\n[4, 5]", ">>> [4] + [5]\n[4, 5]\n",
        "In [3]: [4] + [5]\nOut[3]: [4, 5]",
        "In [1]: print([4] + [5])\n[4, 5]", "```\n>>> print([4] + [5])\n[4, 5]\n```",
        ">>> x = [4]\n>>> print(x + [5])\n[4, 5]", ">>> [4]\n[4]\n>>> [4] + [5]\n[4, 5]",
        ">>> for n in [1]:\n...     print([4, 5])\n...\n[4, 5]",
    ],
)  # fmt: skip
def test_its_last_output_is_the_answer(text: str) -> None:
    """In Python's shell and in IPython's."""
    assert read_message(text, LIST).kind == "right"


def test_a_wrong_output_is_wrong() -> None:
    """Whatever was typed."""
    assert read_message(">>> print([4] + [5, 6])\n[4, 5, 6]", LIST).kind == "wrong"
    assert read_message(">>> print(3 + 4)\n7", NUMBER).kind == "wrong"
    assert read_message(">>> print(3 * 4)\n12", NUMBER).kind == "right"


def test_code_is_taken_from_what_was_typed() -> None:
    """Where that is asked for."""
    assert read_message(">>> n > 3\nTrue", EXPRESSION).kind == "right"
    assert read_message(">>> n >= 3\nTrue", EXPRESSION).kind == "wrong"


def test_a_session_that_ends_with_an_error_is_talk() -> None:
    """As the error alone."""
    text = (
        ">>> d['a']\nTraceback (most recent call last):\n  File \"<stdin>\", line 1\nKeyError: 'a'"
    )
    assert read_message(text, ERROR).kind == "talk"


def test_a_prompt_alone_makes_no_session() -> None:
    """There must be something below it."""
    for text in (">>> n > 3", ">>> a\n>>> b", "n > 3\nTrue", "", "```\n```"):
        assert session(text) is None, text
