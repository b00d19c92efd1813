"""Prevents a fork during a transaction.

SQLite records in memory which locks a process holds on a file. A child that is forked while a
thread of its parent holds a lock inherits the record without the thread that would release it, and
the database stays locked in the child. So every use of a connection is inside `IN_USE`, and a fork
waits for its end.
"""

from __future__ import annotations

import os
import threading
from typing import Final

__all__ = ["IN_USE"]

_PATIENCE: Final = 2.0
"""Seconds that a fork waits. A use that takes longer may be stuck, and the fork goes on."""


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
        """Block new uses, and wait until the present ones have ended."""
        with self._changed:
            self._forking = True
            self._changed.wait_for(lambda: not self._users, _PATIENCE)

    def after_in_parent(self) -> None:
        with self._changed:
            self._forking = False
            self._changed.notify_all()

    def after_in_child(self) -> None:
        """Reset: the one thread of the child uses no connection."""
        self.__init__()  # type: ignore[misc]


IN_USE: Final = _InUse()
"""The context in which a thread uses a SQLite connection."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=IN_USE.before_fork,
        after_in_parent=IN_USE.after_in_parent,
        after_in_child=IN_USE.after_in_child,
    )
