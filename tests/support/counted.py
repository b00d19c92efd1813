"""A store that counts what is asked of it, and that can go away."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tutor_widget.server.store import Store, StoreError

__all__ = ["Counted"]


class Counted:
    """``is_away``: nothing can be asked; ``away``: the calls of these names cannot."""

    def __init__(self, store: Store) -> None:
        self.asked: Counter[str] = Counter()
        self.is_away = False
        self.away: set[str] = set()
        self._store = store

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if not callable(found):
            return found

        def ask(*arguments: Any, **keywords: Any) -> Any:
            self.asked[name] += 1
            if (self.is_away and name != "changes") or name in self.away:
                raise StoreError("The store cannot be read.")
            return found(*arguments, **keywords)

        return ask
