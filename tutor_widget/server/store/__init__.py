"""The contract of a store. `sqlite.SQLiteStore` is the engine that comes with the package."""

from __future__ import annotations

from .contract import (
    Answer,
    Answered,
    Busy,
    Claim,
    Head,
    Kept,
    Message,
    Outcome,
    Store,
    StoreError,
)

__all__ = [
    "Answer",
    "Answered",
    "Busy",
    "Claim",
    "Head",
    "Kept",
    "Message",
    "Outcome",
    "Store",
    "StoreError",
]
