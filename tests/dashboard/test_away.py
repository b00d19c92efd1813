"""A dashboard whose database is away for a while."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest_asyncio

from tests.support.faults.database_gate import DatabaseGate
from tests.support.postgres import running_cluster
from tests.support.servers.dashboard import Browser, Dashboard, Page
from tests.support.servers.processes import PATIENCE
from tests.support.small_class import fill_class, in_store
from tests.support.stores import log_of
from tutor_widget.server.store import Store

AWAY = "The database cannot be reached now."


@pytest_asyncio.fixture
async def gate() -> AsyncIterator[DatabaseGate]:
    async with DatabaseGate(running_cluster().folder) as made:
        yield made


@asynccontextmanager
async def running(folder: Path, database: str) -> AsyncIterator[Dashboard]:
    """Started beside this loop, on which the gate runs."""
    dashboard = Dashboard(folder, database, "--readable-by-teachers")
    try:
        await asyncio.to_thread(dashboard.start)
        yield dashboard
    finally:
        dashboard.kill()


async def page_that(browser: Browser, path: str, is_so: Callable[[Page], bool]) -> Page:
    """Ask for the page until it is so."""
    async with asyncio.timeout(PATIENCE):
        while not is_so(page := await asyncio.to_thread(browser.open, path)):
            pass
    return page


async def test_an_outage_is_said_and_loses_nothing(gate: DatabaseGate, tmp_path: Path) -> None:
    """What is known stays readable, what was typed is kept, and what was sent is stored once."""
    cluster = running_cluster()
    direct = cluster.make_database(cluster.template)
    keys = await asyncio.to_thread(fill_class, direct)
    behind = gate.url(urlsplit(direct).path[1:])
    async with running(tmp_path, behind) as dashboard:
        browser = await asyncio.to_thread(dashboard.browser, "lovelace")
        path = f"learners/{keys['ada']}"
        form = await asyncio.to_thread(browser.open, path)
        fields = {"id": form.hidden("id"), "text": "my words"}
        await gate.shut()
        sent = await asyncio.to_thread(browser.send, form, path, **fields)
        assert sent.status == 503
        assert "this is not stored yet" in sent.text
        assert sent.typed("kept-0") == "my words"
        held = await page_that(browser, "held", lambda page: AWAY in page.text)
        assert "draft for ada" in held.text

        await gate.open()
        await page_that(browser, "held", lambda page: AWAY not in page.text)
        await page_that(browser, path, lambda page: "my words" in page.text)
        again = await asyncio.to_thread(browser.send, form, path, **fields)
        assert "These words were sent before." in again.text
        lines = [line for line in dashboard.audits() if line["event"] == "notice written"]
        assert [line["by"] for line in lines] == ["Ms. Lovelace"]

    async def read(store: Store) -> list[str]:
        return [event.text for event in await log_of(store, keys["ada"]) if event.by]

    assert await asyncio.to_thread(in_store, direct, read) == ["my words"]
