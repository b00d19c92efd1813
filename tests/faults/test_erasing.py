"""A conversation that is deleted in one of two real kernels, or by one that is killed then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.support.children import until
from tests.support.files import contents
from tests.support.kernels import WITHIN, Kernel

MARKER = "zebra-crossing-marker"
SET_UP = f"""
import threading
from tutor_widget import TutorChat
chat = TutorChat(session="a-conversation-to-delete")

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
