"""What is remembered of sessions, over the lives of several real kernels."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

from tests.support.children import Child
from tests.support.servers.scripted import Peer, Scripted, answer
from tutor_widget.wire import Event, Send

WITHIN = 60.0
TWICE_LEFT = """
from tests.support.children import until
from tutor_widget import TutorChat
chat = TutorChat({url!r})
for text in ("one", "two"):
    chat.say(text)
    until(lambda: [m["status"] for m in chat.queue] == ["queued"])
    chat.new()
    until(lambda: not chat.queue)
"""
SETTLED = "from tutor_widget.client.storage.disk import call_on_disk; call_on_disk(lambda: None)"
OPEN = """
from tutor_widget import TutorChat
chat = TutorChat({url!r})
"""


def test_of_two_conversations_that_were_left_each_is_sent(tmp_path: Path) -> None:
    """The second is not forgotten when the first is through; the kernel after that sends it."""
    refusing, taking = True, {"one"}
    taken = {"one": threading.Event(), "two": threading.Event()}
    through = threading.Event()

    async def take(peer: Peer) -> None:
        await peer.welcome()
        frame = await peer.receive()
        assert isinstance(frame, Send)
        if frame.text in taking:
            await peer.send(Event(1, frame.id, "learner", frame.text, 0, "complete"))
            taken[frame.text].set()
        await peer.socket.wait_closed()
        if frame.text == "one":
            through.set()  # its client has left: nothing waits there any more

    def refuse(connection: object, request: object) -> object:
        return answer(503)(connection, request) if refusing else None  # type: ignore[arg-type]

    notebook = {"JPY_SESSION_NAME": "lessons/one.ipynb"}
    with Scripted(take, refuse=refuse) as server:  # type: ignore[arg-type]
        with Child(tmp_path, **notebook) as kernel:
            kernel.run(TWICE_LEFT.format(url=server.url))
            kernel.kill()
        refusing = False
        with Child(tmp_path, **notebook) as kernel:
            kernel.run(OPEN.format(url=server.url))
            assert taken["one"].wait(WITHIN)
            assert through.wait(WITHIN)
            assert not taken["two"].is_set()
            assert kernel.leave() == 0
        taking.add("two")
        with Child(tmp_path, **notebook) as kernel:
            kernel.run(OPEN.format(url=server.url))
            assert taken["two"].wait(WITHIN)


def test_what_is_remembered_is_the_users_own(tmp_path: Path) -> None:
    """A session's id is a key: nobody else can read the file, and another user has another id."""
    sessions = []
    for name in ("ada", "alan", "ada"):
        environment = {"JPY_SESSION_NAME": "one.ipynb", "JUPYTERHUB_USER": name}
        with Child(tmp_path, **environment) as kernel:
            kernel.run(OPEN.format(url="ws://127.0.0.1:1"))
            sessions.append(kernel.run("chat.session"))
            assert kernel.leave() == 0
    assert sessions[0] == sessions[2] != sessions[1]
    assert len(sessions[0]) >= 22  # characters: nobody guesses 128 bits
    (folder,) = tmp_path.glob("**/sessions")
    files = list(folder.iterdir())
    assert len(files) == 2
    for path in (folder, *files):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_a_spoilt_memory_is_no_obstacle(tmp_path: Path) -> None:
    """Whatever the file holds: the chat begins anew, and remembers that."""
    environment = {"JPY_SESSION_NAME": "one.ipynb"}

    def session() -> str:
        with Child(tmp_path, **environment) as kernel:
            kernel.run(OPEN.format(url="ws://127.0.0.1:1"))
            found: str = kernel.run("chat.session")
            assert kernel.leave() == 0
            return found

    first = session()
    (path,) = tmp_path.glob("**/sessions/*.json")
    seen, begun = {first, "a b"}, first
    for spoilt in ("{", "[]", '{"session": "a b", "at": 1}'):
        path.write_text(spoilt)
        begun = session()
        assert begun not in seen
        seen.add(begun)
    assert session() == begun


def test_messages_of_a_session_that_another_kernel_replaced_are_sent(tmp_path: Path) -> None:
    """One kernel begins a new conversation and is killed with a message in it; another goes on with
    the old one; the next kernel sends the message."""
    refusing, taken = True, threading.Event()

    async def take(peer: Peer) -> None:
        await peer.welcome()
        frame = await peer.receive()
        assert isinstance(frame, Send)
        await peer.send(Event(1, frame.id, "learner", frame.text, 0, "complete"))
        if frame.text == "new":
            taken.set()
        await peer.socket.wait_closed()

    def refuse(connection: object, request: object) -> object:
        return answer(503)(connection, request) if refusing else None  # type: ignore[arg-type]

    notebook = {"JPY_SESSION_NAME": "lessons/one.ipynb"}
    with Scripted(take, refuse=refuse) as server:  # type: ignore[arg-type]
        with Child(tmp_path, **notebook) as other:
            with Child(tmp_path, **notebook) as kernel:
                for child in (other, kernel):
                    child.run(OPEN.format(url=server.url))
                kernel.run("chat.new()")
                kernel.run("from tests.support.children import until")
                kernel.run("chat.say('new')")
                kernel.run("until(lambda: [m['status'] for m in chat.queue] == ['queued'])")
                kernel.kill()
            other.run("chat.say('old')")
            other.run(SETTLED)
            assert other.leave() == 0
        refusing = False
        with Child(tmp_path, **notebook) as kernel:
            kernel.run(OPEN.format(url=server.url))
            assert taken.wait(WITHIN)


def test_a_conversation_without_messages_is_not_left_for_the_next_kernel(tmp_path: Path) -> None:
    """It is settled once the new one is remembered, and nothing brings it back."""
    with Child(tmp_path, JPY_SESSION_NAME="one.ipynb") as kernel:
        kernel.run(OPEN.format(url="ws://127.0.0.1:1"))
        kernel.run("from tests.support.children import until")
        kernel.run("from tutor_widget.client import registry")
        kernel.run("until(lambda: not chat._chat.client._journal.may_find_more)")
        kernel.run("chat.new()")
        kernel.run("until(lambda: len(registry._clients) == 1)")  # after a last look
        assert kernel.leave() == 0
    (folder,) = tmp_path.glob("**/sessions")
    assert [path.suffix for path in folder.iterdir()] == [".json"]
