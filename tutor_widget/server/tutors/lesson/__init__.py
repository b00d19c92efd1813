"""The lesson tutor: teaches from TOML files and explains Python's errors."""

from __future__ import annotations

from .tutor import LessonTutor

__all__ = ["LessonTutor"]
