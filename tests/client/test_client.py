"""The client when the program around it misbehaves: real sockets, no kernel, no browser."""

from __future__ import annotations

import asyncio
import io
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.support.chats import (
    NOBODY,
    WITHIN,
    command,
    journalled,
    show,
    wait_for,
    wait_for_status,
)
from tests.support.children import run_python
from tests.support.servers.scripted import Peer, Scripted, answer, answer_all, be_idle, once
from tutor_widget import TutorChat
from tutor_widget.cli.chat import Terminal
from tutor_widget.cli.screen import Screen
from tutor_widget.client import registry, shutdown
from tutor_widget.client.loop import post_to_loop
from tutor_widget.client.net.endpoint import Remote, Renewal
from tutor_widget.client.storage.disk import call_on_disk
from tutor_widget.wire import Event

pytestmark = pytest.mark.usefixtures("quiet")


# --- the program's own faults -------------------------------------------------------------------


def test_an_observer_that_raises_breaks_nothing(quiet: list[str]) -> None:
    """Its fault is reported; traits, messages and answers go on, for its chat and all others."""
    quiet.append("observer")
    with Scripted(answer_all) as server, closing(TutorChat(server.url, session="s")) as chat:
        outbound = show(chat)

        def observer(change: object) -> None:
            raise ValueError("a user's mistake")

        for name in ("history", "queue", "connection"):
            chat.observe(observer, name)
        for text in ("one", "two"):
            assert chat.ask_blocking(text, WITHIN).text == text
        outbound.wait(lambda: sum(len(c.get("events", ())) for c in outbound.customs) >= 3)
        assert len(server.handshakes) == 1


def test_an_observer_that_exits_breaks_nothing(quiet: list[str]) -> None:
    """`sys.exit()` in an observer ends neither the chats' thread nor the chat."""
    quiet.append("observer")
    with Scripted(answer_all) as server, closing(TutorChat(server.url, session="s")) as chat:
        chat.observe(lambda _: sys.exit(), "history")
        assert chat.ask_blocking("one", WITHIN).text == "one"


def test_observers_see_all_traits_of_one_moment() -> None:
    """When `history` is announced, `queue` is as new."""
    with Scripted(answer_all) as server, closing(TutorChat(server.url, session="s")) as chat:
        wait_for_status(chat, "connected")
        both: list[str] = []

        def observer(change: Any) -> None:
            queued = {item["id"] for item in chat.queue}
            both.extend(i["id"] for i in change["new"] if i["id"] in queued)

        chat.observe(observer, "history")
        for number in range(5):
            chat.ask_blocking(str(number), WITHIN)
        assert both == []


def test_an_observer_may_begin_a_new_conversation() -> None:
    """What is then told is the new conversation, and numbers stay in order."""
    with Scripted(answer_all) as server, closing(TutorChat(server.url)) as chat:
        outbound = show(chat)
        begun: list[str] = []

        def observer(change: Any) -> None:
            if change["new"] and change["new"][-1]["status"] == "complete" and not begun:
                begun.append(chat.session)
                chat.new()

        chat.observe(observer, "history")
        chat.say("hello")
        wait_for(chat, "history", lambda h: not h and bool(begun))
        wait_for(chat, "connection", lambda c: c["status"] == "connected" and bool(begun))
        assert chat.session != begun[0]
        assert chat.history == [] == chat.queue
        numbers = [c["n"] for c in outbound.customs if "n" in c]
        assert numbers == sorted(numbers)


def test_a_callback_whose_loop_is_gone_is_dropped() -> None:
    """An `on_event` registered in a loop that has ended stops nobody."""
    with Scripted(answer_all) as server, closing(TutorChat(server.url, session="s")) as chat:

        async def register() -> None:
            chat.on_event(print)

        asyncio.run(register())
        assert chat.ask_blocking("one", WITHIN).text == "one"


def test_a_callback_that_raises_is_reported_and_called_again(quiet: list[str]) -> None:
    """The chat goes on, and so do the other callbacks."""
    quiet.append("callback")
    seen: list[str] = []

    def callback(event: Event) -> None:
        seen.append(event.role)
        raise ValueError("a user's mistake")

    with Scripted(answer_all) as server, closing(TutorChat(server.url, session="s")) as chat:
        chat.on_event(callback)
        chat.on_event(lambda event: seen.append(event.role))
        assert chat.ask_blocking("one", WITHIN).text == "one"
        assert seen == ["learner", "learner", "tutor", "tutor"]


