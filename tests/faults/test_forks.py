"""Processes that fork, and chats that come and go by the thousand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.children import Child, Usage
from tests.support.servers.processes import Tutor

FORK = """
import json, multiprocessing, os

def forked(work):
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    process = context.Process(target=lambda: there.send(work()))
    process.start()
    assert here.poll(30)
    found = here.recv()
    process.join(30)
    return [process.exitcode, found]

def outcome(function):
    try:
        return repr(function())
    except Exception as error:
        return f"{type(error).__name__}: {error}"
"""
OPEN = """
from tutor_widget import TutorChat
chat = TutorChat({url!r}, session="s")
"""


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Child]:
    with Child(tmp_path) as child:
        child.run(FORK)
        yield child


@pytest.fixture
def tutor(tmp_path: Path) -> Iterator[Tutor]:
    server = Tutor(tmp_path / "tutor.sqlite", "--tutor=echo", "--pace=0")
    yield server
    server.kill()


def journals(folder: Path) -> dict[str, tuple[int, int]]:
    """Name, size and time of each file of the outbox."""
    return {
        path.name: (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.glob("tutor_widget/outbox/*")
    }


def test_a_forked_child_has_no_part_in_its_parents_chat(
    tmp_path: Path, tutor: Tutor, kernel: Child
) -> None:
    """It raises Closed, sends nothing, writes to no journal; the parent's queue goes out once."""
    kernel.run(OPEN.format(url=tutor.url))
    kernel.run("ids = [chat.say(f'message {n}') for n in range(3)]")
    kernel.run("from tests.support.children import until")
    kernel.run("until(lambda: [m['status'] for m in chat.queue] == ['queued'] * 3)")
    before = journals(tmp_path)
    calls = "say('x') stop() retry('x') discard('x') new() reconnect() disconnect()".split()
    calls += ["ask_blocking('x')", "on_event(print)"]
    work = f"lambda: [outcome(lambda: eval('chat.' + call)) for call in {calls!r}]"
    status, found = kernel.run(f"forked({work})")
    assert status == 0
    assert [one.split(":")[0] for one in found] == ["Closed"] * len(calls)
    assert "Make one in this process" in found[0]
    # Closed, displayed and thrown away there, it stays open here.
    work = "lambda: [outcome(chat.close), outcome(chat._repr_mimebundle_) and None, gone()]"
    kernel.run("gone = lambda: globals().pop('chat') and __import__('gc').collect() and None")
    kernel.run("sent = []; chat._send = lambda *said, **more: sent.append(1)")
    assert kernel.run(f"forked({work} + [len(sent)])") == [0, ["None", None, None, 0]]
    assert journals(tmp_path) == before
    tutor.start()
    assert kernel.run("chat.ask_blocking('last', 60).text") == "last"
    learner = [e.text for e in tutor.events("s") if e.role == "learner"]
    assert learner == ["message 0", "message 1", "message 2", "last"]
    assert "Traceback" not in (tmp_path / "said.txt").read_text()


def test_a_forked_child_makes_chats_of_its_own(tutor: Tutor, kernel: Child) -> None:
    """On the same session too: another instance, another connection; the parent's stays."""
    tutor.start()
    kernel.run(OPEN.format(url=tutor.url))
    assert kernel.run("chat.ask_blocking('one', 60).text") == "one"
    dials = kernel.run("chat._client.session.dial")
    kernel.run(f"def work():\n c = TutorChat({tutor.url!r}, session='s')\n"
               " told = c.ask_blocking('two', 60).text\n c.close()\n return told")  # fmt: skip
    assert kernel.run("forked(work)") == [0, "two"]
    assert kernel.run("chat.ask_blocking('three', 60).text") == "three"
    assert kernel.run("[e['text'] for e in chat.history if e['role'] == 'learner']") == [
        "one", "two", "three"
    ]  # fmt: skip
    assert kernel.run("chat._client.session.dial") == dials


