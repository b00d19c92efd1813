"""Hostile servers: the client stays small, does not spin, and shows nothing wrong.

The client is a process of its own, so that its memory can be weighed: at its highest, frames that
are being read included.
"""

from __future__ import annotations

import itertools
import secrets
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.children import Child
from tests.support.servers import raw_frames
from tests.support.servers.scripted import Peer, Scripted
from tutor_widget.wire import Delta, Event, Older, Page, encode

pytestmark = pytest.mark.timeout(300)

MORE: Final = 64.0
"""MiB that the client may take, whatever a server does (design section 4)."""
Behaviour = Callable[[Peer], Awaitable[None]]


def event(seq: int, text: str = "", id: str | None = None, re: str | None = None) -> Event:
    return Event(seq, id or f"e{seq}", "tutor", text, 0, "complete", re)


class Victim:
    """A chat in a process of its own, and a count of the connections that its server saw."""

    def __init__(self, kernel: Child, behaviour: Behaviour) -> None:
        self._kernel = kernel
        self._behaviour = behaviour
        self._met = threading.Condition()
        self.connections = 0

    async def serve(self, peer: Peer) -> None:
        with self._met:
            self.connections += 1
            self._met.notify_all()
        await self._behaviour(peer)

    def meet(self, url: str, times: int) -> None:
        """Open the chat; wait until it has come so many times."""
        self._kernel.run(
            "from tutor_widget import TutorChat; from tests.support.children import peak"
        )
        self._kernel.run(
            "from tests.support.children import until; import tests.support.servers.scripted"
        )
        self._kernel.run("TutorChat('ws://127.0.0.1:1').close()")  # all that it needs is loaded
        before = self._kernel.run("peak()")
        self._kernel.run(f"chat = TutorChat({url!r}, session='s')")
        for count in range(1, times + 1):
            with self._met:
                while not self._met.wait_for(lambda: self.connections >= count, 1):  # noqa: B023
                    self._kernel.run("chat.reconnect()")  # it may wait for most of a minute
        grown = self._kernel.run("peak()") - before
        print(f"\nthe client grew by {grown:.1f} MiB")
        assert grown < MORE
        held = self._kernel.run("[(e['seq'], e['id']) for e in chat.history if 'seq' in e]")
        assert [seq for seq, _ in held] == list(range(held[0][0], held[0][0] + len(held))
                                                if held else [])  # fmt: skip
        assert "Traceback" not in self._kernel.said.read_text()


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Child]:
    with Child(tmp_path) as child:
        yield child


async def tells(peer: Peer, *frames: str, **welcome: Any) -> None:
    await peer.welcome(**welcome)
    for one in frames:
        await peer.socket.send(one)


