"""The store in one SQLite file."""

from __future__ import annotations

from .engine import SQLiteStore

__all__ = ["SQLiteStore"]
