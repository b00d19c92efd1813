"""A connection, as a session sees it, and why it is dropped."""

from __future__ import annotations

from enum import Enum, auto
from typing import Protocol

from tutor_widget.wire import ServerFrame

__all__ = ["Dropped", "Listener"]


class Dropped(Enum):
    """Why a session does not take a listener, or has it no more."""

    REPLACED = auto()
    """A newer connection of the same instance has its place."""
    CROWDED = auto()
    """The session has as many listeners as it may have."""
    ERASED = auto()
    """The session was erased, and whoever had it forgets it."""
    EXPIRED = auto()
    """Its retention has ended. It begins anew, and takes what is queued for it."""


class Listener(Protocol):
    """A connection, as a session sees it."""

    instance: str
    dial: int

    def deliver(self, frame: ServerFrame, data: bytes) -> None:
        """Send one frame, which is ``data``."""

    def drop(self, why: Dropped) -> None:
        """Close the connection. No frame that arrives after this call has an effect."""