def nested(size: int) -> str:
    return '{"type":"state","rev":9,"state":{"a":[' + "{}," * (size // 3) + "0]}}"


BIG = (8 << 20) - 200
GIGANTIC: dict[str, str] = {
    "text": encode(event(1, "x" * BIG)),
    "wide text": encode(event(1, "x" * (BIG - 4) + "\U0001f989")),
    "state of small things": nested(BIG - 50),
    "unknown type": '{"type":"new","a":[' + "[]," * (BIG // 3 - 20) + "0]}",
    "ill-typed": '{"type":"state","rev":-1,"state":{"a":[' + "{}," * (BIG // 3 - 20) + "0]}}",
    "surrogates": '{"type":"state","rev":1,"state":{"a":["' + "\\ud800" * (BIG // 6 - 20) + '"]}}',
    "too large": encode(event(1, "x" * (BIG + 400))),
    "page": encode(Page(1, [event(n) for n in range(1, 80_000)], more=True)),
}


@pytest.mark.parametrize("kind", GIGANTIC)
def test_gigantic_frames_do_not_fill_the_memory(kernel: Child, kind: str) -> None:
    """Up to the 8 MiB that a frame may have, again and again, whatever they unfold to."""

    async def serve(peer: Peer) -> None:
        await tells(peer, *[GIGANTIC[kind]] * 20)

    with Scripted((victim := Victim(kernel, serve)).serve) as server:
        victim.meet(server.url, 3)


def test_a_long_history_of_long_messages_is_bounded_by_its_size(kernel: Child) -> None:
    """Of a gigabyte of events the newest few MiB are held; the newest one always."""

    async def serve(peer: Peer) -> None:
        await peer.welcome()
        for seq in range(1, 1001):
            await peer.send(event(seq, f"{seq} " + "x" * (1 << 20)))

    with Scripted((victim := Victim(kernel, serve)).serve) as server:
        victim.meet(server.url, 2)


async def endless_reply(peer: Peer) -> None:
    await peer.welcome(answering="m1")
    for start in itertools.count():
        await peer.send(Delta(id="_t", re="m1", from_=start * 1000, text="x" * 1000))


async def flood_of_deltas(peer: Peer) -> None:
    await peer.welcome()
    for number in range(30_000):
        await peer.send(Delta(id=f"_t{number}", re=f"m{number}", from_=0, text="x" * 100))
    await peer.socket.close()


async def endless_log(peer: Peer) -> None:
    await peer.welcome(seq=1 << 50)
    for seq in range(1, 20_000):
        await peer.send(event(seq, "x" * 4000))
    await peer.socket.close()


async def hole(peer: Peer) -> None:
    await tells(peer, encode(event(1)), encode(event(3)))
    await peer.socket.wait_closed()


async def backwards(peer: Peer) -> None:
    await tells(peer, encode(event(1)), encode(event(2)), encode(event(1, id="other")))
    await peer.socket.wait_closed()


async def twice_under_two_numbers(peer: Peer) -> None:
    await tells(peer, encode(event(1, id="one")), encode(event(2, id="one")))
    await peer.socket.wait_closed()


async def lone_surrogate(peer: Peer) -> None:
    await tells(peer, encode(event(1)).replace('"text":""', '"text":"\\udfff"'))
    await peer.socket.wait_closed()


async def unasked_page(peer: Peer) -> None:
    await tells(peer, *[encode(Page(9, [event(n) for n in range(1, 9)], more=True))] * 500)
    await peer.socket.close()


async def another_epoch(peer: Peer) -> None:
    epoch = secrets.token_hex(4)
    hello = await peer.welcome(epoch=epoch, seq=3, reset=True)
    assert hello.epoch != epoch
    for seq in range(1, 4):
        await peer.send(event(seq, id=f"{epoch}-{seq}"))
    await peer.socket.close()


@pytest.mark.parametrize(
    "serve",
    [
        endless_reply,
        flood_of_deltas,
        endless_log,
        hole,
        backwards,
        twice_under_two_numbers,
        lone_surrogate,
        unasked_page,
        another_epoch,
    ],
)
def test_what_cannot_be_true_is_not_shown_and_ends_the_connection(
    kernel: Child, serve: Behaviour
) -> None:
    """The client ends it and comes back, each time; what it shows is a log without holes."""
    with Scripted((victim := Victim(kernel, serve)).serve) as server:
        victim.meet(server.url, 4)
        # The backoff is not reset: a server that contradicts itself is dialled less and less often.
        backoff = "chat._client.session._retry_policy.failures"
        if serve in (hole, backwards, twice_under_two_numbers):
            assert kernel.run(backoff) >= 2


def test_pings_whose_pongs_are_not_read_end_the_connection(kernel: Child) -> None:
    """Pongs wait up to 16 MiB; then the client cuts the connection, and comes back.

    That is over a hundred thousand pings, which take a client seconds: one attack is enough.
    """
    pings = raw_frames.frame(9, bytes(125), masked=False) * 1000
    sent = 0

    async def serve(peer: Peer) -> None:
        nonlocal sent
        await peer.welcome()
        if victim.connections > 1:
            return
        peer.socket.transport.pause_reading()
        while True:  # until the client resets the connection
            peer.socket.transport.write(pings)
            sent += len(pings)
            await peer.socket.drain()

    with Scripted((victim := Victim(kernel, serve)).serve) as server:
        victim.meet(server.url, 2)
    assert sent > 16 << 20


def test_pages_without_end_end(kernel: Child) -> None:
    """A page holds what was asked for; one without events is the last, whatever it says."""

    async def serve(peer: Peer) -> None:
        await peer.welcome(seq=1_000_000, first=1_000_000)
        await peer.send(event(1_000_000))
        while True:
            asked = await peer.receive()
            if isinstance(asked, Older):
                events = [event(n, "x" * 20_000) for n in range(asked.before - 50, asked.before)]
                await peer.send(Page(asked.before, events[: asked.limit], more=True))

    with Scripted((victim := Victim(kernel, serve)).serve) as server:
        victim.meet(server.url, 1)
        kernel.run("until(lambda: chat.status == 'connected')")
        before = kernel.run("peak()")
        assert kernel.run("chat.older(100_000)", 100) < 20_000
        assert kernel.run("peak()") - before < MORE
