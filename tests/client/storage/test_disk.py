"""What waits for the disk: never the chats' thread, whatever the disk does."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.chats import WITHIN, wait_for, wait_for_status
from tests.support.children import Child, until
from tests.support.servers.scripted import Peer, Scripted, answer, answer_all
from tutor_widget import TutorChat
from tutor_widget.client import registry
from tutor_widget.client.loop import call_on_loop
from tutor_widget.client.storage import disk
from tutor_widget.client.storage.disk import call_on_disk
from tutor_widget.client.storage.folders import data_folder
from tutor_widget.session import events as ev
from tutor_widget.wire import Event

LIFE = """
import asyncio, tempfile
from pathlib import Path
from tests.support.children import until
from tests.support.faults.disk_gate import watch
from tests.support.chats import command, show
found = watch()
from tutor_widget import TutorChat, Unreachable
from tutor_widget.client.storage.disk import call_on_disk
from tutor_widget.client.loop import call_on_loop

def live(url):
    chat = TutorChat(url, lang="de")
    page = show(chat)

    def ask(op, id, **more):
        command(chat, op, id, **more)
        page.wait(lambda: id in page.acks)
        return page.acks[id]

    chat.ask_blocking("one", 60)
    assert ask("words", "w", languages=["fr"]) is None
    assert ask("part", "p", name="python") is None
    assert ask("file", "f", format="html", **{"from": 0}) is None
    assert ask("continue", "c") is None
    assert ask("say", "said-by-the-page", text="two") is None
    assert ask("context", "x", of="cell") is None
    chat.older()
    for suffix in ("md", "json", "html"):
        chat.export(Path(tempfile.mkdtemp()) / f"saved.{suffix}")
    chat.get_state()
    chat._repr_mimebundle_()
    chat.say("three")
    chat.stop()
    chat.new()
    chat.ask_blocking("four", 60)
    assert ask("new", "n") is None
    chat.disconnect()
    chat.say("five")
    until(lambda: [m["status"] for m in chat.queue] == ["queued"])
    chat.discard(chat.say("six"))
    chat.reconnect()
    until(lambda: not chat.queue)
    again = TutorChat(url)
    assert again.session == chat.session
    again.close()
    return chat

def end(chat):
    chat.close()
    call_on_disk(lambda: None)
    call_on_loop(lambda: None)
"""


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Child]:
    with Child(tmp_path, JPY_SESSION_NAME="one.ipynb") as child:
        yield child


async def answer_or_erase(peer: Peer) -> None:
    """A tutor that answers each message, and erases the conversation by one of them."""
    await peer.welcome()
    seq = 1
    while True:
        said = await peer.take(seq)
        if said.text == "erase":
            await peer.socket.close(4410)
            return
        text = said.text
        await peer.send(Event(seq + 1, f"_t{seq}", "tutor", text, 0, "complete", said.id))
        seq += 2


# --- the gate -----------------------------------------------------------------------------------


def test_the_chats_thread_touches_no_file(kernel: Child) -> None:
    """Not from the first chat to the last, whatever is asked of them, an erasure included."""
    kernel.run(LIFE)
    with Scripted(answer_or_erase) as server:
        kernel.run(f"chat = live({server.url!r})")
        kernel.run("chat.say('erase'); until(lambda: chat.status == 'failed')")
        kernel.run("end(chat)")
    assert kernel.run("found") == []


def test_the_chats_thread_touches_no_file_for_the_embedded_tutor(kernel: Child) -> None:
    """Its modules, its lessons and its database are opened elsewhere."""
    kernel.run(LIFE)
    kernel.run("end(live(None))")
    assert kernel.run("found") == []


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_the_chats_thread_touches_no_file_when_nothing_answers(kernel: Child, scheme: str) -> None:
    """Names are looked up and certificates are read elsewhere; the home is the user's own."""
    kernel.run("import os; os.environ['HOME'] = os.environ.pop('JUPYTER_DATA_DIR')")
    kernel.run(LIFE)
    kernel.run(f"chat = TutorChat('{scheme}://localhost:1', session='s')")
    kernel.run("until(lambda: chat.connection['reason'])")
    kernel.run("end(chat)")
    assert kernel.run("found") == []


@pytest.mark.parametrize("status", [401, 302, 503])
def test_the_chats_thread_touches_no_file_when_it_is_refused(kernel: Child, status: int) -> None:
    """What a server says instead is understood with what is loaded already."""
    kernel.run(LIFE)
    refuse = answer(status, Location="http://example.org/", Retry_After="Wed, 21 Oct 2099 07:28:00")
    with Scripted(answer_all, refuse=refuse) as server:
        kernel.run(f"chat = TutorChat({server.url!r}, session='s')")
        kernel.run("until(lambda: chat.connection['reason'])")
    kernel.run("end(chat)")
    assert kernel.run("found") == []


@pytest.mark.parametrize(
    "touch",
    [
        "open(os.devnull).close()",
        "os.stat('/')",
        "Path('/').exists()",
        "list(Path('/').glob('x'))",
        "Path('/a/b').unlink(missing_ok=True)",
        "os.path.realpath('/a')",
        "__import__('this') is None",
    ],
)
def test_the_gate_finds_what_touches_a_file(kernel: Child, touch: str) -> None:
    """On the chats' thread, and on no other."""
    kernel.run(LIFE + "import os")
    kernel.run(touch)
    assert kernel.run("found") == []
    kernel.run("import sys; sys.modules.pop('this', None)")
    kernel.run(f"call_on_loop(lambda: {touch})")
    assert kernel.run("found") != []


# --- a home that stalls -------------------------------------------------------------------------


def memory_file() -> Path:
    """Where the one session of the test is remembered."""
    (path,) = (data_folder() / "sessions").glob("*.json")
    return path


