"""A dashboard on a class, on each engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.postgres import running_cluster
from tests.support.servers.dashboard import Dashboard
from tests.support.small_class import fill_class


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database: SQLite, or by `@on_both_engines` also PostgreSQL."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path / 'tutor.sqlite'}"
    cluster = running_cluster()
    return cluster.make_database(cluster.template)


@pytest.fixture
def keys(database: str) -> dict[str, int]:
    """The conversations of the class, by their learners."""
    return fill_class(database)


@pytest.fixture
def start(
    tmp_path: Path, database: str, keys: dict[str, int]
) -> Iterator[Callable[..., Dashboard]]:
    """Start a dashboard on the class: `start("--readable-by-teachers")`."""
    with ExitStack() as stack:
        yield lambda *given: stack.enter_context(Dashboard(tmp_path, database, *given))
