"""Python's errors in plain words: recognised by name and message, explained from TOML tables."""

from __future__ import annotations

from .languages import built_in
from .pasted import pasted_error
from .table import Entry, explain, load_entries

__all__ = ["Entry", "built_in", "explain", "load_entries", "pasted_error"]
