"""The contract of a store, its records, and `open_store`, which chooses the engine."""

from __future__ import annotations

from .contract import Store, StoreError
from .opening import open_store
from .records import (
    ALL,
    All,
    Answer,
    Answered,
    Busy,
    Claim,
    Entry,
    Erased,
    Full,
    Head,
    Held,
    HeldAnswer,
    Kept,
    Listed,
    Message,
    Outcome,
    Publication,
    Report,
    ReportState,
    SessionKey,
    Spent,
    Usage,
)

__all__ = [
    "ALL",
    "All",
    "Answer",
    "Answered",
    "Busy",
    "Claim",
    "Entry",
    "Erased",
    "Full",
    "Head",
    "Held",
    "HeldAnswer",
    "Kept",
    "Listed",
    "Message",
    "Outcome",
    "Publication",
    "Report",
    "ReportState",
    "SessionKey",
    "Spent",
    "Store",
    "StoreError",
    "Usage",
    "open_store",
]
