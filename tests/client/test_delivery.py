"""Messages on connections that end at the worst moment, over real sockets."""

from __future__ import annotations

import asyncio
import struct
import threading
import time
from asyncio import StreamReader, StreamWriter
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress

import pytest
from websockets.exceptions import ConnectionClosed

from tests.support.chats import WITHIN, chat_on, wait_for, wait_for_status
from tests.support.servers.processes import Tutor
from tests.support.servers.scripted import Peer, Scripted
from tests.support.servers.tcp import Tcp, relay
from tutor_widget import NotFound, TutorChat
from tutor_widget.wire import ClientFrame, Event, Refused, Send, Withdraw


class Book:
    """A log that outlives its connections, and what each of them brought."""

    def __init__(self, take: Callable[[Book, Peer, ClientFrame], object]) -> None:
        self.events: list[Event] = []
        self.brought: list[list[ClientFrame]] = []
        self._take = take

    async def serve(self, peer: Peer) -> None:
        brought: list[ClientFrame] = []
        self.brought.append(brought)
        seq = len(self.events)
        hello = await peer.welcome(seq=seq, first=1, reset=True)
        assert hello.dial == len(self.brought)
        for event in self.events:
            await peer.send(event)
        while True:
            frame = await peer.receive()
            brought.append(frame)
            await self._take(self, peer, frame)  # type: ignore[misc]

    async def commit(self, peer: Peer, frame: Send) -> None:
        """Unless it is there already."""
        known = [event for event in self.events if event.id == frame.id]
        if not known:
            seq = len(self.events) + 1
            known = [Event(seq, frame.id, "learner", frame.text, 0, "complete")]
            self.events += known
        await peer.send(known[0])

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events]

    def sent(self, connection: int) -> list[str]:
        """The texts that a connection brought, from 0."""
        return [frame.text for frame in self.brought[connection] if isinstance(frame, Send)]


def say_all(chat: TutorChat, *texts: str) -> list[str]:
    """Have them queued before there is a connection, so that they go out together."""
    chat.disconnect()
    ids = [chat.say(text) for text in texts]
    wait_for(chat, "queue", lambda q: [m["status"] for m in q] == ["queued"] * len(texts))
    chat.reconnect()
    return ids


# --- poison -------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [1002, 1009, 1011])
def test_a_poisonous_message_is_set_aside_and_the_others_go_on(code: int) -> None:
    """First all is sent one at a time; the one that ends the connection again has failed."""

    async def take(book: Book, peer: Peer, frame: ClientFrame) -> None:
        assert isinstance(frame, Send)
        if frame.text == "poison":
            await peer.socket.close(code)
            raise ConnectionClosed(None, None)
        await book.commit(peer, frame)

    book = Book(take)
    with Scripted(book.serve) as server, chat_on(server.url) as chat:
        wait_for_status(chat, "connected")
        say_all(chat, "one", "poison", "three", "four")
        queue = wait_for(chat, "queue", lambda q: len(q) == 1 and q[0]["status"] == "failed")
        assert queue[0]["text"] == "poison"
        assert queue[0]["reason"]
        assert book.texts == ["one", "three", "four"]
        assert book.sent(-2) == ["poison"]  # alone, though two more waited
        assert chat.status == "connected"


def test_a_connection_that_breaks_after_each_message_sets_none_aside() -> None:
    """Committed and then cut off, time after time: that was the network."""

    async def take(book: Book, peer: Peer, frame: ClientFrame) -> None:
        assert isinstance(frame, Send)
        if len(book.events) < 8:
            peer.socket.transport.abort()
            seq = len(book.events) + 1
            book.events.append(Event(seq, frame.id, "learner", frame.text, 0, "complete"))
            raise ConnectionClosed(None, None)
        await book.commit(peer, frame)

    book = Book(take)
    texts = [f"{number}" for number in range(10)]
    with Scripted(book.serve) as server, chat_on(server.url) as chat:
        wait_for_status(chat, "connected")
        say_all(chat, *texts)
        wait_for(chat, "queue", lambda q: q == [])
        assert book.texts == texts


# --- withdrawals --------------------------------------------------------------------------------


