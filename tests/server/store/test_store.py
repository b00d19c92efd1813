"""The SQLite store: real files, several stores on one file, commits that fail."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.servers.peers import PATIENCE, SESSION, peer, serving, until
from tests.support.stores import begin
from tutor_widget.server import SQLiteStore, StoreError
from tutor_widget.server.store import Answer, Busy, Claim, Erased, Head, Kept, Message
from tutor_widget.server.store.lease_owner import is_gone, lease_owner_name
from tutor_widget.server.store.sqlite.filesystem import kind_of_mount

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


def says(message_id: str) -> Message:
    return Message(message_id, f"text of {message_id}")


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
    head = await begin(store)
    await store.append(head.key, says("m1"))
    connection = store._file.connect()
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("truncate",)
    connection.close()
    read = await store.read(head.key, 0, 10, 1000)
    assert not isinstance(read, Erased)
    assert len(read) == 1
    await store.close()


def test_the_kind_of_a_mount() -> None:
    """The longest mount point decides; FUSE may hide a network and counts as one."""
    mounts = [
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw",
        "23 22 0:20 / /home rw,nosuid shared:1 - nfs4 server:/home rw",
        "24 23 0:21 / /home/me/with\\040space rw - tmpfs tmpfs rw",
        "25 22 0:22 / /mnt rw - fuse.sshfs host: rw",
        "nonsense",
    ]
    kinds = {
        "/tmp/db": "ext4",
        "/home/you/db": "nfs4",
        "/home/me/with space/db": "tmpfs",
        "/homework/db": "ext4",
        "/mnt/db": "nfs",
    }
    for path, kind in kinds.items():
        assert kind_of_mount(Path(path), mounts) == kind


async def test_writes_take_effect_in_the_order_of_the_calls(store: SQLiteStore) -> None:
    """The order of the awaits does not matter, and sequence numbers have no holes."""
    head = await begin(store)
    outcomes = [store.append(head.key, says(f"m{n}")) for n in range(300)]
    for n, outcome in reversed(list(enumerate(outcomes))):
        kept = await outcome
        assert isinstance(kept, Kept)
        assert (kept.event.seq, kept.fresh) == (n + 1, True)


async def test_many_writes_share_a_commit(tmp_path: Path) -> None:
    """Group commit: simultaneous writes need far fewer commits than their number."""
    commits: list[int] = []
    store = await SQLiteStore.open_file(tmp_path / "db", lambda _, writes: commits.append(writes))
    head = await begin(store)
    commits.clear()
    await asyncio.gather(*(store.append(head.key, says(f"m{n}")) for n in range(500)))
    await store.close()
    assert sum(commits) == 500
    assert len(commits) < 50


async def test_an_id_is_written_once(store: SQLiteStore) -> None:
    """A repeat is the same event, another text a conflict, a withdrawn id stays withdrawn."""
    head = await begin(store)
    first = await store.append(head.key, says("m1"))
    assert isinstance(first, Kept)
    assert await store.append(head.key, says("m1")) == Kept(first.event, fresh=False)
    assert await store.append(head.key, Message("m1", "else")) == "conflict"
    assert await store.withdraw(head.key, "m1") == Kept(first.event, fresh=False)
    assert await store.withdraw(head.key, "m2") == "withdrawn"
    assert await store.withdraw(head.key, "m2") == "withdrawn"
    assert await store.append(head.key, says("m2")) == "withdrawn"
    assert await store.find(head.key, "m1", "else") == "conflict"
    assert await store.find(head.key, "m2") == "withdrawn"
    assert await store.find(head.key, "m3") is None


async def test_the_epoch_is_the_logs(store: SQLiteStore, other: SQLiteStore) -> None:
    """It is the same for all who open the session, and another one for another session."""
    head = await begin(store, "ada")
    assert await begin(other, "ada") == head
    assert (await begin(store, "alan")).epoch != head.epoch


async def test_a_job_that_fails_takes_no_other_with_it(store: SQLiteStore) -> None:
    """A write that cannot be encoded fails alone, in a batch with good ones."""
    head = await begin(store)
    good = store.append(head.key, says("m1"))
    bad = store.append(head.key, Message("m2", "\ud800"))
    also = store.append(head.key, says("m3"))
    with pytest.raises(UnicodeEncodeError):
        await bad
    assert isinstance(await good, Kept)
    kept = await also
    assert isinstance(kept, Kept)
    assert kept.event.seq == 2


async def test_a_commit_that_cannot_be_made_waits(store: SQLiteStore) -> None:
    """It is no error and no loss: it is tried until it succeeds, and `stalled` says how long."""
    head = await begin(store)
    lock = sqlite3.connect(store.path, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    waiting = store.append(head.key, says("m1"))
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
    head = await begin(store)
    lock = sqlite3.connect(store.path, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    waiting = store.append(head.key, says("m1"))
    async with asyncio.timeout(PATIENCE):
        await store.close()
        with pytest.raises(StoreError):
            await waiting
        with pytest.raises(StoreError):
            await begin(store)
    lock.close()


async def test_a_newer_format_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """An older program must not change it."""
    connection = sqlite3.connect(tmp_path / "db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="newer version"):
        await SQLiteStore.open_file(tmp_path / "db")
    (tmp_path / "no").write_text("this is no database, but a text that is long enough " * 20)
    with pytest.raises(StoreError, match="cannot be opened"):
        await SQLiteStore.open_file(tmp_path / "no")


# --- answers and leases ---------------------------------------------------------------------------


async def test_messages_are_claimed_in_order_and_answered_once(store: SQLiteStore) -> None:
    """Answer and state are written together; a second answer to the message is not written."""
    head = await begin(store)
    for message_id in ("m1", "m2"):
        await store.append(head.key, says(message_id))
    claim = await store.claim(head.key)
    assert isinstance(claim, Claim)
    assert (claim.message.id, claim.attempt) == ("m1", 1)
    answered = await store.answer(claim, Answer("_a", "m1", "ok", "complete", {"n": 1}))
    assert answered is not None
    assert (answered.event.re, answered.rev) == ("m1", 1)
    assert await store.answer(claim, Answer("_b", "m1", "ok", "complete", {"n": 2})) is None
    after = await store.head(head.key)
    assert isinstance(after, Head)
    assert (after.seq, after.state, after.rev) == (3, {"n": 1}, 1)
    claim = await store.claim(head.key)
    assert isinstance(claim, Claim)
    assert (claim.message.id, claim.state) == ("m2", {"n": 1})


async def test_a_lease_keeps_others_out(store: SQLiteStore, other: SQLiteStore) -> None:
    """Others wait until it is released or expires; a node that lost it writes no answer."""
    head = await begin(store)
    await store.append(head.key, says("m1"))
    old = await store.claim(head.key)
    assert isinstance(old, Claim)
    busy = await other.claim(head.key)
    assert isinstance(busy, Busy)
    assert 0 < busy.seconds <= store.lease
    assert await other.unanswered() == []
    await store.release(old, counts=False)
    assert await store.unanswered() == [("", SESSION)]
    claim = await other.claim(head.key)
    assert isinstance(claim, Claim)
    assert claim.attempt == 1  # the attempt that was given back does not count
    assert not await store.renew(old)
    assert await store.answer(old, Answer("_a", "m1", "late", "complete")) is None
    assert await other.answer(claim, Answer("_b", "m1", "ok", "complete")) is not None
    assert await other.claim(head.key) is None
    assert await store.unanswered() == []


async def test_a_lease_runs_out(
    store: SQLiteStore, other: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that stands still loses the lease, and its attempt counts."""
    monkeypatch.setattr(store, "lease", 0.0)
    head = await begin(store)
    await store.append(head.key, says("m1"))
    assert isinstance(await store.claim(head.key), Claim)
    claim = await other.claim(head.key)
    assert isinstance(claim, Claim)
    assert claim.attempt == 2


