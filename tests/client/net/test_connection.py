"""A connection ends once, whatever raises; and frames take effect in their order until it does."""

from __future__ import annotations

import asyncio
import logging
from contextlib import closing
from typing import Any

import pytest

from tests.support.chats import WITHIN, chat_on, wait_for_status
from tests.support.servers.raw_frames import frame
from tests.support.servers.scripted import Peer, Scripted, answer, answer_all, be_idle
from tutor_widget import TutorChat
from tutor_widget.client.loop import call_on_loop
from tutor_widget.client.net.connection import MAX_REDIRECTS, Connection
from tutor_widget.client.net.endpoint import Place
from tutor_widget.session import Ending, Kind
from tutor_widget.session import events as ev
from tutor_widget.wire import ServerFrame, State, encode

pytestmark = pytest.mark.usefixtures("quiet")

SECRET = "what the learner wrote"


class Owner:
    """Notes the events of a connection, and raises at each of the kind that is named."""

    def __init__(self, fails_at: type | None = None) -> None:
        self.endings: list[Ending] = []
        self.frames: list[ServerFrame] = []
        self.begun = asyncio.Event()
        self.over = asyncio.Event()
        self.called: set[type] = set()
        self._fails_at = fails_at

    def __call__(self, event: ev.OfDial) -> None:
        self.called.add(type(event))
        match event:
            case ev.Opened():
                self.begun.set()
            case ev.Received(frame=frame):
                self.frames.append(frame)
            case ev.Dropped(ending=ending):
                self.endings.append(ending)
                self.begun.set()
                self.over.set()
            case _:
                pass
        if type(event) is self._fails_at:
            raise ValueError(SECRET)


async def talk(peer: Peer) -> None:
    """Something is said and the connection stays."""
    await peer.send(State(1, {}))
    await peer.socket.wait_closed()