def stall(path: Path) -> None:
    """A reader of the file waits, as on a home directory whose server is away."""
    path.unlink()
    os.mkfifo(path)


def unstall(path: Path) -> None:
    """A reader that waits for it reads nothing."""
    with path.open("wb"):
        path.unlink()


def test_a_home_that_stalls_stops_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """`say` returns, what others say comes in, and the message goes out when the home is back."""
    monkeypatch.setenv("JPY_SESSION_NAME", "one.ipynb")
    spoken = asyncio.Event()

    async def speak(peer: Peer) -> None:
        await peer.welcome()
        await spoken.wait()
        await peer.send(Event(1, "e1", "notice", "here I am", 0, "complete"))
        await asyncio.wait_for(await peer.socket.ping(), WITHIN)
        await peer.send(Event(2, "e2", "notice", "and so are you", 0, "complete"))
        await peer.socket.wait_closed()

    with (
        Scripted(answer_all) as server,
        Scripted(speak) as neighbour,
        closing(TutorChat(server.url)) as chat,
        closing(TutorChat(neighbour.url, session="s")) as other,
    ):
        assert chat.ask_blocking("before", WITHIN).text == "before"
        wait_for_status(other, "connected")
        call_on_disk(lambda: None)
        stall(file := memory_file())
        saying = threading.Thread(target=chat.say, args=("kept waiting",), daemon=True)
        saying.start()  # it reads what is remembered
        try:
            saying.join(WITHIN)
            assert not saying.is_alive()
            neighbour.loop.call_soon_threadsafe(spoken.set)
            wait_for(other, "history", lambda h: [e["text"] for e in h][1:] == ["and so are you"])
            assert [m["status"] for m in chat.queue] in ([], ["saving"])
            assert not disk._executor.is_idle
        finally:
            unstall(file)
        wait_for(chat, "history", lambda h: [e["text"] for e in h][3:] == ["kept waiting"])


def test_a_home_that_stalls_lets_a_process_end(kernel: Child) -> None:
    """It waits for the last writes for a few seconds, not forever."""
    with Scripted(answer_all) as server:
        kernel.run("from tutor_widget import TutorChat; from pathlib import Path")
        kernel.run("from tutor_widget.client.storage.disk import call_on_disk")
        kernel.run(f"chat = TutorChat({server.url!r}); chat.ask_blocking('hello', 60)")
        kernel.run("import os; call_on_disk(lambda: None)")
        kernel.run("file, = Path(os.environ['JUPYTER_DATA_DIR']).glob('*/sessions/*.json')")
        kernel.run("file.unlink(); os.mkfifo(file); chat.say('lost with the home')")
        assert kernel.leave() == 0


# --- what is on the disk, and when --------------------------------------------------------------


def test_the_last_writes_are_made_before_a_process_ends(kernel: Child, tmp_path: Path) -> None:
    """A program that says something and ends at once finds it again, on a slow disk too."""
    slow = """
import os, time
fsync = os.fsync
os.fsync = lambda fd: (time.sleep(0.3), fsync(fd))
"""
    kernel.run(slow)
    kernel.run("from tutor_widget import TutorChat; chat = TutorChat('ws://127.0.0.1:1')")
    kernel.run("chat.say('one'); session = chat.session")
    session = kernel.run("session")
    assert kernel.leave() == 0
    with Child(tmp_path, JPY_SESSION_NAME="one.ipynb") as again:
        again.run("from tests.support.children import until; from tutor_widget import TutorChat")
        again.run("chat = TutorChat('ws://127.0.0.1:1'); until(lambda: chat.queue)")
        assert again.run("[m['text'] for m in chat.queue]") == ["one"]
        assert again.run("chat.session") == session


def test_a_kernel_killed_right_after_new_loses_nothing(kernel: Child, tmp_path: Path) -> None:
    """The next one begins with the new conversation, and knows of the old one."""
    kernel.run("from tests.support.children import until; from tutor_widget import TutorChat")
    kernel.run("chat = TutorChat('ws://127.0.0.1:1')")
    kernel.run("chat.say('in the old one')")
    kernel.run("until(lambda: [m['status'] for m in chat.queue] == ['queued'])")
    old, new = kernel.run("(before := chat.session, chat.new(), chat.session)[::2]")
    kernel.kill()
    with Child(tmp_path, JPY_SESSION_NAME="one.ipynb") as again:
        again.run("from tutor_widget import TutorChat")
        again.run("from tutor_widget.client.storage.disk import call_on_disk")
        again.run("chat = TutorChat('ws://127.0.0.1:1')")
        assert again.run("chat.session") == new
        assert again.run("call_on_disk(chat._chat.subscription.memory.left)") == [old]


def test_a_conversation_that_was_left_is_settled_once_all_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The next kernel need not look into it again."""
    monkeypatch.setenv("JPY_SESSION_NAME", "one.ipynb")
    with Scripted(answer_all) as server, closing(TutorChat(server.url)) as chat:
        chat.disconnect()
        chat.say("still to be sent")
        wait_for(chat, "queue", lambda q: [m["status"] for m in q] == ["queued"])
        old = chat.session
        chat.new()
        assert left(chat) == [old]
        (held,) = (one for key, one in registry._clients.items() if key[:2] == (server.url, old))
        call_on_loop(lambda: held.happened(ev.Nudged(ev.Nudge.BUTTON)))
        until(lambda: left(chat) == [])
        chat.new()  # nothing waits, as a new look shows
        until(lambda: left(chat) == [])


def left(chat: TutorChat) -> list[str]:
    """What the chat's memory holds of sessions that were left, as of now."""
    return call_on_disk(chat._chat.subscription.memory.left)
