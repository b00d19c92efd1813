"""A scripted OpenAI-compatible endpoint over a real socket: raw HTTP/1.1, so it can misbehave.

    async with misbehaving(status(500)) as url:  # the same for each request
        ...
    async with ScriptedEndpoint(status(429), good("Hi")) as endpoint:  # the last stays
        endpoint.url, endpoint.requests, endpoint.most_at_once
        await endpoint.until(lambda: endpoint.under_way == 0)

With ``async with`` it runs on the test's event loop, with ``with`` in a thread of its own. A
*script* is any coroutine function of an `Exchange`; those that there are lie in `endpoint_scripts`.
A script is cancelled when its client goes away.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from asyncio import StreamReader, StreamReaderProtocol, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Self

from tests.support.threaded import PATIENCE, Threaded

KEY: Final = "sk-the-key-of-the-tests"
"""A key for the client under test. Errors quote whatever key came."""
WORDS: Final = "what-the-endpoint-says-of-itself"
"""In each error's text. Not in any log."""
_SMALL: Final = 1 << 16


@dataclass(frozen=True)
class SeenRequest:
    """A request that came."""

    method: str
    path: str
    headers: dict[str, str]
    """By names in lower case."""
    body: dict[str, Any]

    @property
    def key(self) -> str:
        """The key that came with it."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    @property
    def texts(self) -> list[tuple[str, str]]:
        """Role and content of each message."""
        return [(one["role"], one["content"]) for one in self.body["messages"]]


@dataclass
class Exchange:
    """One request and the response to it, seen from the endpoint."""

    request: SeenRequest
    endpoint: ScriptedEndpoint
    writer: StreamWriter
    began: bool = False
    ended: bool = False

    async def begin(
        self, status: int = 200, content_type: str = "text/event-stream", **headers: str
    ) -> None:
        """Send status and headers; names with ``_`` for ``-``."""
        self.began = True
        lines = {"Content-Type": content_type, "Transfer-Encoding": "chunked"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        await self._send(f"HTTP/1.1 {status} Of Course\r\n{head}\r\n".encode())

    async def write(self, data: bytes) -> None:
        """Send a part of the body."""
        if not self.began:
            await self.begin()
        await self._send(b"%x\r\n%b\r\n" % (len(data), data))
        self.endpoint.sent += len(data)

    async def event(self, data: object) -> None:
        """Send an event: JSON, or text as it is."""
        text = data if isinstance(data, str) else json.dumps(data)
        await self.write(f"data: {text}\n\n".encode("utf-8", "surrogatepass"))

    async def choice(self, finish: object = None, **delta: object) -> None:
        """Send a chunk with one choice."""
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        await self.event({"object": "chat.completion.chunk", "model": "m-1", "choices": [choice]})

    async def say(self, *pieces: str) -> None:
        """Send a chunk of content for each."""
        for piece in pieces:
            await self.choice(content=piece)

    async def usage(self, prompt: int, completion: int) -> None:
        """Send the chunk that counts."""
        counts = {"prompt_tokens": prompt, "completion_tokens": completion}
        await self.event({"choices": [], "usage": counts})

    async def finish(self, reason: object = "stop", *, done: bool = True) -> None:
        """Send a finish_reason, ``[DONE]`` and the end of the body."""
        await self.choice(finish=reason)
        if done:
            await self.event("[DONE]")
        await self.end()

    async def end(self) -> None:
        """End the body as HTTP does."""
        if not self.began:
            await self.begin()
        self.ended = True
        await self._send(b"0\r\n\r\n")

    async def error(self, status: int, **headers: str) -> None:
        """A whole error response, as providers make them: it quotes the key."""
        await self.begin(status, "application/json", **headers)
        message = f"{WORDS}: the key {self.request.key} is no good"
        await self.write(json.dumps({"error": {"message": message, "code": WORDS}}).encode())
        await self.end()

    async def hang(self) -> None:
        """Do nothing until the client goes away."""
        await asyncio.Event().wait()

    def drop(self) -> None:
        """Reset the connection."""
        self.ended = True
        self.writer.transport.abort()

    async def _send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()


Script = Callable[[Exchange], Awaitable[None]]


async def refused(_exchange: Exchange) -> None:
    """As the first script: nothing listens at the address."""
    raise AssertionError("no connection can come")


class ScriptedEndpoint(Threaded):
    """The endpoint. ``gate`` is what the script `held` waits for."""

    def __init__(self, *scripts: Script) -> None:
        super().__init__()
        self.scripts = list(scripts)
        """Those of the requests to come: the first is taken, the last stays."""
        self.requests: list[SeenRequest] = []
        self.under_way = 0
        """Requests whose response has not ended and whose client is there."""
        self.most_at_once = 0
        self.left = 0
        """Responses that a client did not wait for."""
        self.sent = 0
        """Bytes of bodies that clients' machines have taken."""
        self.connections = 0
        """Those that are open now."""
        self.most_connections = 0
        self.gate = asyncio.Event()
        self.errors: list[BaseException] = []
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._socket = socket.socket()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The base URL, for --model-url."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    async def until(self, fact: Callable[[], bool]) -> None:
        """Wait until a fact about this endpoint holds; only on its own loop."""
        async with asyncio.timeout(PATIENCE):
            while not fact():
                self._changed.clear()
                await self._changed.wait()

    async def __aenter__(self) -> Self:
        self.loop.close()
        self.loop = asyncio.get_running_loop()
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.end()
        assert not self.errors, self.errors

    async def start(self) -> None:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SMALL)
        self._socket.bind(("127.0.0.1", 0))
        if self.scripts[0] is not refused:
            self._server = await self.loop.create_server(self._connection, sock=self._socket)

    async def end(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._socket.close()

    def _connection(self) -> StreamReaderProtocol:
        reader = _Reader()
        return StreamReaderProtocol(reader, lambda _reader, writer: self._meet(reader, writer))

    def _meet(self, reader: _Reader, writer: StreamWriter) -> None:
        writer.transport.set_write_buffer_limits(0)
        task = self.loop.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: _Reader, writer: StreamWriter) -> None:
        """One request after the other, as long as the client stays."""
        self.connections += 1
        self.most_connections = max(self.most_connections, self.connections)
        try:
            while not reader.gone.is_set():
                request = await _read_request(reader)
                await self._answer(Exchange(request, self, writer), reader.gone)
        except (OSError, EOFError):
            pass  # the client has gone
        finally:
            writer.transport.abort()
            self.connections -= 1
            self._changed.set()

    async def _answer(self, exchange: Exchange, gone: asyncio.Event) -> None:
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        self.requests.append(exchange.request)
        self._count(1)
        playing = asyncio.ensure_future(script(exchange))
        leaving = self.loop.create_task(gone.wait())
        try:
            await asyncio.wait({playing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.left += not exchange.ended
            self._count(-1)
            playing.cancel()
            leaving.cancel()
            [end, _] = await asyncio.gather(playing, leaving, return_exceptions=True)
        if isinstance(end, Exception) and not isinstance(end, OSError):
            self.errors.append(end)

    def _count(self, change: int) -> None:
        self.under_way += change
        self.most_at_once = max(self.most_at_once, self.under_way)
        self._changed.set()


class _Reader(StreamReader):
    """Knows at once when the client has gone, whether anybody reads or not."""

    def __init__(self) -> None:
        super().__init__()
        self.gone = asyncio.Event()

    def feed_eof(self) -> None:
        super().feed_eof()
        self.gone.set()

    def set_exception(self, exc: Exception) -> None:
        super().set_exception(exc)
        self.gone.set()


async def _read_request(reader: StreamReader) -> SeenRequest:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return SeenRequest(method, path, headers, json.loads(body) if body else {})


@contextlib.asynccontextmanager
async def misbehaving(*scripts: Script) -> AsyncIterator[str]:
    """The base URL of an endpoint that follows the scripts."""
    async with ScriptedEndpoint(*scripts) as endpoint:
        yield endpoint.url
