"""Files of a user's home that 0.1 left: journals, remembered sessions, exports, its tutor's log.

They are made while the test runs, by 0.1's own code in a process that is killed. So they are as
they are in practice: with ids and times of today, the process id of a process that really ended,
and a name that is derived from an address on this machine.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.processes import Tutor, free_port
from tests.support.release import CHECKOUT, Notebook, Release, is_in_order
from tests.support.scripted import Peer, Scripted
from tutor_widget import Conversation
from tutor_widget.wire import Refused, Send

ERROR = {"name": "NameError", "message": "name 'x' is not defined", "traceback": "NameError: …"}
LESSON = ("--tutor=lesson", "--pace=0")
DAY = 86_400.0


async def silent(peer: Peer) -> None:
    """A server that acknowledges nothing, and refuses one message for good."""
    await peer.welcome()
    while True:
        frame = await peer.receive()
        if isinstance(frame, Send) and frame.text == "too long":
            await peer.send(Refused(id=frame.id, code="too_long", reason="Too long for me."))


@contextmanager
def serving(folder: Path, port: int) -> Iterator[Tutor]:
    """This code's server on that port."""
    tutor = Tutor(folder / "tutor.sqlite", *LESSON, port=port)
    try:
        tutor.start()
        yield tutor
    finally:
        tutor.kill()


@dataclass(frozen=True)
class Left:
    """What a killed kernel left."""

    url: str
    port: int
    session: str
    queue: list[dict[str, Any]]


def leave_journal(home: Path, release: Release, session: str | None = None) -> Left:
    """Have a kernel with a message of each kind in its journal, and kill it."""
    with ExitStack() as serving_silence:
        server = serving_silence.enter_context(Scripted(silent))
        url, port = server.url, server.port
        with Notebook(home, release, url, session=session) as notebook:
            notebook.wait("chat.status == 'connected'")
            for text in ("transmitted", "taken back", "too long"):
                notebook.say(text)
            notebook.wait("queued('sent', 'sent', 'failed')")
            notebook.run("chat.discard(chat.queue[1]['id'])")
            notebook.wait("queued('sent', 'withdrawing', 'failed')")
            serving_silence.close()
            notebook.wait("chat.status == 'reconnecting'")
            notebook.say("what is this?", {"error": ERROR, "cell": "x"})
            notebook.say("last")
            notebook.wait("queued('queued', 'withdrawing', 'failed', 'queued', 'queued')")
            return Left(url, port, notebook.session, notebook.queue)


def check_adopted(notebook: Notebook, left: Left, folder: Path) -> None:
    """The queue is what was left, and goes out as it should."""
    notebook.wait("queued('queued', 'withdrawing', 'failed', 'queued', 'queued')")
    assert notebook.queue == left.queue
    with serving(folder, left.port):
        notebook.run("chat.reconnect()")
        notebook.wait("queued('failed') and chat.status == 'connected'")
        notebook.run("chat.retry(chat.queue[0]['id'])")
        log = notebook.settle()
    texts = ["transmitted", "what is this?", "last", "too long"]
    assert is_in_order(log, texts), log
    of = {message["text"]: message["id"] for message in left.queue}
    assert [e["id"] for e in log if e["role"] == "learner"] == [of[text] for text in texts]
    (explained,) = (e["text"] for e in log if e.get("re") == of["what is this?"])
    assert "NameError" in explained


def journals(home: Path) -> list[Path]:
    """The journals in a home."""
    return list((home / "tutor_widget").rglob("*.journal"))


def test_a_journal_of_a_killed_kernel_is_taken_over(tmp_path: Path, release_0_1: Release) -> None:
    """Same ids, order, times, statuses, reasons, contexts; each goes out once, nothing remains.

    No session is named: the new kernel also finds the conversation that 0.1 remembered.
    """
    left = leave_journal(tmp_path, release_0_1)
    assert journals(tmp_path)
    with Notebook(tmp_path, CHECKOUT, left.url) as new:
        assert new.session == left.session
        check_adopted(new, left, tmp_path)
        new.leave()
    assert not journals(tmp_path)


def test_0_1_takes_over_a_journal_of_this_code(tmp_path: Path, release_0_1: Release) -> None:
    """Who goes back to 0.1 loses nothing: it sends what waits, each once, as this code would."""
    left = leave_journal(tmp_path, CHECKOUT, session="named-by-the-program-itself")
    with Notebook(tmp_path, release_0_1, left.url, session=left.session) as old:
        check_adopted(old, left, tmp_path)
