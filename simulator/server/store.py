"""What the model server keeps durably: the logs, and what became of logs that were lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from simulator.environment import Environment
from tutor_widget import wire

SESSION: Final = "algebra-1"
"""The session for calls that name none."""


@dataclass
class Log:
    """One session's durable part."""

    epoch: str
    events: list[wire.Event] = field(default_factory=list)
    at: dict[str, int] = field(default_factory=dict)
    """From an event's id to its index."""
    withdrawn: set[str] = field(default_factory=set)
    stopped: set[str] = field(default_factory=set)
    reports: dict[str, str | None] = field(default_factory=dict)
    """By the tutor's message, the reason."""
    attempts: Counter[str] = field(default_factory=Counter)
    state: dict[str, Any] = field(default_factory=dict)
    rev: int = 0
    is_restored: bool = False
    """It is an older copy of itself."""

    @property
    def unanswered(self) -> list[wire.Event]:
        answered = {event.re for event in self.events}
        return [e for e in self.events if e.role == "learner" and e.id not in answered]

    def has_decided(self, id: str) -> bool:
        """The message was committed, or its withdrawal was."""
        return id in self.at or id in self.withdrawn

    def append(self, event: wire.Event) -> None:
        self.at[event.id] = len(self.events)
        self.events.append(event)


class Store:
    """All logs. ``numbers`` is where the numbers in new epochs come from."""

    def __init__(self, environment: Environment, numbers: Iterator[int]) -> None:
        self.logs: dict[str, Log] = {}
        self.undone: set[str] = set()
        """Ids whose commit or withdrawal was undone, because a log was lost or restored."""
        self.undone_reports: set[str] = set()
        """Events whose report was undone in the same way."""
        self.generation = 0
        """How often that happened."""
        self._environment = environment
        self._numbers = numbers
        self._copies: list[Log] = []

    def log(self, session: str) -> Log:
        if session not in self.logs:
            self.logs[session] = Log(f"epoch-{next(self._numbers)}")
        return self.logs[session]

    def lose(self, session: str = SESSION) -> None:
        """The log is lost; a new one begins."""
        self._undo(self.log(session), None)
        del self.logs[session]

    def rewind(self, events: int, session: str = SESSION) -> None:
        """The log is cut off after so many events."""
        log = self.log(session)
        older = Log(log.epoch, log.events[:events], {}, stopped=log.stopped, rev=log.rev)
        older.at = {event.id: index for index, event in enumerate(older.events)}
        older.state = log.state
        self._replace(session, older)

    def copy(self, session: str = SESSION) -> None:
        """Keep a copy of the log."""
        self._copies.append(deepcopy(self.log(session)))

    def restore(self, session: str = SESSION) -> None:
        """The log is restored from the newest copy. Only while the server is down."""
        if self._copies and self._copies[-1].epoch == self.log(session).epoch:
            self._replace(session, self._copies.pop())

    def _replace(self, session: str, older: Log) -> None:
        older.is_restored = True
        self._undo(self.log(session), older)
        self.logs[session] = older

    def _undo(self, log: Log, older: Log | None) -> None:
        kept = len(older.events) if older else 0
        self._environment.record("server", f"has lost its log from {kept} on")
        self.undone |= log.at.keys() - (older.at.keys() if older else set())
        self.undone |= log.withdrawn - (older.withdrawn if older else set())
        self.undone_reports |= log.reports.keys() - (older.reports.keys() if older else set())
        self.generation += 1
