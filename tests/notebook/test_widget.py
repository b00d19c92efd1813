"""`TutorChat` in a process of its own making: real sockets, no kernel, no browser."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.chats import WITHIN, wait_for, wait_for_status
from tests.support.children import until
from tests.support.servers.scripted import Peer, Scripted, answer, answer_all, be_idle
from tutor_widget import Closed, InvalidURL, NotFound, QueueFull, Refused, TutorChat
from tutor_widget.client import limits
from tutor_widget.client.loop import call_on_loop

# --- what is refused at once --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("tutor.example.org", "must begin with ws://"),
        ("ftp://tutor.example.org/", "must begin with ws://"),
        ("ws://", "names no computer"),
        ("ws://learner:secret@tutor.example.org/", "must hold no password"),
        ("ws://tutor.example.org:99999/", "not a URL"),
        (7, "must be a string"),
    ],
)
def test_a_malformed_address_is_an_exception_at_once(url: Any, says: str) -> None:
    """The sentence says what is wrong, and never repeats a password."""
    with pytest.raises(InvalidURL, match=says) as raised:
        TutorChat(url)
    assert "secret" not in str(raised.value)


def test_a_misspelt_keyword_names_the_nearest() -> None:
    """The error names the keyword that was meant."""
    with pytest.raises(TypeError, match="'sesion'; did you mean 'session'"):
        TutorChat("ws://127.0.0.1:1", sesion="algebra-1")


def test_a_session_name_that_cannot_be_one_is_refused() -> None:
    """A session name may have only the characters that the protocol allows."""
    with pytest.raises(Refused, match="1 to 64 letters"):
        TutorChat("ws://127.0.0.1:1", session="a b")


def test_a_token_over_plain_ws_to_another_machine_is_refused() -> None:
    """A token never travels unprotected unless the operator asked for it."""
    with pytest.raises(Refused, match="unprotected") as raised:
        TutorChat("ws://tutor.example.org/", token="hunter2")
    assert "hunter2" not in str(raised.value)


# --- endings, as people read them ---------------------------------------------------------------


def test_nobody_answers(chat_with: Callable[..., TutorChat]) -> None:
    """The chat keeps trying, and says that nothing answers, and what to look at."""
    chat = chat_with("ws://127.0.0.1:1", session="s")
    found = wait_for(chat, "connection", lambda c: bool(c.get("reason")))
    assert found["status"] == "connecting"
    assert found["reason"] == "Nothing answers at the tutor's address."
    assert found["advice"].startswith("If the address in the cell is wrong, correct it")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "Please sign in again."),
        (403, "The tutor does not let this notebook in (HTTP status 403)."),
        (404, "No tutor at this address (HTTP status 404)."),
        (302, "No tutor at this address: it redirects to http://example.org/ (HTTP status 302)."),
    ],
)
def test_a_refusing_server_is_fatal(
    chat_with: Callable[..., TutorChat], status: int, reason: str
) -> None:
    """The badge says what is wrong and what to do, and no more tries are made."""
    with Scripted(be_idle, refuse=answer(status, Location="http://example.org/")) as server:
        found = wait_for_status(chat_with(server.url, session="s"), "failed")
        assert found["reason"] == reason
        assert "Reconnect now" in found["advice"]
        assert len(server.handshakes) == 1


def test_a_server_without_the_subprotocol_is_fatal(chat_with: Callable[..., TutorChat]) -> None:
    """A WebSocket server without the subprotocol is not a tutor: the chat fails."""
    with Scripted(be_idle, subprotocol=None) as server:
        found = wait_for_status(chat_with(server.url, session="s"), "failed")
        assert found["reason"] == "No tutor at this address: another kind of server answers."


def test_reconnect_leaves_failed(chat_with: Callable[..., TutorChat]) -> None:
    """Once the server is repaired, `reconnect` connects."""
    refusals = [answer(404)]

    def refuse(connection: Any, request: Any) -> Any:
        return refusals.pop()(connection, request) if refusals else None

    with Scripted(be_idle, refuse=refuse) as server:
        chat = chat_with(server.url, session="s")
        wait_for_status(chat, "failed")
        chat.reconnect()
        wait_for_status(chat, "connected")


def test_a_refused_token_is_renewed_once(chat_with: Callable[..., TutorChat]) -> None:
    """A function is asked again, and the new token is tried at once."""
    tokens = iter(["old", "new"])

    def refuse(connection: Any, request: Any) -> Any:
        if request.headers["Authorization"] == "Bearer new":
            return None
        return answer(401)(connection, request)

    with Scripted(be_idle, refuse=refuse) as server:
        wait_for_status(chat_with(server.url, session="s", token=lambda: next(tokens)), "connected")
        assert len(server.handshakes) == 2


def test_an_async_token_is_awaited(chat_with: Callable[..., TutorChat]) -> None:
    """The source of the token may be a coroutine function."""

    async def token() -> str:
        await asyncio.sleep(0)
        return "fetched"

    with Scripted(be_idle) as server:
        wait_for_status(chat_with(server.url, session="s", token=token), "connected")
        assert server.handshakes[0].headers["Authorization"] == "Bearer fetched"


# --- talking ------------------------------------------------------------------------------------


def test_ask_brings_the_answer(chat_with: Callable[..., TutorChat]) -> None:
    """A message goes out once and its answer comes back; history and state follow."""
    with Scripted(answer_all) as server:
        chat = chat_with(server.url, session="s")
        event = chat.ask_blocking("two and two?", WITHIN)
        assert (event.role, event.text) == ("tutor", "two and two?")
        history = wait_for(chat, "history", lambda h: len(h) == 2 and h[-1]["status"] == "complete")
        assert [item["role"] for item in history] == ["learner", "tutor"]
        assert wait_for(chat, "session_state", bool) == {"step": 1}
        assert wait_for(chat, "queue", lambda q: not q) == []


def test_ask_is_awaitable_and_times_out_without_losing(
    chat_with: Callable[..., TutorChat],
) -> None:
    """After the time-out the message is still queued."""
    chat = chat_with("ws://127.0.0.1:1", session="s")
    with pytest.raises(TimeoutError, match="stays queued"):
        asyncio.run(chat.ask("anyone?", timeout=0.05))
    queue = wait_for(chat, "queue", lambda q: [m["status"] for m in q] == ["queued"])
    assert queue[0]["text"] == "anyone?"


def test_say_never_waits_for_the_network_and_keeps_order(
    chat_with: Callable[..., TutorChat],
) -> None:
    """Messages typed while nobody answers are queued in order."""
    chat = chat_with("ws://127.0.0.1:1", session="s")
    ids = [chat.say(f"message {number}") for number in range(20)]
    queue = wait_for(chat, "queue", lambda q: [m["status"] for m in q] == ["queued"] * 20)
    assert [message["id"] for message in queue] == ids


def test_say_refuses_what_no_server_takes(chat_with: Callable[..., TutorChat]) -> None:
    """A message that is empty, too long or no text raises an error that says so."""
    chat = chat_with("ws://127.0.0.1:1", session="s")
    with pytest.raises(Refused, match="empty"):
        chat.say(" \n\u2003")
    with pytest.raises(Refused, match="32,768"):
        chat.say("x" * 32769)
    with pytest.raises(Refused, match="16,384"):
        chat.say("x", context={"cell": "y" * 20000})
    with pytest.raises(TypeError, match="a message is a string, not int"):
        chat.say(4)  # type: ignore[arg-type]


def test_the_queue_is_bounded(
    chat_with: Callable[..., TutorChat], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full queue raises QueueFull, and keeps what it holds."""
    monkeypatch.setattr(limits, "MAX_WAITING", 3)
    chat = chat_with("ws://127.0.0.1:1", session="s")
    for number in range(3):
        chat.say(str(number))
    with pytest.raises(QueueFull, match="was not queued"):
        chat.say("3")
    queue = wait_for(chat, "queue", lambda q: len(q) == 3)
    assert [message["text"] for message in queue] == ["0", "1", "2"]


