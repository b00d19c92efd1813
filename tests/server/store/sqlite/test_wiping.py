"""What was deleted is in no file any more."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.files import contents
from tests.support.servers.peers import PATIENCE
from tests.support.stores import answer, append, begin, fill_with, log_of
from tutor_widget.server import SQLiteStore
from tutor_widget.server.store import Message
from tutor_widget.server.store.sqlite import writer

pytestmark = pytest.mark.timeout(150)
MARKER = "a-word-that-nobody-else-says"


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    made = await SQLiteStore.open_file(tmp_path / "tutor.sqlite")
    yield made
    await made.close()


def count(path: Path) -> int:
    """How often the marker is in the database and the files beside it."""
    return b"".join(contents(path.parent, f"{path.name}*")).count(MARKER.encode())


async def wiped(store: SQLiteStore) -> None:
    """Wait until what was deleted is overwritten: a server looks for changes meanwhile."""
    async with asyncio.timeout(PATIENCE):
        while store._writer.has_to_wipe:
            await store._look()
            await asyncio.sleep(0.05)


async def test_nothing_of_an_erased_session_stays_in_the_files(store: SQLiteStore) -> None:
    """Neither in a row, nor in a freed page, nor in the write-ahead log; others stay whole."""
    others = [await fill_with(store, "other0", "ordinary")]
    key = await fill_with(store, "erased", MARKER)
    others.append(await fill_with(store, "other1", "ordinary"))
    before = [await log_of(store, one) for one in others]
    assert count(store.path) > 0
    await store.erase(key, 30)
    await wiped(store)
    assert count(store.path) == 0
    assert [await log_of(store, one) for one in others] == before
    await store.close()
    assert count(store.path) == 0


async def test_nothing_stays_in_pages_that_were_rebalanced(store: SQLiteStore) -> None:
    """Sessions that grow side by side share pages, and closing is soon enough to overwrite it."""
    chance = random.Random(3)  # leaves 16 copies without VACUUM
    keys = [(await begin(store, "ada", f"s{n}")).key for n in range(8)]
    written = []
    for n in range(1500):
        key = chance.choice(keys)
        text = (MARKER if key == keys[3] else "ordinary") * chance.choice([1, 5, 40, 80])
        written.append(store.append(key, Message(f"m{n}", text)))
    await asyncio.gather(*written)
    await store.erase(keys[3], 30)
    await store.close()
    assert count(store.path) == 0


async def test_what_is_freed_is_overwritten_in_a_large_file_too(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in which VACUUM would take too long has freed pages without their content."""
    monkeypatch.setattr(writer, "MOST_VACUUMED", 0)
    key = (await begin(store)).key
    for n in range(5):
        await append(store, key, Message(f"m{n}", MARKER * 500))
    await store.erase(key, 30)
    await store.close()
    assert count(store.path) == 0


async def test_contexts_that_expired_stay_in_no_file(store: SQLiteStore) -> None:
    """The messages stay."""
    key = (await begin(store)).key
    await append(store, key, Message("m1", "hi", {"cell": MARKER * 1000}))
    await answer(store, key)
    await store.expire_contexts(0)
    await wiped(store)
    assert count(store.path) == 0
    assert len(await log_of(store, key)) == 2


async def test_the_write_ahead_log_is_emptied_once_another_process_has_read(
    store: SQLiteStore,
) -> None:
    """While it reads, its pages are needed; it is tried again until the log is empty."""
    key = (await begin(store)).key
    await append(store, key, Message("m1", MARKER))
    reader = store._file.connect_plain()
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM events").fetchall()
    await store.erase(key, 30)
    tries = asyncio.create_task(wiped(store))
    await asyncio.wait({tries}, timeout=2.5)
    assert not tries.done()
    assert count(store.path) > 0
    reader.execute("COMMIT")
    reader.close()
    await tries
    assert count(store.path) == 0
