"""Databases of 0.1, made by its own code, and of format 2; and those of which this version makes
nothing."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import GOLDEN
from tests.support.release import WHEEL_0_1, Release
from tests.support.stores import claim, log_of, says
from tutor_widget.server import SQLiteStore, StoreError
from tutor_widget.server.store import Answer, Answered, Erased, Head, Kept, Message, Publication

pytestmark = pytest.mark.timeout(150)

FILL = """
import asyncio, json, sys
from tutor_widget.server.store import Answer, Message
from tutor_widget.server.sqlite import SQLiteStore

async def fill(path):
    store = await SQLiteStore.open_file(path)
    ada, alan = await store.open("ada", "s"), await store.open("alan", "s")
    await store.open("ada", "empty")
    await store.greet(ada.key, Answer("_greeting", "", "Hello!", "complete", {"step": 1}))
    await store.append(ada.key, Message("m1", "größer", {"cell": "1 / 0"}))
    await store.claim(ada.key)
    await store.answer(ada.key, Answer("_a1", "m1", "ok", "complete", {"step": 2}))
    await store.append(ada.key, Message("m2", "two", {"cell": "x"}))
    await store.append(ada.key, Message("m3", "three"))
    await store.withdraw(ada.key, "m4")
    await store.stop(ada.key, "m3")
    await store.claim(ada.key)
    await store.append(alan.key, Message("m1", "of alan"))
    heads = [await store.open("ada", "s"), await store.open("alan", "s")]
    print(json.dumps([[head.key, head.epoch, head.seq, head.state, head.rev] for head in heads]))
    # Not closed: it is killed, and the last commits are in its write-ahead log.
    sys.stdout.flush()
    import os
    os._exit(0)

