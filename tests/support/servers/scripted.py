"""A WebSocket server that does what a test tells it, for servers that no tutor would be.

See `Threaded` for where it runs.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Literal

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.support.threaded import Threaded
from tutor_widget.wire import (
    SUBPROTOCOL,
    Answering,
    ClientFrame,
    Delta,
    Event,
    Hello,
    Limits,
    Send,
    ServerFrame,
    State,
    Welcome,
    decode_client,
    encode,
)

Serve = Callable[["Peer"], Awaitable[None]]
Refuse = Callable[[ServerConnection, Request], Response | None]


class Peer:
    """One connection, seen from the server."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket

    async def receive(self) -> ClientFrame:
        """The next frame of the client that is known."""
        while True:
            frame = decode_client(await self.socket.recv())
            if frame is not None:
                return frame

    async def hello(self) -> Hello:
        """The client's hello."""
        frame = await self.receive()
        assert isinstance(frame, Hello)
        return frame

    async def send(self, frame: ServerFrame) -> None:
        """Send a frame."""
        await self.socket.send(encode(frame))

    async def welcome(self, **changes: Any) -> Hello:
        """Take the hello, welcome to an empty log unless told otherwise."""
        hello = await self.hello()
        said: dict[str, Any] = {
            "session": hello.session,
            "epoch": "e",
            "seq": 0,
            "reset": hello.epoch is None,
            "first": 1,
            "state": {},
            "rev": 0,
            "answering": None,
            "limits": Limits(text=32768, unacked=64),
            "spread": 0.0,
            "server": "scripted/1",
        }
        await self.send(Welcome(**(said | changes)))
        return hello

    async def take(self, seq: int) -> Send:
        """Take a message and commit it under a number."""
        frame = await self.receive()
        assert isinstance(frame, Send)
        await self.send(
            Event(
                seq=seq,
                id=frame.id,
                role="learner",
                text=frame.text,
                at=0,
                status="complete",
            )
        )
        return frame


class Scripted(Threaded):
    """A server; ``behaviour`` is run for each connection, ``refuse`` may answer a handshake.

    ``port``: one of `free_port` if another server is to listen there later.
    """

    def __init__(
        self,
        behaviour: Serve,
        refuse: Refuse | None = None,
        subprotocol: str | None = SUBPROTOCOL,
        tls: ssl.SSLContext | None = None,
        port: int = 0,
    ) -> None:
        super().__init__()
        self._behaviour = behaviour
        self._refuse = refuse
        self._subprotocol = subprotocol
        self._tls = tls
        self._port = port
        self._server: Server
        self.handshakes: list[Request] = []
        self._connections: list[ServerConnection] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = next(iter(self._server.sockets)).getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """How it is reached."""
        return f"{'wss://localhost' if self._tls else 'ws://127.0.0.1'}:{self.port}/"

    def cut(self) -> None:
        """Reset every connection."""
        self.loop.call_soon_threadsafe(self._cut)

    def _cut(self) -> None:
        for connection in self._connections:
            if hasattr(connection, "transport"):
                connection.transport.abort()

    async def start(self) -> None:
        self._server = await serve(
            self._handle,
            "127.0.0.1",
            self._port,
            process_request=self._process,
            select_subprotocol=lambda _connection, _offered: self._subprotocol,  # type: ignore[arg-type,return-value]
            create_connection=self._connection,  # type: ignore[arg-type]
            ssl=self._tls,
            compression=None,
            ping_interval=None,
        )

    async def end(self) -> None:
        self._server.close(close_connections=False)
        tasks: set[asyncio.Task[Any]] | None = None
        # Not only those that the server lists: one may be coming in, one may be through already.
        while tasks != set():
            self._cut()
            await asyncio.sleep(0)
            if tasks := asyncio.all_tasks() - {asyncio.current_task()}:
                await asyncio.wait(tasks, timeout=0.05)

    def _connection(self, *arguments: Any, **keywords: Any) -> ServerConnection:
        self._connections.append(ServerConnection(*arguments, **keywords))
        return self._connections[-1]

    async def _process(self, connection: ServerConnection, request: Request) -> Response | None:
        self.handshakes.append(request)
        return None if self._refuse is None else self._refuse(connection, request)

    async def _handle(self, socket: ServerConnection) -> None:
        try:
            await self._behaviour(Peer(socket))
        except (ConnectionClosed, ConnectionError):
            return


def once(refuse: Refuse) -> Refuse:
    """Only the first handshake is refused."""
    refused = False

    def refuse_first(connection: ServerConnection, request: Request) -> Response | None:
        nonlocal refused
        if refused:
            return None
        refused = True
        return refuse(connection, request)

    return refuse_first


def answer(status: int, **headers: str) -> Callable[[ServerConnection, Request], Response]:
    """Refuse every handshake with an HTTP status; header names with ``_`` for ``-``."""

    def refuse(connection: ServerConnection, _request: Request) -> Response:
        response = connection.respond(HTTPStatus(status), "refused\n")
        for key, value in headers.items():
            name = key.replace("_", "-")
            if name in response.headers:
                del response.headers[name]
            response.headers[name] = value
        return response

    return refuse


async def be_idle(peer: Peer) -> None:
    """Welcome the client and take nothing from it."""
    await peer.welcome()
    await peer.socket.wait_closed()


async def fail_first(peer: Peer) -> None:
    """A tutor that fails at the first message and answers what comes then with its context."""
    await peer.welcome()
    statuses: dict[int, Literal["failed", "complete"]] = {1: "failed", 3: "complete"}
    for seq, status in statuses.items():
        said = await peer.take(seq)
        text = json.dumps(said.context)
        await peer.send(Event(seq + 1, f"_t{seq}", "tutor", text, 0, status, said.id))
    await peer.socket.wait_closed()


async def answer_all(peer: Peer) -> None:
    """A tutor that answers each message with its text, and never forgets to count."""
    await peer.welcome()
    seq = 1
    while True:
        said = await peer.take(seq)
        await peer.send(Answering(re=said.id))
        for start in range(0, len(said.text), 4):
            piece = said.text[start : start + 4]
            await peer.send(Delta(id=f"_t{seq}", re=said.id, from_=start, text=piece))
        await peer.send(
            Event(
                seq=seq + 1,
                id=f"_t{seq}",
                role="tutor",
                text=said.text,
                at=0,
                status="complete",
                re=said.id,
            )
        )
        await peer.send(State(rev=seq, state={"step": seq}))
        seq += 2


def close_with(code: int, *, welcome: bool = True) -> Callable[[Peer], Any]:
    """A server that closes as soon as it was greeted, or has welcomed."""

    async def serve(peer: Peer) -> None:
        await (peer.welcome() if welcome else peer.hello())
        await peer.socket.close(code)

    return serve