def test_a_forked_child_may_have_an_embedded_tutor_of_its_own(kernel: Child) -> None:
    """Parent and child, each with its tutor on one database, each answered."""
    kernel.run("from tutor_widget import TutorChat; chat = TutorChat(session='s')")
    assert kernel.run("chat.ask_blocking('one', 60).status") == "complete"
    kernel.run("def work():\n c = TutorChat(session='s')\n"
               " told = c.ask_blocking('two', 60).status\n c.close()\n return told")  # fmt: skip
    assert kernel.run("forked(work)") == [0, "complete"]
    assert kernel.run("chat.ask_blocking('three', 60).status") == "complete"


CYCLES = """
from tutor_widget import TutorChat
from tutor_widget.client import registry
from tutor_widget.client.loop import call_on_loop
from tests.support.children import own_usage, until

def cycle(n):
    chat = TutorChat(URL, session=f"s{n % 7}")
    if n % 3 == 0:
        chat.ask_blocking("hello", 60)
    elif n % 3 == 1:
        chat.say("hello")
    chat.close()

def quiet():
    until(lambda: not registry._clients)
    until(lambda: call_on_loop(lambda: len(__import__('asyncio').all_tasks())) == 1)
    return own_usage()
"""


@pytest.mark.timeout(600)
def test_chats_come_and_go_and_leave_nothing(
    tutor: Tutor, kernel: Child, pytestconfig: pytest.Config
) -> None:
    """Threads, tasks, sockets and files return to where they were, memory to within 4 MiB."""
    count = 1000 if pytestconfig.getoption("--all") else 100
    tutor.start()
    kernel.run(f"URL = {tutor.url!r}")
    kernel.run(CYCLES)
    kernel.run("for n in range(60): cycle(n)")
    before = Usage(**kernel.run("quiet()"))
    kernel.run(f"for n in range({count}): cycle(n)", 500)
    after = Usage(**kernel.run("quiet()"))
    print(f"\n{count} chats: {before} -> {after}")
    held: list[Any] = [(u.threads, u.tasks, u.sockets, u.files) for u in (before, after)]
    assert held[0] == held[1]
    assert after.memory - before.memory < 4


WRITING = """
import asyncio, os, sqlite3, threading
from pathlib import Path
from tutor_widget.server.store.sqlite import opening
from tutor_widget.server.store.sqlite import SQLiteStore
from tutor_widget.server.store import Message

async def write(path, ready, enough):
    store = await SQLiteStore.open_file(path)
    key = (await store.create_session("", "s")).key
    number = 0
    while not enough.is_set():
        number += 1
        await store.append(key, Message(f"m{number}", "hello", {}))
        for _ in range(20):
            await store.read(key, 0, 1000, 1000)
        ready.set()
    await store.close()
    return number

def child(path):
    try:
        db = sqlite3.connect(path, timeout=20, isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        db.execute("CREATE TABLE IF NOT EXISTS forked (n)")
        db.execute("INSERT INTO forked VALUES (1)")
        db.execute("COMMIT")
        os._exit(0)
    except BaseException:
        os._exit(1)

def forks(path, times, on_network):
    opening.is_on_network = lambda path: on_network
    ready, enough = threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(write(Path(path), ready, enough)))
    thread.start()
    assert ready.wait(60)
    ended = []
    for _ in range(times):
        pid = os.fork() or child(path)
        ended.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        if ended[-1]:
            break
    enough.set()
    thread.join(60)
    return ended
"""


@pytest.mark.parametrize("on_network", [False, True])
def test_a_fork_while_the_tutors_database_is_written_leaves_it_usable(
    kernel: Child, tmp_path: Path, on_network: bool
) -> None:
    """Else the child's SQLite takes the locks of the parent's threads for its own, forever."""
    kernel.run(WRITING)
    path = str(tmp_path / "forked.sqlite")
    assert kernel.run(f"forks({path!r}, 40, {on_network})", 200) == [0] * 40
