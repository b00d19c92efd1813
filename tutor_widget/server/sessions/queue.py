"""The order in which sessions get their turn, if a tutor makes only some replies at once.

It is fair over accounts: they take turns, and one that comes is behind the others. Within an
account it is fair over sessions: a session has one reply at a time, and gets in line behind the
account's others after it. So an account with a hundred sessions delays another account by one
reply, not by a hundred. The order does not depend on which reply ends first, so a place is not
worse than it was told, unless an account that did not wait comes in between.

Pure: no clock and no chance, so the same calls give the same order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

__all__ = ["FairQueue"]


class FairQueue:
    """Sessions that wait, and those whose turn it is: at most ``parallel``; None is no limit."""

    def __init__(self, parallel: int | None) -> None:
        self._parallel = parallel
        self._lines: dict[str, dict[int, None]] = {}
        """The sessions that wait, by account; both in the order of their turns."""
        self._begun: set[int] = set()
        """The sessions whose turn it is."""

    def join(self, account: str, session: int) -> None:
        """The session waits for a turn. It must not be in the queue, nor have a turn."""
        self._lines.setdefault(account, {})[session] = None

    def leave(self, account: str, session: int) -> None:
        """The session waits no longer, or its turn is over."""
        self._begun.discard(session)
        line = self._lines.get(account, {})
        line.pop(session, None)
        if not line:
            self._lines.pop(account, None)

    def grant(self) -> int | None:
        """Give the next session its turn. None if none waits, or if no turn is free."""
        is_full = self._parallel is not None and len(self._begun) >= self._parallel
        if is_full or not self._lines:
            return None
        account, line = next(iter(self._lines.items()))
        session = next(iter(line))
        del line[session], self._lines[account]
        if line:
            self._lines[account] = line  # behind the other accounts
        self._begun.add(session)
        return session

    def order(self) -> Iterator[int]:
        """The sessions that wait, in the order of their turns."""
        lines = deque(iter(line) for line in self._lines.values())
        while lines:
            line = lines.popleft()
            if (session := next(line, None)) is not None:
                yield session
                lines.append(line)