asyncio.run(fill(sys.argv[1]))
"""
"""A conversation of each kind: its second message was claimed, by a process that has ended."""


def run_0_1(path: Path) -> subprocess.CompletedProcess[str]:
    """Have 0.1 fill the database."""
    release = Release(path.parent / "0.1")
    if not release.folder.exists():
        Release.unpack(WHEEL_0_1, release.folder)
    return subprocess.run(
        [sys.executable, "-c", FILL, str(path)],
        env=release.environment,
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def database(tmp_path: Path) -> tuple[Path, list[list[Any]]]:
    """A database that 0.1 left, and what its code said of its sessions."""
    path = tmp_path / "tutor.sqlite"
    done = run_0_1(path)
    assert done.returncode == 0, done.stderr
    return path, json.loads(done.stdout)


def content(path: Path) -> list[tuple[Any, ...]]:
    """All events, as the columns that both formats have."""
    columns = "session, seq, id, role, text, at, status, re, context"
    with closing(sqlite3.connect(path)) as db:
        return db.execute(f"SELECT {columns} FROM events ORDER BY session, seq").fetchall()


async def test_a_database_of_0_1_goes_on(database: tuple[Path, list[list[Any]]]) -> None:
    """Keys, epochs, logs, contexts, state, attempts, stops and withdrawn ids are what they were."""
    path, before = database
    rows = content(path)
    assert len(rows) == 6
    store = await SQLiteStore.open_file(path)
    assert content(path) == rows
    ada, alan = await store.find_session("ada", "s"), await store.find_session("alan", "s")
    assert isinstance(ada, Head)
    assert isinstance(alan, Head)
    found = [[one.key, one.epoch, one.seq, one.state, one.rev] for one in (ada, alan)]
    assert found == before
    assert (ada.waiting, ada.stopped, ada.held) == (("m2", "m3"), frozenset({"m3"}), None)
    assert isinstance(await store.find_session("ada", "empty"), Head)
    assert await store.append(ada.key, Message("m4", "…")) == "withdrawn"
    assert await store.append(ada.key, Message("m1", "another")) == "conflict"
    claimed = await claim(store, ada.key)
    assert (claimed.message.id, claimed.message.context, claimed.attempt) == (
        "m2",
        {"cell": "x"},
        2,
    )
    answer = Answer("_a2", "m2", "ok", "complete", {"step": 3})
    answered = await store.answer(claimed, answer)
    assert isinstance(answered, Answered)
    assert (answered.rev, answered.event.seq) == (3, 6)
    assert await store.unanswered() == [("ada", "s"), ("alan", "s")]
    await store.close()


async def test_what_0_1_left_is_held_and_reported_as_ever(
    database: tuple[Path, list[list[Any]]],
) -> None:
    """What it did not know works in its database: times of held answers, states, publications."""
    store = await SQLiteStore.open_file(database[0])
    ada = await store.find_session("ada", "s")
    assert isinstance(ada, Head)
    answer = Answer("_a2", "m2", "ok", "complete")
    assert await store.hold(await claim(store, ada.key), answer, 0.0, "instead")
    assert await store.overdue() == [("ada", "s", "m2")]
    approved = await store.approve(ada.key, "m2")
    assert isinstance(approved, Answered)
    assert approved.event.text == "instead"
    assert await store.report(ada.key, "_a1", "wrong", True)
    assert [(one.state, one.shared) for one in await store.reports(0, 9)] == [("open", True)]
    assert await store.publish("cell", 0, "a") == Publication(1, "a")
    await store.close()


@pytest.fixture
def of_format_2(tmp_path: Path) -> Path:
    """A database of format 2: an answer with its report, a held one, a message behind it."""
    path = tmp_path / "2.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.executescript((GOLDEN / "sqlite-2.sql").read_text("utf-8"))
    return path


async def test_a_database_of_format_2_goes_on(of_format_2: Path) -> None:
    """Its logs, its secret and its sessions are what they were."""
    rows = content(of_format_2)
    assert len(rows) == 5
    with closing(sqlite3.connect(of_format_2)) as db:
        (secret,) = db.execute("SELECT secret FROM store").fetchone()
    stores = await asyncio.gather(*(SQLiteStore.open_file(of_format_2) for _ in range(3)))
    assert content(of_format_2) == rows
    assert {await store.secret() for store in stores} == {secret}
    head = await stores[0].find_session("ada", "s")
    assert isinstance(head, Head)
    assert (head.seq, head.rev, head.waiting, head.held) == (5, 1, ("m2", "m3"), "m2")
    for store in stores:
        await store.close()


async def test_what_format_2_held_waits_without_end(of_format_2: Path) -> None:
    """It counts as held since its message came; its reports are open, and shared with nobody."""
    store = await SQLiteStore.open_file(of_format_2)
    (held,) = await store.held()
    (asked,) = [event for event in await log_of(store, held.key) if event.id == "m2"]
    assert (held.re, held.question, held.text) == ("m2", asked.text, "answer 2")
    assert (held.account, held.groups) == ("ada", frozenset({"math"}))
    assert (held.at, held.until) == (asked.at, None)
    assert await store.overdue() == []
    (report,) = await store.reports(0, 9)
    assert (report.reason, report.state, report.shared) == ("wrong", "open", False)
    assert isinstance(await store.approve(held.key, "m2", by="Ms Grey"), Answered)
    entries = await store.entries(held.key, 5, 1)
    assert not isinstance(entries, Erased)
    assert entries[0].record == {"step": 2, "approved": {"by": "Ms Grey", "edited": False}}
    assert (await claim(store, held.key)).message.id == "m3"
    await store.close()


async def test_a_migrated_database_counts_what_it_holds(
    database: tuple[Path, list[list[Any]]],
) -> None:
    """Bytes by account, and when each session began and was active last."""
    store = await SQLiteStore.open_file(database[0])
    events = await store.find_session("ada", "s")
    assert isinstance(events, Head)
    log = await log_of(store, events.key)
    texts = sum(len(event.text.encode()) for event in log)
    contexts = len('{"cell":"1 / 0"}') + len('{"cell":"x"}')
    held = texts + contexts
    assert await store.append(events.key, says("m9"), held) == "full"
    assert isinstance(await store.append(events.key, says("m9"), held + 1), Kept)
    listed = {one.account + one.name: one async for one in store.list_sessions()}
    assert listed["adas"].began == log[0].at
    assert listed["alans"].active == (await log_of(store, listed["alans"].key))[-1].at
    assert listed["adaempty"].began == listed["adaempty"].active > 0
    await store.erase(events.key, 0)
    again = await store.create_session("ada", "s")
    assert isinstance(again, Head)
    assert again.key > max(one.key for one in listed.values())
    await store.close()


async def test_several_processes_migrate_together(database: tuple[Path, list[list[Any]]]) -> None:
    """One of them does it, and the others find it done."""
    path, _ = database
    rows = content(path)
    stores = await asyncio.gather(*(SQLiteStore.open_file(path) for _ in range(4)))
    secrets = {await store.secret() for store in stores}
    assert len(secrets) == 1
    assert content(path) == rows
    for store in stores:
        await store.close()


async def test_several_processes_make_a_database_together(tmp_path: Path) -> None:
    """All of them can use it."""
    paths = [tmp_path / "new" / "tutor.sqlite"] * 4
    stores = await asyncio.gather(*(SQLiteStore.open_file(path) for path in paths))
    heads = await asyncio.gather(*(store.create_session("", "s") for store in stores))
    assert len({head.key for head in heads if isinstance(head, Head)}) == 1
    for store in stores:
        await store.close()


def is_of_0_1(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as db:
        return bool(db.execute("PRAGMA user_version").fetchone() == (1,))


async def test_a_read_only_database_is_left_as_it_is(
    database: tuple[Path, list[list[Any]]],
) -> None:
    """A sentence says what to do, and afterwards it can be migrated."""
    path, _ = database
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    rows = content(path)
    # Such a file is read-only, also for root (SQLite's file format, section 1.3.3).
    set_write_version(path, 3)
    with pytest.raises(StoreError, match=r"cannot be brought to format 3: .*readonly") as found:
        await SQLiteStore.open_file(path)
    assert "Nothing in it was changed." in str(found.value)
    set_write_version(path, 2)
    assert (is_of_0_1(path), content(path)) == (True, rows)
    store = await SQLiteStore.open_file(path)
    await store.close()
    assert content(path) == rows


def set_write_version(path: Path, version: int) -> None:
    with path.open("r+b") as file:
        file.seek(18)
        file.write(bytes([version]))


async def test_a_damaged_database_is_left_as_it_is(
    database: tuple[Path, list[list[Any]]],
) -> None:
    """What can be read of it still can, by 0.1 too."""
    path, _ = database
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root, size = db.execute(
            "SELECT rootpage, (SELECT page_size FROM pragma_page_size)"
            " FROM sqlite_master WHERE name = 'withdrawn'"
        ).fetchone()
    rows = content(path)
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    damaged = path.read_bytes()
    with pytest.raises(StoreError, match=r"cannot be brought to format 3: .*malformed"):
        await SQLiteStore.open_file(path)
    assert path.read_bytes() == damaged
    assert (is_of_0_1(path), content(path)) == (True, rows)


async def test_a_newer_format_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """An older program must not change it."""
    with closing(sqlite3.connect(tmp_path / "db")) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match=r"newer version .*format 99, this one knows 3"):
        await SQLiteStore.open_file(tmp_path / "db")
    with closing(sqlite3.connect(tmp_path / "db")) as db:
        assert db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


async def test_what_is_no_database_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """And left as it is."""
    text = "this is no database, but a text that is long enough " * 20
    (tmp_path / "no").write_text(text)
    with pytest.raises(StoreError, match="cannot be opened"):
        await SQLiteStore.open_file(tmp_path / "no")
    assert (tmp_path / "no").read_text() == text


async def test_0_1_refuses_a_migrated_database(database: tuple[Path, list[list[Any]]]) -> None:
    """With its own sentence, and changes nothing in it."""
    path, _ = database
    store = await SQLiteStore.open_file(path)
    await store.close()
    rows = content(path)
    refused = await asyncio.to_thread(run_0_1, path)
    assert refused.returncode != 0
    assert "was written by a newer version of tutor_widget" in refused.stderr
    assert content(path) == rows
