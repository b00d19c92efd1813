"""A conversation that is deleted in a real kernel, by one that was killed, or by an operator."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.children import until
from tests.support.files import contents
from tests.support.kernels import WITHIN, Kernel
from tests.support.operators import command
from tests.support.postgres import running_cluster
from tests.support.rows import all_rows
from tests.support.servers.processes import Tutor

MARKER = "zebra-crossing-marker"
SESSION = "a-conversation-to-delete"
SET_UP = f"""
import threading
from tutor_widget import TutorChat
chat = TutorChat(session="{SESSION}")

def wait_for(trait, condition):
    done = threading.Event()
    look = lambda _=None: condition(getattr(chat, trait)) and done.set()
    chat.observe(look, trait); look()
    assert done.wait({WITHIN}), getattr(chat, trait)
"""
CONNECTED = "wait_for('status', lambda s: s == 'connected')"
ERASED = """
wait_for('connection', lambda c: c['code'] == 'erased')
assert (chat.status, chat.history, chat.queue, chat.session_state) == ('failed', [], [], {})
"""


def has_marker(folder: Path) -> bool:
    """Whether any file of the data folder holds it, the embedded tutor's database among them."""
    return any(MARKER.encode() in file for file in contents(folder / "data" / "tutor_widget"))


def test_the_other_kernel_forgets_too(start_kernel: Callable[[], Kernel], tmp_path: Path) -> None:
    """Also what waits in its own journal, and what both say ends nowhere."""
    one, other = start_kernel(), start_kernel()
    for kernel in (one, other):
        kernel.run(SET_UP + CONNECTED)
    one.run(f"answer = await chat.ask('{MARKER}', timeout={WITHIN})")
    other.run("wait_for('history', lambda h: sum('re' in e for e in h) >= 1)")
    other.run(
        f"chat.disconnect(); chat.say('queued {MARKER}')\n"
        "wait_for('queue', lambda q: [m['status'] for m in q] == ['queued'])"
    )
    assert has_marker(tmp_path)
    one.run("chat.erase()" + ERASED)
    other.run("chat.reconnect()" + ERASED)
    until(lambda: not has_marker(tmp_path))


def test_a_killed_kernel_has_its_conversation_deleted_by_the_next(
    start_kernel: Callable[[], Kernel], tmp_path: Path
) -> None:
    """The request was durable; the next kernel says nothing before it is carried out."""
    first = start_kernel()
    first.run(SET_UP + CONNECTED)
    first.run(f"answer = await chat.ask('{MARKER}', timeout={WITHIN})")
    first.run(
        f"chat.disconnect(); chat.say('queued {MARKER}')\n"
        "wait_for('queue', lambda q: [m['status'] for m in q] == ['queued'])\n"
        "chat.erase()"
    )
    outbox = tmp_path / "data" / "tutor_widget" / "outbox"
    until(lambda: any(b'"erase"' in journal for journal in contents(outbox, "*.journal")))
    first.kill()
    second = start_kernel()
    second.run(SET_UP + ERASED)
    until(lambda: not has_marker(tmp_path))
    assert list(outbox.iterdir()) == []


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def test_what_an_operator_erases_is_nowhere(
    start_kernel: Callable[[], Kernel], tmp_path: Path, engine: str
) -> None:
    """Neither in a table, a file, an export, the metrics and logs of two servers, nor in two
    kernels: one is connected then, the other comes later with a message that waits."""
    folder = tmp_path / "servers"
    folder.mkdir()
    url = f"sqlite:///{folder / 'tutor.sqlite'}"
    if engine == "postgres":
        cluster = running_cluster()
        url = cluster.make_database(cluster.template)
    with ExitStack() as stack:
        servers = [
            stack.enter_context(
                Tutor(folder / "tutor.sqlite", "--tutor=echo", log=folder / f"{n}.log", url=url)
            )
            for n in range(2)
        ]
        kernels = [start_kernel(), start_kernel()]
        for kernel, server in zip(kernels, servers, strict=True):
            kernel.run(SET_UP.replace("TutorChat(", f"TutorChat({server.url!r}, ") + CONNECTED)
        one, other = kernels
        one.run(
            f"answer = await chat.ask('{MARKER}', timeout={WITHIN})\n"
            f"chat.report(answer.id, 'because of {MARKER}')"
        )
        other.run("wait_for('history', lambda h: len(h) >= 2)")
        other.run(
            f"chat.disconnect(); chat.say('queued {MARKER}')\n"
            "wait_for('queue', lambda q: [m['status'] for m in q] == ['queued'])"
        )
        until(lambda: f"because of {MARKER}" in all_rows(url))
        assert has_marker(tmp_path)
        everything = ("--account=", "--names", "--contexts", "--db-url", url)
        assert MARKER.encode() in command("export", *everything).stdout

        done = command("erase", "--session", SESSION, "--yes", "--db-url", url)
        assert done.returncode == 0, done.stderr
        one.run(ERASED)
        other.run("chat.reconnect()" + ERASED)
        until(lambda: not has_marker(tmp_path))
        assert MARKER not in all_rows(url)
        exported = command("export", *everything)
        assert (exported.returncode, exported.stdout) == (1, b"")
        for server in servers:
            port = server.url.removeprefix("ws://")
            metrics = urllib.request.urlopen(f"http://{port}metrics").read().decode()
            assert "tutor_messages_total" in metrics
            assert MARKER not in metrics
            said = server.log.read_text()
            assert '"code": 4410' in said
            assert MARKER not in said
            assert SESSION not in said
        until(lambda: not any(MARKER.encode() in file for file in contents(folder)))
