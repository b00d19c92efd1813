"""The nodes, the database that they share, the learners, and what lies between them."""

from __future__ import annotations

import itertools
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

from simulator.environment import Environment
from simulator.nodes.checks.commits import CommitChecks
from simulator.nodes.checks.frames import ConnectionChecks
from simulator.nodes.checks.verdict import Verdict
from simulator.nodes.learner import Learner
from simulator.nodes.link import Link
from simulator.nodes.memory.database import Database
from simulator.nodes.memory.store import MemoryStore
from simulator.nodes.node import Node
from simulator.nodes.tutor import GreetingTutor, SimulatedTutor
from tutor_widget.server.settings import Settings
from tutor_widget.wire import Limits

__all__ = ["World"]

FORESEEN = {"tutor failed": ("RuntimeError",), "greeting failed": ("TimeoutError",)}
"""Errors that the server may log, by event; else those of a store."""
MOST_STEPS = 20_000
"""Steps in a second of simulated time. A replay of hundreds of events takes a few thousand."""


@contextmanager
def server_log(take: Callable[[str, dict[str, Any]], None]) -> Iterator[None]:
    """Call ``take`` with each warning or error that the server logs, and its fields."""

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            take(record.getMessage(), getattr(record, "fields", {}))

    logger, handler = logging.getLogger("tutor_widget.server"), Handler(logging.WARNING)
    logger.addHandler(handler)
    propagates, logger.propagate = logger.propagate, False
    try:
        yield
    finally:
        logger.propagate = propagates
        logger.removeHandler(handler)


class World(Environment):
    """One database, one to three nodes, one to four learners. ``seed`` decides on all of it."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        random = self.random
        self._numbers = itertools.count(1)
        self.database = Database(
            self.wall_clock,
            lambda: f"epoch-{next(self._numbers)}",
            lambda what: self.record("store", what),
        )
        self.settings = self._draw_settings()
        self.verdict = Verdict()
        self._steps, self._since = 0, self.now
        greets = random.random() < 0.3
        made = GreetingTutor if greets else SimulatedTutor
        self.tutor = made(self.database, self.verdict, random, 10 ** random.uniform(-2, 0))
        turn = random.choice([0.0, 1e-4, 3e-3])
        self.latency = 10 ** random.uniform(-3, -0.7)
        self.nodes = [
            Node(f"node-{n}", self, self.database, self.verdict, self.tutor, self.settings, turn)
            for n in range(random.choice([1, 2, 2, 3, 3]))
        ]
        self.tutor.store = self._running_store
        self.learners = [self._make_learner(n) for n in range(random.randint(1, 4))]
        self.commits = CommitChecks(self.database, self.verdict)
        self.database.board.complain = self.verdict.fail
        self.database.on_commit = self.commits.committed
        self.database.on_release = self.commits.released
        self.checks += [self.verdict.check, self._check_work]

    def _draw_settings(self) -> Settings:
        random = self.random
        return Settings(
            rate=random.choice([0.0, 0.0, 6.0, 30.0]),
            limits=Limits(text=200, unacked=random.choice([1, 3, 64])),
            replay=random.choice([4, 20, 500]),
            backlog=random.choice([100_000, 8 << 20]),
            linger=random.choice([1.0, 60.0]),
            instances=random.choice([2, 4, 8]),
        )

    def _running_store(self) -> MemoryStore:
        (store,) = (node.store for node in self.nodes if node.is_current)
        assert store is not None
        return store

    def _make_learner(self, number: int) -> Learner:
        random = self.random
        account = random.choice(["ada", "ada", "bob"])
        session = random.choice(["algebra", "algebra", "botany"])
        return Learner(f"{account}-{number}", account, session, self, random, self._dial)

    # --- life -------------------------------------------------------------------------------------

    @contextmanager
    def running(self) -> Iterator[None]:
        """Everything that would be drawn from the system's chance comes from the seed meanwhile."""

        def token(_size: int | None = None) -> str:
            return f"t{next(self._numbers)}"

        with patch.object(secrets, "token_urlsafe", token):
            try:
                with server_log(self._log):
                    yield
            finally:
                with server_log(lambda event, fields: None):
                    for node in self.nodes:
                        node.abandon()

    def approve_held(self) -> None:
        """A person approves the held answers, each on some node or in a process of its own."""
        for session in self.database.sessions.values():
            if (held := session.head.held) is None:
                continue
            text = self.random.choice([None, "other words"])
            if (node := self.random.choice([*self.nodes, None])) is not None:
                node.approve(session, held, text)
                continue
            approve = partial(self.database.approve, session.key, held, text, "Ms Grey")
            self.database.commit([approve], "a process of its own")

    def end_held(self) -> None:
        """The time of the held answers is over."""
        for session in self.database.sessions.values():
            if (held := session.head.held) is not None:
                session.waiting[held].held_until = self.database.clock()
                session.waiting[held].otherwise = self.random.choice([None, "other words"])

    def _log(self, event: str, fields: dict[str, Any]) -> None:
        """A line of the server's log."""
        self.record("log", f"{event} {fields}")
        with self.verdict.judging():
            foreseen = FORESEEN.get(event, (None, "StoreError"))
            assert fields.get("error") in foreseen, f"{event}: {fields}"

    def _dial(self, learner: Learner) -> Link | None:
        link = Link(self, learner, self.latency * self.random.uniform(0.5, 2))
        ready = [node for node in self.nodes if node.is_up]
        if not ready:
            return None
        node = self.random.choice(ready)
        checks = ConnectionChecks(
            self.database,
            learner.account,
            self.tutor.attempts,
            self.settings.replay,
            lambda: learner.dials,
            node,
            self.verdict,
            lambda what: self.record(f"{node.name}>{learner.name}", what),
        )
        late = self.random.uniform(0, 5) if self.random.random() < 0.05 else 0.0
        self.call_later(link.latency + late, lambda: node.accept(link, checks))
        return link

    def _check_work(self) -> None:
        """A busy loop takes no simulated time to speak of, and would never end."""
        self._steps += 1
        if self.now - self._since >= 1.0:
            self._steps, self._since = 0, self.now
        assert self._steps < MOST_STEPS, "a busy loop"
