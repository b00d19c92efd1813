"""The pages about the class: sums of published figures, as a picture and as a table.

pages   who may see which figures, and what stands in a page
rows    what the templates show of a step, of a concept and of a wrong answer (pure)
bars    a bar of several parts (pure)
"""

from __future__ import annotations

from .pages import Class, Concepts, Misconceptions

__all__ = ["Class", "Concepts", "Misconceptions"]
