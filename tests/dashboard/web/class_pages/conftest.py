"""A dashboard on a class at a lesson."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.lesson_class import Taken, take_lesson, write_lesson
from tests.support.servers.dashboard import Dashboard
from tests.support.small_class import in_store

FIRST: list[Any] = [("wrong", "6"), "right", ("wrong", "A"), "right", "right"]
STUCK: list[Any] = [("wrong", "it is 5"), ("wrong", "6"), "talk"]


@pytest.fixture
def taken(database: str, tmp_path: Path) -> list[Taken]:
    """In 7b six who are through and six who are stuck at the first step; in 8a four who are."""

    async def fill(store: Any) -> list[Taken]:
        learners = [
            *((f"done{n}", "7b", FIRST) for n in range(6)),
            *((f"stuck{n}", "7b", STUCK) for n in range(6)),
            *((f"other{n}", "8a", STUCK) for n in range(4)),
        ]
        return await take_lesson(store, learners)

    return in_store(database, fill)


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    return write_lesson(tmp_path)


@pytest.fixture
def start(
    tmp_path: Path, database: str, lessons: Path, taken: list[Taken]
) -> Iterator[Callable[..., Dashboard]]:
    """Start a dashboard on the class."""
    with ExitStack() as stack:

        def start(*given: str) -> Dashboard:
            return stack.enter_context(
                Dashboard(tmp_path, database, f"--lessons={lessons}", *given)
            )

        yield start
