"""Databases, and a gate before one."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.faults.database_gate import DatabaseGate
from tests.support.postgres import Cluster, running_cluster

# The contract's tests say that it is missing.
collect_ignore_glob = [] if importlib.util.find_spec("asyncpg") else ["test_*.py"]


@pytest.fixture
def cluster() -> Cluster:
    return running_cluster()


@pytest.fixture
def url(cluster: Cluster) -> str:
    """A database with empty tables."""
    return cluster.make_database(cluster.template)


@pytest.fixture
def empty(cluster: Cluster) -> str:
    """A database without tables."""
    return cluster.make_database()


@pytest_asyncio.fixture
async def gate(cluster: Cluster) -> AsyncIterator[DatabaseGate]:
    async with DatabaseGate(cluster.folder) as made:
        yield made
