"""Texts of authors as Markdown blocks."""

from __future__ import annotations

import pytest

from tutor_widget.server.tutors.lesson.blocks import apart, joined


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("```python\nx = 1", "```"),
        ("````\n```\nx", "````"),
        ("~~~\n```", "~~~"),
        ("- a\n  ```\n  x", "  ```"),
        ("```\nx\n```\n\n```\ny", "```"),
    ],
)
def test_an_open_fence_is_closed_as_it_was_opened(text: str, end: str) -> None:
    """With the same mark, as long and as far from the margin: else it would open another one."""
    assert joined(text, "Next.") == f"{text}\n{end}\n\nNext."


@pytest.mark.parametrize(
    "text", ["```\nx\n```", "~~~\n```\n~~~", "````\n```\n````", "```x``` is code", "no fence"]
)
def test_a_closed_fence_stays(text: str) -> None:
    """Nothing is added to what is whole, and none to code within a line."""
    assert joined(text, "Next.") == f"{text}\n\nNext."


@pytest.mark.parametrize(
    "text", ["```\nx\n```", "| a | b |\n|---|---|", "a | b\n--|--", "# Title", "- one", "1. one"]
)
def test_a_block_does_not_stand_behind_words(text: str) -> None:
    """A table, heading, list or fence begins on a line of its own."""
    assert apart(text).startswith("\n\n")


@pytest.mark.parametrize(
    "text", ["`x` is a name.", "10 % of 50 are 5.", "2/3", "-5", "*Not* so.", "3.5", "#1 of all"]
)
def test_what_is_no_block_stands_behind_words(text: str) -> None:
    """A number, a sign or an emphasis at its beginning makes none."""
    assert apart(text) == text