def test_an_undone_callback_is_called_no_more() -> None:
    """Not even for what was on its way."""
    with Scripted(answer_all) as server, closing(TutorChat(server.url, session="s")) as chat:

        async def run() -> list[Event]:
            seen: list[Event] = []
            undo = chat.on_event(seen.append)
            chat.ask_blocking("one", WITHIN)  # the loop is blocked: nothing was delivered yet
            undo()
            await asyncio.sleep(0)
            return seen

        assert asyncio.run(run()) == []


@pytest.mark.parametrize("raised", ["ValueError('secret')", "SystemExit()", "TimeoutError()"])
def test_a_source_of_tokens_that_raises_counts_as_unreachable(raised: str) -> None:
    """The badge says so, soon; what it raised is printed nowhere."""

    def token() -> str:
        exec(f"raise {raised}")
        return ""

    with (
        Scripted(be_idle) as server,
        closing(TutorChat(server.url, session="s", token=token)) as chat,
    ):
        found = wait_for(chat, "connection", lambda c: bool(c.get("reason")))
        assert found["reason"] == "Signing in does not work at the moment."
        assert server.handshakes == []


def test_a_renewal_that_raises_counts_as_unreachable(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, quiet: list[str]
) -> None:
    """The chat signs in again later; the log says where it was raised, and not with which text."""
    quiet.append("error in this program")
    renew = Remote.renew

    async def fail_once(_remote: Remote, refused: str | None) -> Renewal:
        monkeypatch.setattr(Remote, "renew", renew)
        raise ZeroDivisionError(refused)

    monkeypatch.setattr(Remote, "renew", fail_once)
    tokens = iter(("hunter2", "new"))
    with (
        Scripted(be_idle, once(answer(401))) as server,
        closing(TutorChat(server.url, session="s", token=lambda: next(tokens, "new"))) as chat,
    ):
        wait_for(chat, "connection", lambda c: c["code"] == "sign_in_unavailable")
        wait_for_status(chat, "connected")
    (report,) = [record for record in caplog.records if "this program" in record.getMessage()]
    printed = caplog.handler.format(report)
    assert "in fail_once" in printed
    assert "hunter2" not in printed


def test_a_source_of_tokens_that_hangs_does_not_keep_messages_from_the_disk() -> None:
    """However often it is asked: the journal has a thread of its own, and the process can end."""
    program = f"""
import time
from tutor_widget import TutorChat
from tutor_widget.client.net import token_source
token_source.SOURCE_WITHIN = 0.01
chat = TutorChat({NOBODY!r}, session="s", token=lambda: time.sleep(1000))
stop = time.monotonic() + 3
while time.monotonic() < stop:
    chat.reconnect()
    time.sleep(0.01)
    chat._client._connection and None
chat.say("hello")
while not (chat.queue and chat.queue[0]["status"] == "queued"):
    time.sleep(0.01)
    assert time.monotonic() < stop + 10, chat.queue
print("saved", end="")
"""
    done = run_python(program, 30)
    assert (done.stdout, done.stderr) == ("saved", "")


# --- what goes out ------------------------------------------------------------------------------


def test_a_context_that_is_no_json_is_refused() -> None:
    """What could be neither journalled nor sent never enters the queue."""
    with closing(TutorChat(NOBODY, session="s")) as chat:
        for value in (object(), float("nan"), {1: 2}):
            with pytest.raises(TypeError, match="context"):
                chat.say("hello", context={"cell": "x", "other": value})
        chat.say("hello")
        wait_for(chat, "queue", lambda q: [m["status"] for m in q] == ["queued"])


