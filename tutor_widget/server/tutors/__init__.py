"""The contract of a tutor, and the built-in tutors."""

from __future__ import annotations

from .contract import Greeter, Turn, Tutor

__all__ = ["Greeter", "Turn", "Tutor"]
