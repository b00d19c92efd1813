"""Lessons for tests."""

from __future__ import annotations

from typing import Final

LESSON: Final = """\
title = "Small"
[[steps]]
question = "One?"
answers = ["yes"]
hints = ["first hint", "second hint"]
explanation = "Because."
[[steps]]
question = "Two?"
choices = ["red", "blue"]
correct = "B"
hints = ["not red"]
explanation = "Blue it is."
"""
