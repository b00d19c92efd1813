"""The tutor with a language model: ``--tutor openai``."""

from __future__ import annotations

from .tutor import OpenAITutor

__all__ = ["OpenAITutor"]
