"""The rows of the shared database: one session's log, its waiting messages and its lease."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from tutor_widget.server.store.records import (
    Answer,
    Claim,
    Head,
    Kept,
    Message,
    Outcome,
    Report,
    SessionKey,
)
from tutor_widget.wire import Event

__all__ = ["Lease", "Session", "Waiting", "to_json"]


@dataclass
class Waiting:
    """A learner's message without an answer."""

    attempts: int = 0
    is_stopped: bool = False
    held: Answer | None = None
    held_at: int = 0
    held_until: float | None = None
    """Unix time in seconds."""
    otherwise: str | None = None
    """The text that goes out then, if another than the held one."""


@dataclass
class Lease:
    """Who has it, and for which claim."""

    owner: str
    claim: Claim
    until: float


@dataclass
class Session:
    """One session's rows."""

    key: SessionKey
    account: str
    name: str
    groups: frozenset[str]
    epoch: str
    began: int
    active: int
    events: list[Event] = field(default_factory=list)
    at: dict[str, Event] = field(default_factory=dict)
    """The same events, by their ids."""
    revs: dict[str, int] = field(default_factory=dict)
    """The revision of the state that was committed with a tutor's message, or before it."""
    messages: dict[str, Message] = field(default_factory=dict)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    reports: dict[str, Report] = field(default_factory=dict)
    states: list[dict[str, Any]] = field(default_factory=lambda: [{}])
    """By revision."""
    fence: int = 0
    lease: Lease | None = None

    @property
    def rev(self) -> int:
        return len(self.states) - 1

    @property
    def head(self) -> Head:
        oldest = next(iter(self.waiting), None)
        held = oldest if oldest is not None and self.waiting[oldest].held is not None else None
        stopped = frozenset(id for id, one in self.waiting.items() if one.is_stopped)
        state = deepcopy(self.states[-1])
        waiting = tuple(self.waiting)
        seq = len(self.events)
        return Head(self.key, self.epoch, seq, state, self.rev, waiting, stopped, held)

    @property
    def size(self) -> int:
        """Bytes of its texts and contexts."""
        contexts = (one.context for one in self.messages.values() if one.context)
        texts = sum(len(event.text.encode()) for event in self.events)
        return texts + sum(len(to_json(context)) for context in contexts)

    def find(self, message_id: str, text: str | None) -> Outcome | None:
        if (event := self.at.get(message_id)) is not None:
            return "conflict" if text not in (None, event.text) else Kept(event, fresh=False)
        return "withdrawn" if message_id in self.withdrawn else None


def to_json(context: dict[str, Any]) -> bytes:
    return json.dumps(context, ensure_ascii=False, separators=(",", ":")).encode()
