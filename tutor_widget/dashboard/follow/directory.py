"""Which conversations there are, and of whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from tutor_widget.server.store import Entry, Head, Listed, SessionKey

from .topics import LEARNERS

__all__ = ["Directory"]

_TELLS: Final = "_readable-"
"""How the ids of notices begin that tell a learner who can read (`sessions.teachers_notice`)."""


class Directory:
    """The conversations by their keys."""

    def __init__(self) -> None:
        self._listed: dict[SessionKey, Listed] = {}
        self._told: set[SessionKey] = set()

    def __len__(self) -> int:
        return len(self._listed)

    def __iter__(self) -> Iterator[Listed]:
        return iter(self._listed.values())

    def get(self, key: SessionKey) -> Listed | None:
        """The conversation, or None if there is none (any more)."""
        return self._listed.get(key)

    def is_told(self, key: SessionKey) -> bool:
        """Whether the conversation tells its learner that teachers can read it."""
        return key in self._told

    @property
    def newest(self) -> int:
        """When something was written last (Unix ms)."""
        return max((listed.active for listed in self), default=0)

    def groups(self) -> frozenset[str]:
        """All groups that learners are in."""
        return frozenset(group for listed in self for group in listed.groups)

    def learn(self, listed: Listed) -> Iterable[str]:
        """Take in a conversation, or what is new of it."""
        known = self._listed.get(listed.key)
        self._listed[listed.key] = listed
        is_same = known is not None and known.groups == listed.groups
        return () if is_same else (LEARNERS,)

    def read(self, listed: Listed, head: Head, entries: Sequence[Entry]) -> Iterable[str]:
        """See `Reader.read`."""
        if not entries:
            return ()
        if any(e.event.role == "notice" and e.event.id.startswith(_TELLS) for e in entries):
            self._told.add(head.key)
        active = max(listed.active, entries[-1].event.at)
        self._listed[listed.key] = msgspec.structs.replace(listed, active=active)
        return (LEARNERS,)

    def forget(self, key: SessionKey) -> Iterable[str]:
        """See `Reader.forget`."""
        self._told.discard(key)
        return () if self._listed.pop(key, None) is None else (LEARNERS,)
