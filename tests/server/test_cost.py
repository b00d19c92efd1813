"""What messages, clients that come back and idle connections cost: counts, never times.

`benchmarks/server.py` measures the times.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.peers import Peer, peer, serving, until
from tutor_widget.server import Server, Settings, SQLiteStore
from tutor_widget.server.net.socket import Socket
from tutor_widget.server.store.sqlite.opening import DatabaseFile
from tutor_widget.server.tutors.echo import EchoTutor

pytestmark = pytest.mark.timeout(150)


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of frames in each write to any client."""
    noted: list[int] = []
    write = Socket.write

    def write_noted(socket: Socket, frames: Sequence[bytes]) -> None:
        if frames:
            noted.append(len(frames))
        write(socket, frames)

    monkeypatch.setattr(Socket, "write", write_noted)
    return noted


async def converse(client: Peer, messages: int) -> None:
    """Send so many messages, each after the answer to the one before."""
    for number in range(messages):
        await client.say("send", id=f"m{number}", text="hi")
        await client.answer(f"m{number}")


async def test_a_message_and_its_answer_are_two_commits(tmp_path: Path) -> None:
    """The message is committed together with the claim to answer it."""
    commits: list[int] = []
    store = await SQLiteStore.open_file(tmp_path / "db", lambda _, writes: commits.append(writes))
    try:
        async with (
            Server(store, EchoTutor(), Settings(rate=0)) as server,
            peer(server.url) as client,
        ):
            await client.hello()
            commits.clear()
            await converse(client, 5)
            assert len(commits) == 2 * 5
    finally:
        await store.close()


async def test_a_message_and_its_answer_are_two_writes(tmp_path: Path, writes: list[int]) -> None:
    """The message's event with the beginning of the answer and its first piece; the answer."""
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        await client.hello()
        writes.clear()
        await converse(client, 5)
        assert writes == [3, 1] * 5


async def test_a_message_and_its_answer_cost_their_words_and_600_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words are written three times: in the message's event, in a delta, and in the answer."""
    words, sizes = "x" * 1000, []
    write = Socket.write

    def write_noted(socket: Socket, frames: Sequence[bytes]) -> None:
        sizes.append(len(b"".join(frames)))
        write(socket, frames)

    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        await client.hello()
        monkeypatch.setattr(Socket, "write", write_noted)
        await client.say("send", id="m1", text=words)
        await client.answer("m1")
    assert 3 * len(words) < sum(sizes) <= 3 * len(words) + 600


async def test_a_message_and_its_answer_are_16_statements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four for the message with its claim, four for the answer, and four for each commit."""
    statements: list[str] = []
    connect = DatabaseFile.connect

    def connect_traced(*arguments: Any) -> sqlite3.Connection:
        connection = connect(*arguments)
        connection.set_trace_callback(statements.append)
        return connection

    monkeypatch.setattr(DatabaseFile, "connect", connect_traced)
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        await client.hello()
        statements.clear()
        await converse(client, 5)
        # A PRAGMA asks whether another process has written, at intervals.
        assert len([one for one in statements if not one.startswith("PRAGMA")]) == 16 * 5


async def test_a_message_and_its_answer_are_two_tasks(tmp_path: Path) -> None:
    """The worker's and the tutor's. The lease of a short answer needs none."""
    made: list[str] = []

    def make_task(loop: Any, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        if "server" in Path(coroutine.cr_code.co_filename).parts:
            made.append(coroutine.__qualname__)
        return asyncio.Task(coroutine, loop=loop, **options)

    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        await client.hello()
        asyncio.get_running_loop().set_task_factory(make_task)
        await converse(client, 5)
        assert made == ["ReplyWorker._work", "Attempt._run_tutor"] * 5


async def test_a_client_that_comes_back_costs_one_read_and_one_write(
    tmp_path: Path, writes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One read proves its prefix and finds what it missed, which goes out with the welcome."""
    reads = 0
    submit = ThreadPoolExecutor.submit

    def submit_noted(*arguments: Any) -> Any:
        nonlocal reads
        reads += 1
        return submit(*arguments)

    async with serving(tmp_path / "db") as server:
        async with peer(server.url) as client:
            welcome = await client.hello()
            await converse(client, 10)
        monkeypatch.setattr(ThreadPoolExecutor, "submit", submit_noted)
        writes.clear()
        async with peer(server.url) as again:
            await again.hello(epoch=welcome["epoch"], after=1, last="m0", dial=2)
            assert [event["seq"] for event in await again.events(19)] == [*range(2, 21)]
        assert (reads, writes) == (1, [20])


async def test_an_idle_connection_keeps_one_task_and_no_headers(tmp_path: Path) -> None:
    """The task reads. The headers of the request may hold a token, and are dropped."""
    async with serving(tmp_path / "db") as server, peer(server.url, token="secret") as client:
        await until(lambda: len(server._connections) == 1)
        before = len(asyncio.all_tasks())
        (connection,) = server._connections
        assert connection._socket.request is not None
        assert not connection._socket.request.headers
        await client.hello()
        await converse(client, 1)
        await until(lambda: len(asyncio.all_tasks()) <= before)