@pytest.mark.parametrize(
    "kind", [ev.Located, ev.Opened, ev.Heard, ev.Received, ev.Pinged, ev.Dropped]
)
async def test_a_receiver_that_raises_gets_the_ending_once(
    kind: type[ev.OfDial],
    quiet: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """At whatever event; the log says where it was raised, and not with which text."""
    quiet.append("error in this program")
    with Scripted(talk) as server:

        async def locate() -> Place:
            return Place(server.url)

        connection = Connection(1, locate, owner := Owner(kind))
        async with asyncio.timeout(WITHIN):
            await owner.begun.wait()
        connection.ping()
        if kind is ev.Dropped:
            connection._socket.transport.abort()  # type: ignore[union-attr]
        async with asyncio.timeout(WITHIN):
            await owner.over.wait()
            await asyncio.wait([connection._task])
        assert [ending.kind for ending in owner.endings] == [Kind.LOST]
        connection.abort()
    call_on_loop(lambda: None)
    (report,) = [record for record in caplog.records if "this program" in record.getMessage()]
    printed = caplog.handler.format(report)
    assert "in __call__\n    raise ValueError(SECRET)" in printed
    assert SECRET not in printed


async def test_a_source_of_addresses_that_raises_is_an_end_like_any(
    quiet: list[str],
) -> None:
    """It is no error that we know, and still it is reported."""
    quiet.append("error in this program")

    async def locate() -> Place:
        raise ZeroDivisionError

    Connection(1, locate, owner := Owner())
    async with asyncio.timeout(WITHIN):
        await owner.over.wait()
    assert owner.endings == [Ending(Kind.LOST)]


def test_a_chat_that_stumbles_over_a_frame_comes_back(
    monkeypatch: pytest.MonkeyPatch,
    quiet: list[str],
) -> None:
    """It is not deaf forever: the next connection has what was missed."""
    quiet.append("error in this program")
    with Scripted(answer_all) as server, chat_on(server.url) as chat:
        wait_for_status(chat, "connected")
        session: Any = chat._client.session
        step = session.step
        stumbled: list[object] = []

        def stumble(event: Any, *rest: Any) -> Any:
            if type(event).__name__ == "Received" and not stumbled:
                stumbled.append(event)
                raise KeyError(SECRET)
            return step(event, *rest)

        monkeypatch.setattr(session, "step", stumble)
        assert chat.ask_blocking("hello", WITHIN).text == "hello"
        assert stumbled
        assert len(server.handshakes) == 2


def test_nothing_is_told_after_a_polite_close() -> None:
    """This holds though bytes still arrive: the caller has closed it."""
    with Scripted(be_idle) as server:

        async def run() -> set[type]:
            async def locate() -> Place:
                return Place(server.url)

            connection = Connection(1, locate, owner := Owner())
            async with asyncio.timeout(WITHIN):
                await owner.begun.wait()
            owner.called.clear()
            connection.close(1000, "enough")
            await connection.closed()
            return owner.called

        assert asyncio.run(run()) == set()


# --- frames in error, behind frames that are not --------------------------------------------------


def ours(opcode: int, payload: bytes = b"", **options: Any) -> bytes:
    """A frame of a server, which is not masked."""
    return frame(opcode, payload, **{"masked": False, **options})


TWO = [State(1, {}), State(2, {})]
BROKEN: dict[str, tuple[bytes, int, Ending]] = {
    "binary": (ours(2, b"{}"), 1003, Ending(Kind.BROKEN, 1003)),
    "binary in pieces": (
        ours(2, b"{", fin=False) + ours(0, b"}"),
        1003,
        Ending(Kind.BROKEN, 1003),
    ),
    "no UTF-8": (ours(1, b"\xff"), 1007, Ending(Kind.BROKEN, 1007)),
    "no JSON": (ours(1, b"{"), 1002, Ending(Kind.BROKEN, 1002)),
    "reserved bit": (ours(1, b"{}", reserved=4), 1002, Ending(Kind.BROKEN, 1002)),
    "reserved opcode": (ours(3, b"{}"), 1002, Ending(Kind.BROKEN, 1002)),
    "masked": (ours(1, b"{}", masked=True), 1002, Ending(Kind.BROKEN, 1002)),
    "nothing to continue": (ours(0, b"{}"), 1002, Ending(Kind.BROKEN, 1002)),
    "text within text": (
        ours(1, b"{", fin=False) + ours(1, b"{}"),
        1002,
        Ending(Kind.BROKEN, 1002),
    ),
    "ping of 126 bytes": (ours(9, bytes(126)), 1002, Ending(Kind.BROKEN, 1002)),
    # For the session a frame over the limit is a broken protocol like any other.
    "over 8 MiB": (ours(1, size=(8 << 20) + 1), 1009, Ending(Kind.BROKEN, 1002)),
    "close": (ours(8, b"\x03\xf4"), 1012, Ending(Kind.CLOSED, 1012)),
    "close of an impossible code": (ours(8, b"\x00\x01"), 1002, Ending(Kind.BROKEN, 1002)),
}


@pytest.mark.parametrize("kind", BROKEN)
async def test_a_frame_in_error_undoes_none_before_it(kind: str, quiet: list[str]) -> None:
    """Though all come in one segment: each takes effect, then the connection ends for the fault."""
    data, code, ending = BROKEN[kind]
    closed: list[int | None] = []

    async def serve(peer: Peer) -> None:
        texts = b"".join(ours(1, encode(state).encode()) for state in TWO)
        peer.socket.transport.write(texts + data + ours(1, encode(State(3, {})).encode()))
        await peer.socket.wait_closed()
        closed.append(received.code if (received := peer.socket.protocol.close_rcvd) else None)

    with Scripted(serve) as server:

        async def locate() -> Place:
            return Place(server.url)

        Connection(1, locate, owner := Owner())
        async with asyncio.timeout(WITHIN):
            await owner.over.wait()
            while not closed:  # noqa: ASYNC110 - it happens on another thread
                await asyncio.sleep(0.01)
    assert owner.frames == TWO
    assert [(one.kind, one.code) for one in owner.endings] == [(ending.kind, ending.code)]
    assert closed == [code]


@pytest.mark.parametrize("kind", [kind for kind in BROKEN if kind != "close"])
def test_a_client_that_was_welcomed_comes_back_after_a_frame_in_error(kind: str) -> None:
    """In 45 to 60 s, though welcome and fault came in one segment; before a welcome it fails."""
    welcomes = True

    async def serve(peer: Peer) -> None:
        write, kept = peer.socket.transport.write, bytearray()
        peer.socket.transport.write = kept.extend  # type: ignore[method-assign,assignment]
        if welcomes:
            await peer.welcome()
        write(bytes(kept) + BROKEN[kind][0])
        await peer.socket.wait_closed()

    with Scripted(serve) as server:
        with chat_on(server.url) as chat:
            wait_for_status(chat, "reconnecting")
            found = chat.connection
            assert 44_000 < found["retry_at"] - found["now"] <= 60_000
            assert found["advice"]
        welcomes = False
        with chat_on(server.url) as chat:
            wait_for_status(chat, "failed")


class Kept(logging.Handler):
    """Keeps what reaches a program's own handlers; pytest's also hear what goes to nobody."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def test_a_token_stands_in_no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where everything is logged: neither the library's words nor ours hold it."""
    root, kept = logging.getLogger(), Kept()
    monkeypatch.setattr(root, "level", logging.DEBUG)
    monkeypatch.setattr(root, "handlers", [kept])
    for name in list(root.manager.loggerDict):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.NOTSET)
    root.manager._clear_cache()  # type: ignore[attr-defined]
    with (
        Scripted(be_idle) as server,
        closing(TutorChat(server.url, session="s", token="hunter2")) as chat,
    ):
        wait_for_status(chat, "connected")
    said = [record for record in kept.records if "hunter2" in record.getMessage()]
    # The scripted server, which logs as the library does, shows what would be there.
    assert {record.name for record in said} == {"websockets.server"}


@pytest.mark.parametrize(("length", "status"), [(4, "connected"), (6, "failed")])
def test_redirects_are_followed_a_few_times(length: int, status: str) -> None:
    """A chain of five leads to the tutor, a longer one is a loop."""
    turns = iter(range(length))

    def refuse(connection: Any, request: Any) -> Any:
        if (turn := next(turns, None)) is None:
            return None
        return answer(302, Location=f"{turn}/")(connection, request)

    with (
        Scripted(be_idle, refuse=refuse) as server,
        closing(TutorChat(server.url, session="s")) as chat,
    ):
        wait_for_status(chat, status)
        assert len(server.handshakes) == min(length, MAX_REDIRECTS) + 1
