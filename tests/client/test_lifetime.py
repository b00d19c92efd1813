"""Chats that come and go: closed, forgotten, forked, ended with their process."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.support.chats import NOBODY, WITHIN, journalled, journals, wait_for, wait_for_status
from tests.support.children import run_python
from tests.support.servers.scripted import Peer, Scripted, answer, answer_all, be_idle
from tutor_widget import Closed, TutorChat
from tutor_widget.client.loop import call_on_loop
from tutor_widget.wire import Answering, Delta

pytestmark = pytest.mark.usefixtures("quiet")


def test_what_waited_is_there_when_the_chat_is_made_again_at_once() -> None:
    """Closing and running the cell again finds the message, before any newer one."""
    for _ in range(5):
        with closing(TutorChat(NOBODY, session="s")) as chat:
            chat.say("first")
    with closing(TutorChat(NOBODY, session="s")) as chat:
        chat.say("second")
        queue = wait_for(chat, "queue", lambda q: len(q) == 6)
        assert [item["text"] for item in queue] == ["first"] * 5 + ["second"]


def test_what_was_said_last_is_in_the_journal_when_the_process_ends() -> None:
    """With the chat closed or not, with the server answering or not."""

    over = threading.Event()

    async def never_close(peer: Peer) -> None:
        await peer.welcome()
        peer.socket.transport.pause_reading()
        await asyncio.to_thread(over.wait, 3 * WITHIN)
        peer.socket.transport.resume_reading()

    program = """
import time
from tutor_widget import TutorChat
chat = TutorChat({url!r}, session={session!r})
while chat.status != {status!r}:
    time.sleep(0.01)
for number in range(3):
    chat.say(f"{{number}}")
{close}
"""
    with Scripted(never_close) as server:
        for close in ("", "chat.close()"):
            for url, status in ((server.url, "connected"), (NOBODY, "connecting")):
                session = f"{status}{len(close)}"
                done = run_python(
                    program.format(url=url, status=status, close=close, session=session)
                )
                assert (done.returncode, done.stderr) == (0, "")
                assert sorted(journalled()) == ["0", "1", "2"], (url, close)
                for path in journals():
                    path.unlink()
        over.set()


def test_closing_twice_takes_nobody_elses_connection() -> None:
    """A second `close`, as the garbage collector's, ends nothing that was made since."""
    with Scripted(answer_all) as server:
        first = TutorChat(server.url, session="s")
        first.close()
        with closing(TutorChat(server.url, session="s")) as second:
            wait_for_status(second, "connected")
            dials = len(server.handshakes)
            first.close()
            del first
            gc.collect()
            with closing(TutorChat(server.url, session="s")) as third:
                wait_for_status(third, "connected")
                assert len(server.handshakes) == dials
                assert second.ask_blocking("one", WITHIN).text == "one"


def test_a_closed_chat_is_closed_though_others_share_its_connection() -> None:
    """It says so, and takes nothing more."""
    with closing(TutorChat(NOBODY, session="s")):
        chat = TutorChat(NOBODY, session="s")
        chat.close()
        assert chat.status == "closed"
        assert chat.connection["status"] == "closed"
        with pytest.raises(Closed):
            chat.say("too late")
        with pytest.raises(Closed):
            chat.new()
        chat.close()


def test_a_new_token_is_used_when_the_cell_is_run_again() -> None:
    """A chat that failed tries again for the next one with its credentials: here a function that
    the cell defines anew, and that has a good token by now."""
    tokens = {"now": "bad"}

    def of_this_cell() -> Callable[[], str]:
        return lambda: tokens["now"]

    def refuse(connection: Any, request: Any) -> Any:
        good = request.headers["Authorization"] == "Bearer good"
        return None if good else answer(401)(connection, request)

    with (
        Scripted(be_idle, refuse=refuse) as server,
        closing(TutorChat(server.url, session="s", token=of_this_cell())) as first,
    ):
        wait_for_status(first, "failed")
        tokens["now"] = "good"
        with closing(TutorChat(server.url, session="s", token=of_this_cell())) as second:
            wait_for_status(second, "connected")
            wait_for_status(first, "connected")


def test_a_polite_close_lets_the_last_message_through() -> None:
    """Though the server talks meanwhile, it sees the message, then 1000."""
    got: list[Any] = []
    ended = threading.Event()

    async def talk(peer: Peer) -> None:
        await peer.welcome()
        said = await peer.take(1)
        await peer.send(Answering(re=said.id))

        async def chatter() -> None:
            for number in range(10**6):
                await peer.send(Delta(id="_t", re=said.id, from_=number, text="x"))
                await asyncio.sleep(0)

        chattering = asyncio.create_task(chatter())
        try:
            while True:
                got.append(await peer.receive())
        except ConnectionClosed as over:
            got.append(over.rcvd.code if over.rcvd else None)
        finally:
            chattering.cancel()
            ended.set()

    with Scripted(talk) as server:
        chat = TutorChat(server.url, session="s")
        chat.say("one")
        wait_for(chat, "history", lambda h: h and h[-1]["status"] == "streaming" and h[-1]["text"])
        chat.say("two")
        wait_for(chat, "queue", lambda q: any(m["status"] == "sent" for m in q))
        chat.close()
        assert ended.wait(WITHIN)
        assert [getattr(frame, "text", frame) for frame in got] == ["two", 1000]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_begins_anew(capfd: pytest.CaptureFixture[str]) -> None:
    """Its chats have their own connection, the parent's say that they do not survive."""

    def child(url: str, chat: TutorChat, told: Any) -> None:
        try:
            chat.say("from the child")
        except Closed:
            told.send("closed")
        sent: list[object] = []
        chat._send = lambda *said, **_: sent.append(said)  # type: ignore[method-assign]
        chat._repr_mimebundle_()
        call_on_loop(lambda: told.send(len(sent)))
        chat.close()
        del chat
        gc.collect()
        with closing(TutorChat(url, session="s")) as own:
            told.send(own.ask_blocking("hello", WITHIN).text)

    with Scripted(answer_all) as server, closing(TutorChat(server.url, session="s")) as chat:
        chat.ask_blocking("one", WITHIN)
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("fork").Process(
            target=child, args=(server.url, chat, theirs)
        )
        process.start()
        process.join(WITHIN)
        process.kill()
        assert process.exitcode == 0
        assert [ours.recv() for _ in range(3)] == ["closed", 0, "hello"]
        assert chat.ask_blocking("two", WITHIN).text == "two"
    assert capfd.readouterr().err == ""
