"""The contract of a tutor, and the built-in tutors."""

from __future__ import annotations

from .contract import CannotAnswer, Closer, Greeter, Starter, Turn, Tutor

__all__ = ["CannotAnswer", "Closer", "Greeter", "Starter", "Turn", "Tutor"]
