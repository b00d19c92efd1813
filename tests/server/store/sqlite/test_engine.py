"""The SQLite engine: its file, group commit, and commits that fail."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.servers.peers import PATIENCE, until
from tests.support.stores import append, begin, log_of, says
from tutor_widget.server import SQLiteStore, StoreError
from tutor_widget.server.store import ALL, Kept, Message
from tutor_widget.server.store.sqlite import transaction
from tutor_widget.server.store.sqlite.answers import OVERDUE

pytestmark = pytest.mark.timeout(150)


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    made = await SQLiteStore.open_file(tmp_path / "folder" / "tutor.sqlite")
    yield made
    await made.close()


@pytest_asyncio.fixture
async def other(store: SQLiteStore) -> AsyncIterator[SQLiteStore]:
    """A second store on the same file, as another process would have it."""
    made = await SQLiteStore.open_file(store.path)
    yield made
    await made.close()


async def test_the_file_is_for_its_owner_and_durable(store: SQLiteStore) -> None:
    """The file is 0600 in a 0700 folder, with WAL and synchronous=FULL."""
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700
    connection = store._file.connect()
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    connection.close()
    await begin(store)
    for beside in store.path.parent.iterdir():
        assert stat.S_IMODE(beside.stat().st_mode) == 0o600


async def test_on_a_network_file_system_there_is_no_wal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WAL needs memory shared by all processes; the rollback journal does not."""
    monkeypatch.setattr("tutor_widget.server.store.sqlite.opening.is_on_network", lambda path: True)
    store = await SQLiteStore.open_file(tmp_path / "db")
    key = (await begin(store)).key
    await append(store, key, says("m1"))
    connection = store._file.connect()
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("truncate",)
    connection.close()
    assert len(await log_of(store, key)) == 1
    await store.close()


async def test_many_writes_share_a_commit(tmp_path: Path) -> None:
    """Group commit: simultaneous writes need far fewer commits than their number."""
    commits: list[int] = []
    store = await SQLiteStore.open_file(tmp_path / "db", lambda _, writes: commits.append(writes))
    key = (await begin(store)).key
    commits.clear()
    await asyncio.gather(*(store.append(key, says(f"m{n}")) for n in range(500)))
    await store.close()
    assert sum(commits) == 500
    assert len(commits) < 50


async def test_a_job_that_fails_takes_no_other_with_it(store: SQLiteStore) -> None:
    """A write that cannot be encoded fails alone, in a batch with good ones."""
    key = (await begin(store)).key
    good = store.append(key, says("m1"))
    bad = store.append(key, Message("m2", "\ud800"))
    also = store.append(key, says("m3"))
    with pytest.raises(UnicodeEncodeError):
        await bad
    assert isinstance(await good, Kept)
    kept = await also
    assert isinstance(kept, Kept)
    assert kept.event.seq == 2


async def test_a_commit_that_cannot_be_made_waits(store: SQLiteStore) -> None:
    """It is no error and no loss: it is tried until it succeeds, and `stalled` says how long."""
    key = (await begin(store)).key
    lock = sqlite3.connect(store.path, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    waiting = store.append(key, says("m1"))
    await until(lambda: store.stalled() > 1.5)  # longer than one attempt waits
    assert not waiting.done()
    lock.execute("ROLLBACK")
    lock.close()
    async with asyncio.timeout(PATIENCE):
        assert isinstance(await waiting, Kept)
    await until(lambda: store.stalled() == 0)


async def test_closing_a_store_that_cannot_commit_ends(tmp_path: Path) -> None:
    """It ends after two seconds, and unwritten jobs fail, so that their callers know."""
    store = await SQLiteStore.open_file(tmp_path / "db")
    key = (await begin(store)).key
    lock = sqlite3.connect(store.path, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    waiting = store.append(key, says("m1"))
    async with asyncio.timeout(PATIENCE):
        await store.close()
        with pytest.raises(StoreError):
            await waiting
        with pytest.raises(StoreError):
            await begin(store)
    lock.close()


# --- other processes ------------------------------------------------------------------------------


async def test_changes_are_told_after_a_commit_that_failed(
    store: SQLiteStore, other: SQLiteStore, caplog: pytest.LogCaptureFixture
) -> None:
    """A look in a batch that is rolled back is made again, and misses nothing. The log says why."""
    key = (await begin(store)).key
    await store._look()
    await append(other, key, says("m1"))
    tries = 0

    def grow(tx: transaction.Transaction) -> None:
        nonlocal tries
        tries += 1
        tx.execute(f"PRAGMA max_page_count = {1 if tries == 1 else 1 << 30}")
        tx.execute("INSERT INTO withdrawn VALUES (?, ?)", (key, "x" * (1 << 20)))

    release = asyncio.Event()
    loop = asyncio.get_running_loop()
    hold = store._writer.submit(
        lambda tx: asyncio.run_coroutine_threadsafe(release.wait(), loop).result(PATIENCE)
    )
    asked = asyncio.create_task(store._look())
    await asyncio.sleep(0)  # its job is queued, ...
    grown = store._writer.submit(grow)  # ... and this one in the same batch
    release.set()
    await hold
    assert (await asked)[0] == frozenset({key})
    await grown
    assert tries == 2
    (line,) = [one for one in caplog.records if one.getMessage() == "store unavailable"]
    assert vars(line)["fields"] == {"reason": "database or disk is full", "skipped": 0}


async def test_who_is_too_far_behind_reads_all_sessions(
    store: SQLiteStore, other: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log of changes is cut, and what was cut off may have been about any session."""
    monkeypatch.setattr(transaction, "KEPT_CHANGES", 8)
    changes = aiter(store.changes())
    key = (await begin(other)).key
    for n in range(20):
        await append(other, key, says(f"m{n}"))
    assert await anext(changes) is ALL
    await append(other, key, says("one more"))
    assert await anext(changes) == frozenset({key})


async def test_a_look_for_what_is_overdue_reads_only_that(store: SQLiteStore) -> None:
    """Each node looks every second. What waits, and what has time left, costs nothing."""
    with closing(sqlite3.connect(store.path)) as db:
        plan = db.execute(f"EXPLAIN QUERY PLAN {OVERDUE}", (0,)).fetchall()
    (first, second, *_) = [detail for *_, detail in plan]
    assert "waiting USING INDEX held_until (held_until<?)" in first
    assert "sessions USING INTEGER PRIMARY KEY" in second


async def test_a_look_that_finds_nothing_reads_no_table(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs one pragma while no other process commits, whatever this one commits."""
    looks: list[int] = []
    monkeypatch.setattr(
        "tutor_widget.server.store.sqlite.engine.changed_by_others",
        lambda db, after, node: looks.append(after),
    )
    key = (await begin(store)).key
    await append(store, key, says("m1"))
    changed, _ = await store._look()
    assert (changed, looks) == (frozenset(), [])


AT_THE_END = """
import asyncio, atexit, sys, threading
from pathlib import Path
from tutor_widget.server import SQLiteStore

loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()

def run(coroutine):
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)

store = run(SQLiteStore.open_file(Path(sys.argv[1])))
run(store.secret())

@atexit.register
def close():
    run(store.close())
    print("closed", end="")
"""


async def test_it_is_closed_at_the_end_of_a_process(tmp_path: Path) -> None:
    """When no executor takes work any more, as in a kernel that is shut down: no WAL remains."""
    path = tmp_path / "folder" / "tutor.sqlite"
    ended = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", AT_THE_END, str(path)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (ended.stdout, ended.stderr) == ("closed", "")
    assert [beside.name for beside in path.parent.iterdir() if "-wal" in beside.name] == []
