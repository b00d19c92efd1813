"""The tutor server: sessions that survive, and the tutors that answer in them."""

from __future__ import annotations

from tutor_widget.server.auth.tokens import TokenAuthenticator
from tutor_widget.server.store import Store, StoreError
from tutor_widget.server.store.sqlite import SQLiteStore

from .server import Server
from .settings import BadSetting, Settings
from .tutors import Greeter, Turn, Tutor

__all__ = [
    "BadSetting",
    "Greeter",
    "SQLiteStore",
    "Server",
    "Settings",
    "Store",
    "StoreError",
    "TokenAuthenticator",
    "Turn",
    "Tutor",
]
