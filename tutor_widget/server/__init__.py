"""The tutor server: sessions that survive, and the tutors that answer in them."""

from __future__ import annotations

from .auth import Doorkeeper
from .serving import Server
from .settings import BadSetting, Settings
from .sqlite import SQLiteStore
from .store import Store, StoreError
from .tutors import Greeter, Turn, Tutor

__all__ = [
    "BadSetting",
    "Doorkeeper",
    "Greeter",
    "SQLiteStore",
    "Server",
    "Settings",
    "Store",
    "StoreError",
    "Turn",
    "Tutor",
]