def test_the_queue_is_bounded_by_its_bytes_too(
    chat_with: Callable[..., TutorChat], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that does not fit is refused; a smaller one is still taken."""
    assert limits.MAX_WAITING_BYTES == 8 << 20
    monkeypatch.setattr(limits, "MAX_WAITING_BYTES", 10_000)
    chat = chat_with("ws://127.0.0.1:1", session="s")
    chat.say("é" * 4_000)
    with pytest.raises(QueueFull, match="was not queued"):
        chat.say("é" * 4_000)
    chat.say("small")
    queue = wait_for(chat, "queue", lambda q: len(q) == 2)
    assert [len(message["text"]) for message in queue] == [4_000, 5]


def test_what_is_being_taken_back_makes_room_at_once(
    chat_with: Callable[..., TutorChat], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that is being withdrawn does not count, so an edited one fits in its place."""
    monkeypatch.setattr(limits, "MAX_WAITING", 1)
    chat = chat_with("ws://127.0.0.1:1", session="s")

    def edit() -> None:  # in one turn of the loop: nothing is written in between
        chat.discard(first)
        chat.say("again")

    first = chat.say("once")
    wait_for(chat, "queue", lambda q: [m["status"] for m in q] == ["queued"])
    call_on_loop(edit)
    wait_for(chat, "queue", lambda q: [m["text"] for m in q] == ["again"])


def test_discard_takes_a_queued_message_back(chat_with: Callable[..., TutorChat]) -> None:
    """A message never transmitted is gone at once; an unknown id raises NotFound."""
    chat = chat_with("ws://127.0.0.1:1", session="s")
    first, second = chat.say("one"), chat.say("two")
    chat.discard(first)
    queue = wait_for(chat, "queue", lambda q: len(q) == 1)
    assert queue[0]["id"] == second
    with pytest.raises(NotFound):
        chat.discard(first)


def test_messages_outlive_the_process(chat_with: Callable[..., TutorChat]) -> None:
    """What was queued when the process was killed is sent by the next one on the session."""
    program = """
import os, time
from tutor_widget import TutorChat
chat = TutorChat("ws://127.0.0.1:1", session="s")
chat.say("remember me")
while not (chat.queue and chat.queue[0]["status"] == "queued"):
    time.sleep(0.01)
os._exit(9)
"""
    done = subprocess.run([sys.executable, "-c", program], check=False, timeout=60)
    assert done.returncode == 9
    again = chat_with("ws://127.0.0.1:1", session="s")
    queue = wait_for(again, "queue", lambda q: len(q) == 1)
    assert queue[0]["text"] == "remember me"


def test_events_are_delivered_once_in_order_on_the_callers_loop(
    chat_with: Callable[..., TutorChat],
) -> None:
    """`on_event` is called on the registering thread's loop, until it is undone."""
    with Scripted(answer_all) as server:
        chat = chat_with(server.url, session="s")

        async def run() -> list[tuple[str, bool]]:
            here = threading.get_ident()
            seen: list[tuple[str, bool]] = []
            undo = chat.on_event(
                lambda event: seen.append((event.role, threading.get_ident() == here))
            )
            await chat.ask("one", timeout=WITHIN)
            await chat.ask("two", timeout=WITHIN)
            undo()
            await chat.ask("three", timeout=WITHIN)
            return seen

        assert asyncio.run(run()) == [("learner", True), ("tutor", True)] * 2


def test_stop_disconnect_and_close(chat_with: Callable[..., TutorChat]) -> None:
    """`disconnect` gives the status "closed"; after `close`, `say` raises Closed."""
    with Scripted(answer_all) as server:
        chat = chat_with(server.url, session="s")
        wait_for_status(chat, "connected")
        chat.disconnect()
        wait_for_status(chat, "closed")
        chat.say("later")
        chat.reconnect()
        wait_for(chat, "history", lambda h: len(h) == 2)
        chat.close()
        with pytest.raises(Closed):
            chat.say("too late")


def test_a_hundred_chats_share_one_connection(chat_with: Callable[..., TutorChat]) -> None:
    """A cell run a hundred times leaves one connection and one thread."""
    with Scripted(answer_all) as server:
        threads = threading.active_count()
        chats = [chat_with(server.url, session="s") for _ in range(100)]
        wait_for_status(chats[0], "connected")
        wait_for_status(chats[-1], "connected")
        assert len(server.handshakes) == 1
        assert threading.active_count() <= threads + 2  # the chats' thread, one for the disk
        chats[50].ask_blocking("hello", WITHIN)
        for chat in chats:
            wait_for(chat, "history", lambda h: len(h) == 2)


def test_two_sessions_are_two_conversations(chat_with: Callable[..., TutorChat]) -> None:
    """Another session is another client."""
    with Scripted(answer_all) as server:
        one, other = chat_with(server.url, session="a"), chat_with(server.url, session="b")
        one.ask_blocking("hello", WITHIN)
        wait_for_status(other, "connected")
        assert other.history == []
        assert len(server.handshakes) == 2


def test_a_new_conversation_replaces_this_one(chat_with: Callable[..., TutorChat]) -> None:
    """`new` begins an empty history under a random id."""
    with Scripted(answer_all) as server:
        chat = chat_with(server.url)
        chat.ask_blocking("hello", WITHIN)
        wait_for(chat, "history", lambda h: len(h) == 2)
        before = chat.session
        chat.new()
        assert wait_for(chat, "history", lambda h: not h) == []
        assert chat.session != before
        assert len(chat.session) == 32


def test_a_notebook_remembers_its_session(
    chat_with: Callable[..., TutorChat], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same notebook gets its session again; another notebook gets another."""
    with Scripted(answer_all) as server:
        monkeypatch.setenv("JPY_SESSION_NAME", "lessons/one.ipynb")
        first = chat_with(server.url).session
        assert chat_with(server.url).session == first
        monkeypatch.setenv("JPY_SESSION_NAME", "lessons/two.ipynb")
        assert chat_with(server.url).session != first


def test_what_waited_in_a_conversation_that_was_left_outlives_the_kernel(
    chat_with: Callable[..., TutorChat], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`new` in an outage, then the kernel is killed: the notebook's next kernel sends it."""
    monkeypatch.setenv("JPY_SESSION_NAME", "one.ipynb")
    program = """
import os, sys, time
from tutor_widget import TutorChat
chat = TutorChat(sys.argv[1])
chat.say("do not lose me")
while [m["status"] for m in chat.queue] != ["queued"]:
    time.sleep(0.01)
chat.new()
os.kill(os.getpid(), 9)
"""
    taken: list[tuple[str, str]] = []
    arrived = threading.Event()
    refusing = True

    async def take(peer: Peer) -> None:
        hello = await peer.welcome()
        taken.append((hello.session, (await peer.take(1)).text))
        arrived.set()
        await peer.socket.wait_closed()

    def refuse(connection: Any, request: Any) -> Any:
        return answer(503)(connection, request) if refusing else None

    with Scripted(take, refuse=refuse) as server:
        done = subprocess.run([sys.executable, "-c", program, server.url], check=False)
        assert done.returncode == -9
        refusing = False
        chat = chat_with(server.url)
        assert arrived.wait(WITHIN)
        ((session, text),) = taken
        assert text == "do not lose me"
        assert session != chat.session
        until(lambda: chat._chat.subscription.memory.left() == [])