def test_a_withdrawal_may_come_too_late() -> None:
    """The message was committed first: its event says so, and it stays in the history."""
    held: list[Send] = []

    async def take(book: Book, peer: Peer, frame: ClientFrame) -> None:
        if isinstance(frame, Send):
            held.append(frame)
        elif isinstance(frame, Withdraw):
            await book.commit(peer, held[0])

    with Scripted((book := Book(take)).serve) as server, chat_on(server.url) as chat:
        id = chat.say("hello")
        wait_for(chat, "queue", lambda q: [m["status"] for m in q] == ["sent"])
        chat.discard(id)
        wait_for(chat, "history", lambda h: [item["id"] for item in h] == [id])
        wait_for(chat, "queue", lambda q: q == [])
        assert book.texts == ["hello"]


def test_a_withdrawal_in_time_is_forever() -> None:
    """Over the end of the connection too: the next one brings the withdrawal, not the message."""

    async def take(book: Book, peer: Peer, frame: ClientFrame) -> None:
        if len(book.brought) == 1:
            if isinstance(frame, Withdraw):
                peer.socket.transport.abort()
        elif isinstance(frame, Withdraw):
            await peer.send(Refused(frame.id, "withdrawn", "Taken back."))

    with Scripted((book := Book(take)).serve) as server, chat_on(server.url) as chat:
        id = chat.say("hello")
        wait_for(chat, "queue", lambda q: [m["status"] for m in q] == ["sent"])
        chat.discard(id)
        wait_for(chat, "queue", lambda q: q == [])
        assert chat.history == []
        assert [type(frame) for frame in book.brought[1]] == [Withdraw]


def test_a_withdrawal_races_its_own_commit(start_tutor: Callable[..., Tutor]) -> None:
    """Whichever comes first, learner and log agree: there and answered once, or gone from both."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    with closing(TutorChat(tutor.url, session="s")) as chat:
        wait_for_status(chat, "connected")
        last = ""
        for number in range(60):
            last = chat.say(f"{number}")
            if number % 3:
                wait_for(
                    chat, "queue", lambda q: all(m["status"] not in ("saving", "queued") for m in q)
                )
            with suppress(NotFound):  # it was taken by then
                chat.discard(last)
        chat.ask_blocking("the end", WITHIN)
        wait_for(chat, "queue", lambda q: q == [])
        seen = [(item["id"], item["role"]) for item in chat.history]
    log = tutor.events("s")
    assert seen == [(event.id, event.role) for event in log]
    asked = [event.id for event in log if event.role == "learner"]
    assert Counter(event.re for event in log if event.re) == Counter(asked)


# --- fencing ------------------------------------------------------------------------------------


def test_a_hello_that_a_proxy_delays_takes_nothing_over(start_tutor: Callable[..., Tutor]) -> None:
    """The first connection's hello arrives after the second one's: the server drops that
    connection with 4409, and the chat stays on the other."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    release = threading.Event()
    ends: list[bytes] = []

    async def delay(reader: StreamReader, writer: StreamWriter) -> None:
        if proxy.connections > 1:
            await relay(reader, writer, tutor.port)
            return
        there, back = await asyncio.open_connection("127.0.0.1", tutor.port)
        back.write(await reader.readuntil(b"\r\n\r\n"))
        writer.write(await there.readuntil(b"\r\n\r\n"))
        hello = await reader.read(1 << 16)
        writer.transport.abort()
        await asyncio.to_thread(release.wait, WITHIN)
        back.write(hello)
        ends.append(await there.read())
        back.transport.abort()
        told.set()

    told = threading.Event()
    with Tcp(delay) as proxy, chat_on(f"ws://127.0.0.1:{proxy.port}/") as chat:
        wait_for_status(chat, "connected")
        release.set()
        assert told.wait(WITHIN)
        (said,) = ends
        assert said[:1] == b"\x88"  # nothing but a close frame
        assert said[2:4] == struct.pack("!H", 4409)
        assert chat.ask_blocking("hello", WITHIN).text == "hello"
        assert proxy.connections == 2


# --- a server that will not have us -------------------------------------------------------------


@pytest.mark.slow
def test_a_server_that_accepts_and_closes_is_not_hammered() -> None:
    """At most 25 connections in 30 s, whether it says welcome first or nothing at all."""
    for welcomes in (True, False):

        async def close(peer: Peer, welcomes: bool = welcomes) -> None:
            await (peer.welcome() if welcomes else peer.hello())
            await peer.socket.close(1011)

        with Scripted(close) as server, chat_on(server.url) as chat:
            begun = time.monotonic()
            over = threading.Event()
            assert not over.wait(30)
            assert 5 <= len(server.handshakes) <= 25, time.monotonic() - begun
            assert chat.status in ("connecting", "reconnecting")
