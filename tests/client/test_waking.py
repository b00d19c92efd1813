"""A machine that slept, and a process that stood still: heard first, asked then, judged last."""

from __future__ import annotations

import asyncio
import threading
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.chats import (
    WITHIN,
    chat_on,
    is_waiting_for_a_stranger,
    wait_for_status,
)
from tests.support.children import PATIENCE, Child, until
from tests.support.driver import Driver, event
from tests.support.servers.processes import Tutor
from tests.support.servers.scripted import Peer, Scripted, be_idle, close_with
from tests.support.servers.tcp import Tcp
from tutor_widget.client import clocks
from tutor_widget.client.loop import call_on_loop
from tutor_widget.session import Phase, keepalive
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev
from tutor_widget.wire import Event, Send, State

WAKE = ev.Nudged(ev.Nudge.WAKE)

# --- the session --------------------------------------------------------------------------------


def test_a_ping_of_before_counts_no_more() -> None:
    """Its pong may have been lost in the sleep: the link is asked anew, and has time to answer."""
    driver = Driver()
    driver.live()
    assert driver.tick(after=10) == [do.Ping()]
    assert driver.happens(WAKE, after=3600) == [do.Ping()]
    assert driver.due == 5
    assert driver.tick(after=4.9) == []
    driver.heard()
    assert driver.session.phase is Phase.LIVE


def test_a_dead_link_is_noticed_after_waking() -> None:
    """Five seconds after the question, like any other."""
    driver = Driver()
    driver.live()
    driver.happens(WAKE, after=3600)
    assert do.Abort() in driver.tick(after=5)


def test_a_message_of_before_has_time_to_be_acknowledged() -> None:
    """Half a minute passed, but not for us: what comes a moment later is in time."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    assert do.Ping() in driver.happens(WAKE, after=60)
    assert do.Abort() not in driver.tick()
    driver.receive(event(1, "m1"), after=3.9)
    assert driver.status_of == {}
    assert driver.session.dial == 1


def test_a_message_that_stays_unacknowledged_condemns_the_link_even_so() -> None:
    """A dead server behind a proxy that lives, found a little later."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.happens(WAKE, after=60)
    driver.heard(after=3.9)
    assert do.Abort() in driver.tick(after=0.2)


def test_a_clock_that_runs_wild_spares_no_dead_link() -> None:
    """However often it jumps: until something is heard, one question is enough."""
    driver = Driver()
    driver.live()
    driver.happens(WAKE)
    for _ in range(2):
        assert driver.happens(WAKE, after=2) == []
    assert do.Abort() in driver.tick(after=1)


# --- the clocks ---------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The client's clock on the wall is ahead by ``clock.ahead`` s."""
    clock = SimpleNamespace(ahead=0.0, monotonic=time.monotonic, time_ns=time.time_ns)
    clock.time = lambda: time.time() + clock.ahead
    monkeypatch.setattr(clocks, "time", clock)
    return clock


@pytest.mark.parametrize("ahead", [3600.0, 2.5, -3600.0])
def test_after_a_sleep_the_wait_is_over(clock: SimpleNamespace, ahead: float) -> None:
    """A laptop is opened, perhaps in another network: nobody waits for the rest of a minute."""
    with Scripted(close_with(1003)) as server, chat_on(server.url) as chat:
        is_waiting_for_a_stranger(chat)
        clock.ahead = ahead
        until(lambda: len(server.handshakes) == 2)


