"""Answers that are code: compared as syntax trees, and by value in cases that the step gives."""

from __future__ import annotations

from .compare import code_form, is_code, is_constant, is_python, same_code
from .outcome import outcome

__all__ = ["code_form", "is_code", "is_constant", "is_python", "outcome", "same_code"]
