"""Python's errors in plain words: recognised by name and message, explained from a TOML table."""

from __future__ import annotations

from .pasted import pasted_error
from .table import BUILT_IN, Entry, explain, load_entries

__all__ = ["BUILT_IN", "Entry", "explain", "load_entries", "pasted_error"]