def test_after_a_sleep_the_link_is_asked(
    clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once: a link whose server forgot it meanwhile would look healthy until the next word."""
    monkeypatch.setattr(keepalive, "IDLE", keepalive.Spans(1e6, 5.0))  # it asks for nothing else
    pinged = threading.Event()
    with Scripted(be_idle) as server, chat_on(server.url) as chat:
        wait_for_status(chat, "connected")
        connection = chat._client._connection
        assert connection is not None
        monkeypatch.setattr(connection, "ping", pinged.set)
        clock.ahead = 3600.0
        assert pinged.wait(WITHIN)


def test_a_small_correction_of_the_clock_is_no_sleep(clock: SimpleNamespace) -> None:
    """Time servers do that all day."""
    with Scripted(close_with(1003)) as server, chat_on(server.url) as chat:
        is_waiting_for_a_stranger(chat)
        for _ in range(5):
            clock.ahead += 1.0
            call_on_loop(chat._client._alarm.look)
        assert not chat._client._alarm.is_catching_up
        assert len(server.handshakes) == 1


# --- a loop that stands still -------------------------------------------------------------------

STALL = """
import ctypes, socket
def stall(seconds, port):
    socket.create_connection(("127.0.0.1", port)).close()
    ctypes.PyDLL(None).sleep(seconds)  # holds the GIL: no thread of this process runs
"""


@pytest.mark.timeout(180)
def test_an_acknowledgement_that_came_during_a_stall_is_taken(tmp_path: Path) -> None:
    """Much came before it, and the time for it is over: still it is read before anyone is judged,
    on the same connection."""
    arrived, stalls = threading.Event(), threading.Event()

    async def serve(peer: Peer) -> None:
        await peer.welcome()
        said = await peer.receive()
        assert isinstance(said, Send)
        arrived.set()
        await asyncio.to_thread(stalls.wait, PATIENCE)
        for rev in range(1, 4):
            await peer.send(State(rev, {"much": "x" * 400_000}))
        await peer.send(Event(1, said.id, "learner", said.text, 0, "complete"))
        await peer.socket.wait_closed()

    async def note(reader: StreamReader, writer: StreamWriter) -> None:
        stalls.set()

    with Scripted(serve) as server, Tcp(note) as told, Child(tmp_path) as kernel:
        kernel.run(STALL)
        kernel.run("from tests.support.children import until; from tutor_widget import TutorChat")
        kernel.run("from tutor_widget.session import keepalive; keepalive.UNACKNOWLEDGED = 3.0")
        kernel.run(f"chat = TutorChat({server.url!r}, session='s')")
        kernel.run("until(lambda: chat.status == 'connected')")
        kernel.run("chat.say('hello')")
        assert arrived.wait(PATIENCE)
        kernel.run(f"stall(8, {told.port})")
        kernel.run("until(lambda: [item['text'] for item in chat.history] == ['hello'])")
        assert kernel.run("chat.queue") == []
        assert kernel.run("(chat.status, chat._client.session.dial)") == ["connected", 1]
        assert len(server.handshakes) == 1


STALL_AT_THE_WORST_MOMENT = """
stalled = []
def stall_before_it_is_written(changes):
    sent = [m for m in chat._client.session.outgoing.messages.values() if m.status == "sent"]
    if sent and not stalled:
        stalled.append(ctypes.PyDLL(None).sleep(6))
call_on_loop(lambda: chat._client.listen(stall_before_it_is_written))
"""


@pytest.mark.timeout(180)
def test_a_message_that_a_stall_kept_from_being_written_has_its_time(tmp_path: Path) -> None:
    """It counts as transmitted, and left only after the time for its acknowledgement was over."""

    async def serve(peer: Peer) -> None:
        await peer.welcome()
        await peer.take(1)
        await peer.socket.wait_closed()

    with Scripted(serve) as server, Child(tmp_path) as kernel:
        kernel.run(
            "import ctypes; from tutor_widget import TutorChat\n"
            "from tutor_widget.client.loop import call_on_loop"
        )
        kernel.run("from tests.support.children import until")
        kernel.run("from tutor_widget.session import keepalive; keepalive.UNACKNOWLEDGED = 3.0")
        kernel.run(f"chat = TutorChat({server.url!r}, session='s')")
        kernel.run("until(lambda: chat.status == 'connected')")
        kernel.run(STALL_AT_THE_WORST_MOMENT)
        kernel.run("chat.say('hello')")
        kernel.run("until(lambda: [item['text'] for item in chat.history] == ['hello'])")
        assert kernel.run("(chat.status, chat.queue, len(stalled))") == ["connected", [], 1]
        assert len(server.handshakes) == 1


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_kernel_that_computes_for_a_minute_goes_on(
    tmp_path: Path, start_tutor: Callable[..., Tutor]
) -> None:
    """The GIL held for 60 s in the middle of a reply, messages waiting: afterwards the chat goes on
    by itself, with nothing lost, doubled or out of order."""
    tutor = start_tutor("--tutor=echo", "--pace=20")

    async def note(reader: StreamReader, writer: StreamWriter) -> None:
        return

    texts = ["and so on, " * 20, "two", "three"]
    with Tcp(note) as told, Child(tmp_path) as kernel:
        kernel.run(STALL)
        kernel.run("from tests.support.children import until; from tutor_widget import TutorChat")
        kernel.run(f"chat = TutorChat({tutor.url!r}, session='s')")
        kernel.run(f"ids = [chat.say(text) for text in {texts!r}]")
        kernel.run("until(lambda: chat.history and chat.history[-1]['status'] == 'streaming')")
        kernel.run(f"stall(60, {told.port})", 100)
        kernel.run("until(lambda: sum(1 for i in chat.history if 'seq' in i and i.get('re')) == 3)")
        assert kernel.run("(chat.status, chat.queue)") == ["connected", []]
    log = tutor.events("s")
    assert [event.text for event in log if event.role == "learner"] == texts
    assert [event.text for event in log if event.re] == texts