def test_the_session_of_an_earlier_chat_is_the_one_forgotten_when_it_is_erased(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An erased conversation is forgotten by all that share it; a newer one stays remembered."""
    monkeypatch.setenv("JPY_SESSION_NAME", "one.ipynb")
    erase = threading.Event()

    async def erased(peer: Peer) -> None:
        await peer.welcome()
        await asyncio.to_thread(erase.wait, WITHIN)
        await peer.socket.close(4410)

    with Scripted(erased) as server, closing(TutorChat(server.url)) as first:
        session = first.session
        wait_for_status(first, "connected")
        with closing(TutorChat(server.url, session=session)) as second:
            wait_for_status(second, "connected")
            erase.set()
            wait_for_status(second, "failed")
        with closing(TutorChat(server.url)) as third:
            assert third.session != session


def test_an_erased_session_in_which_another_account_waits_is_reached_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The next process does not show it, and sends what waits in it."""
    monkeypatch.setenv("JPY_SESSION_NAME", "one.ipynb")

    async def sign_in_another(peer: Peer) -> None:
        account = accounts.pop()
        await peer.welcome(account=account, reset=True)
        if account == "A":
            await peer.socket.close(4410)
        await peer.socket.wait_closed()

    accounts = ["A", "B"]
    with Scripted(sign_in_another) as server, closing(TutorChat(server.url)) as chat:
        wait_for_status(chat, "connected")
        chat.disconnect()
        chat.say("Bea's")
        wait_for(chat, "queue", lambda q: [m["status"] for m in q] == ["queued"])
        chat.reconnect()
        wait_for_status(chat, "failed")
        assert journalled() == ["Bea's"]
        memory = chat._chat.subscription.memory
        assert call_on_disk(memory.left) == [chat.session]
        assert call_on_disk(memory.recall).session != chat.session


def test_a_state_asked_for_by_another_thread_is_of_one_moment() -> None:
    """`history` and the number of the last change in it belong together."""
    with closing(TutorChat(NOBODY, session="s")) as chat:
        go, begun = threading.Event(), threading.Event()

        def busy() -> None:
            begun.set()
            go.wait(WITHIN)

        post_to_loop(busy)
        assert begun.wait(WITHIN)
        got: list[dict[str, Any]] = []
        asking = threading.Thread(target=lambda: got.append(chat.get_state()))
        asking.start()
        asking.join(0.1)
        waited = not got
        go.set()
        asking.join(WITHIN)
        assert waited
        assert "history" in got[0]


def test_a_command_pending_while_a_new_conversation_begins_is_acknowledged() -> None:
    """What was said in the old conversation stays with it, and the page gets the change."""
    with closing(TutorChat(NOBODY)) as chat:
        outbound = show(chat)
        command(chat, "say", "m1", text="hello")
        command(chat, "new", "c1")
        outbound.wait(lambda: {"m1", "c1"} <= outbound.acks.keys())
        assert chat.queue == []


def test_a_front_end_that_cannot_be_told_breaks_nothing(quiet: list[str]) -> None:
    """A comm that raises, as at the kernel's end, stops neither the link nor the answers."""
    quiet.append("chat")
    with Scripted(answer_all) as server, closing(TutorChat(server.url, session="s")) as chat:
        show(chat)

        def fail(*_: object, **__: object) -> None:
            raise RuntimeError("no socket")

        chat._send = fail  # type: ignore[method-assign]
        assert chat.ask_blocking("one", WITHIN).text == "one"


# --- tokens -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["../user/mallory/", "%2e%2e/user/mallory/", "x/..%5c../user/m/"])
def test_the_environments_token_goes_to_no_path_that_climbs(
    monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """Other paths of a hub's origin are other users' servers."""
    monkeypatch.setenv("JUPYTERHUB_PUBLIC_HUB_URL", "https://hub.example.edu/hub/")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "hunter2")
    hub = "wss://hub.example.edu/services/"
    assert asyncio.run(Remote(f"{hub}tutor/").locate())[1] == "hunter2"
    assert asyncio.run(Remote(hub + path).locate())[1] is None


def test_a_hundred_runs_leave_one_shutdown_hook() -> None:
    """Chats that were closed leave nothing behind."""
    for _ in range(3):
        TutorChat(NOBODY, session="s").close()
    assert shutdown._hooks.count(registry._close_all) == 1


def test_a_terminal_shows_the_end_of_a_long_conversation_once() -> None:
    """Not all of what was said before, and nothing again when the log comes anew."""

    async def long_log(peer: Peer) -> None:
        await peer.welcome(seq=30, reset=True)
        for seq in range(1, 31):
            event = Event(
                seq=seq, id=f"e{seq}", role="notice", text=f"<{seq}>", at=0, status="complete"
            )
            await peer.send(event)
        if len(server.handshakes) == 1:
            await peer.socket.close(1012)
        await peer.socket.wait_closed()

    class Output(io.StringIO):
        def write(self, text: str) -> int:
            written = super().write(text)
            if self.getvalue().count("[Connected]") == 2:
                connected.set()
            return written

    connected = threading.Event()
    with Scripted(long_log) as server:
        screen = Output()
        terminal = Terminal(Remote(server.url), "s", Screen(screen))

        def lines() -> Iterator[str]:
            assert connected.wait(WITHIN), screen.getvalue()
            yield "/quit\n"

        terminal.run(lines())
    shown = re.findall(r"<(\d+)>", screen.getvalue())
    assert shown == [str(seq) for seq in range(21, 31)]
