"""Which messages wait for an answer, and which conversations end with an answer that failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tutor_widget.server.store import Entry, Head, Listed, SessionKey

from .topics import WAITING

__all__ = ["Wait", "Waits"]


class Wait(NamedTuple):
    """One conversation in which somebody has no answer."""

    key: SessionKey
    since: int
    """When the oldest message came that waits, or when its answer failed (Unix ms)."""
    messages: int
    """How many messages wait; 0: the last answer has failed."""
    is_held: bool
    """The answer to the oldest is written, and waits for a person."""


class Waits:
    """The waits of all conversations. It keeps no words."""

    def __init__(self) -> None:
        self._waits: dict[SessionKey, Wait] = {}
        self._asked: dict[SessionKey, dict[str, int]] = {}
        """When each message came that has no answer, by its id."""
        self._failed: dict[SessionKey, int] = {}

    def all(self) -> list[Wait]:
        """The waits, longest first; behind them the failed ones, newest first."""
        return sorted(self._waits.values(), key=_urgency)

    def read(self, listed: Listed, head: Head, entries: Sequence[Entry]) -> Iterable[str]:
        """See `Reader.read`."""
        asked = self._asked.setdefault(listed.key, {})
        for entry in entries:
            self._note(listed.key, asked, entry)
        if not asked:
            del self._asked[listed.key]
        return self._replace(listed.key, self._wait(listed.key, head, asked))

    def forget(self, key: SessionKey) -> Iterable[str]:
        """See `Reader.forget`."""
        self._asked.pop(key, None)
        self._failed.pop(key, None)
        return self._replace(key, None)

    def _note(self, key: SessionKey, asked: dict[str, int], entry: Entry) -> None:
        event = entry.event
        if event.role == "learner":
            asked[event.id] = event.at
        elif event.role == "tutor":
            asked.pop(event.re or "", None)
            self._failed.pop(key, None)
            if event.status == "failed":
                self._failed[key] = event.at

    def _wait(self, key: SessionKey, head: Head, asked: dict[str, int]) -> Wait | None:
        if head.waiting:
            since = asked.get(head.waiting[0], min(asked.values(), default=0))
            return Wait(key, since, len(head.waiting), head.held is not None)
        failed = self._failed.get(key)
        return None if failed is None else Wait(key, failed, 0, is_held=False)

    def _replace(self, key: SessionKey, wait: Wait | None) -> Iterable[str]:
        before = self._waits.pop(key, None)
        if wait is not None:
            self._waits[key] = wait
        return () if wait == before else (WAITING,)


def _urgency(wait: Wait) -> tuple[bool, int]:
    has_failed = wait.messages == 0
    return has_failed, -wait.since if has_failed else wait.since
