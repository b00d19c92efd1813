"""No fork in the middle of a transaction.

SQLite keeps in memory which locks a process holds on a file. A child that is forked while a thread
of its parent holds one inherits the entry without the thread that would end it, and finds the
database locked for ever. So whoever uses a connection does it within `IN_USE`, and a fork waits.
"""

from __future__ import annotations

import os
import threading
from typing import Final

__all__ = ["IN_USE"]

_PATIENCE: Final = 2.0
"""Seconds that a fork waits: a database that takes longer may be stuck, and the fork goes on."""


class _InUse:
    def __init__(self) -> None:
        self._users = 0
        self._forking = False
        self._changed = threading.Condition(threading.Lock())

    def __enter__(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._forking)
            self._users += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._users -= 1
            self._changed.notify_all()

    def before_fork(self) -> None:
        """Let nobody begin, and wait until everybody is done."""
        with self._changed:
            self._forking = True
            self._changed.wait_for(lambda: not self._users, _PATIENCE)

    def after_in_parent(self) -> None:
        with self._changed:
            self._forking = False
            self._changed.notify_all()

    def after_in_child(self) -> None:
        """Its one thread uses no connection."""
        self.__init__()  # type: ignore[misc]


IN_USE: Final = _InUse()
"""Held by every thread that uses a SQLite connection, for as long as it does."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=IN_USE.before_fork,
        after_in_parent=IN_USE.after_in_parent,
        after_in_child=IN_USE.after_in_child,
    )