async def test_others_commits_are_noticed_and_ones_own_are_not(
    store: SQLiteStore, other: SQLiteStore
) -> None:
    """So a single process never reads without need."""
    told = aiter(other.changes())
    head = await begin(store)
    assert await anext(told) == frozenset({head.key})
    second = await begin(other, name="another")
    await other.append(second.key, says("m1"))
    await store.append(head.key, says("m1"))
    assert await anext(told) == frozenset({head.key})


async def test_what_could_not_be_read_is_read_later(tmp_path: Path) -> None:
    """Another process's message reaches the listeners although the first read of it failed."""
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        await client.hello()
        other = await SQLiteStore.open_file(tmp_path / "db")
        head = await begin(other)
        (live,) = server._registry.sessions
        store = server._registry.store
        assert isinstance(store, SQLiteStore)
        await store.head(head.key)
        assert store._reading is not None
        store._reading.close()
        await other.append(head.key, says("m1"))
        await until(lambda: live.is_behind)
        store._reading = None
        assert (await client.next("event"))["id"] == "m1"
        await other.close()


def test_only_a_process_that_has_certainly_ended_is_gone() -> None:
    """The id of a process on another machine or in another namespace proves nothing."""
    mine = lease_owner_name()
    assert not is_gone(mine)
    place = mine.partition("@")[2]
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait(PATIENCE)
    assert is_gone(f"{child.pid}@{place}")
    assert not is_gone(f"{child.pid}@another-machine#1")
    assert not is_gone("nonsense")
