"""The engines of the contract suite, and stores on them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.engines import ENGINES, Engine
from tutor_widget.server import Store


@pytest.fixture(params=ENGINES)
def engine(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Engine:
    """Each engine in turn, with an empty database."""
    return ENGINES[request.param](tmp_path, monkeypatch)


@pytest_asyncio.fixture
async def store(engine: Engine) -> AsyncIterator[Store]:
    made = await engine.open()
    yield made
    await made.close()


@pytest_asyncio.fixture
async def other(engine: Engine, store: Store) -> AsyncIterator[Store]:
    """A second store on the same database, as another process would have it."""
    made = await engine.open()
    yield made
    await made.close()
