"""Whether a message takes back what it says before."""

from __future__ import annotations

import pytest

from tutor_widget.server.tutors.lesson.judge import is_taken_back


@pytest.mark.parametrize("text", ["int? no", "int? No!", "int, nope", "int? nein", "int, falsch"])
def test_an_answer_may_be_taken_back(text: str) -> None:
    """By what stands at the end."""
    assert is_taken_back(text, "What type is it?")


@pytest.mark.parametrize("text", ["int", "int? yes", "no, int", "int, no?", "no? int", "no"])
def test_other_denials_take_nothing_back(text: str) -> None:
    """Before an answer, alone, or as a question at the end."""
    assert not is_taken_back(text, "What type is it?")
