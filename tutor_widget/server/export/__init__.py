"""Conversations of a store as JSON lines for programs, or as Markdown for people.

`Export` reads what a `Selection` names and yields it piece by piece, in one of the two forms.
"""

from __future__ import annotations

from .exporting import Export, Form, Selection
from .jsonl import JsonLines
from .markdown import Markdown
from .names import Names

__all__ = ["Export", "Form", "JsonLines", "Markdown", "Names", "Selection"]
