"""A TCP proxy that misbehaves on command: `python proxy.py UPSTREAM_PORT`.

It prints the port that it listens on (loopback), then takes commands on standard input, one a line,
and answers each with a line once it is in force:

    close       end every connection in good order (FIN)
    reset       break every connection (RST)
    swallow     what servers send is lost from now on, though TCP says otherwise
    deaden      every connection there is falls silent forever; new ones are fine
    silence     nothing passes any more, new connections included; no end is signalled
    refuse      new connections are reset at once
    restore     ends swallow, silence and refuse; what silence held up goes on
    accepted    answers how many connections were accepted so far

Silence keeps the order of bytes, as TCP does: what was on its way arrives late, not never.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys

HOST = "127.0.0.1"


class Pair:
    """A client's connection and the one to the server that it is joined to."""

    def __init__(self, proxy: Proxy, client: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = socket.socket()
        self._server.setblocking(False)
        self._dead = False
        self._task = asyncio.create_task(self._run())

    def deaden(self) -> None:
        """Nothing passes any more, and no end is signalled."""
        self._dead = True

    async def end(self, *, reset: bool) -> None:
        """End it on both sides, in good order or not."""
        if not self._dead:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._shut(reset=reset)

    async def _run(self) -> None:
        try:
            await self._passage()
            loop = asyncio.get_running_loop()
            await loop.sock_connect(self._server, (HOST, self._proxy.upstream))
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(self._client, self._server))
                both.create_task(self._pump(self._server, self._client))
        except* OSError:
            self._shut(reset=True)
        else:
            self._shut(reset=False)

    async def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while data := await loop.sock_recv(source, 1 << 16):
            await self._passage()
            if not (self._proxy.swallows and source is self._server):
                await loop.sock_sendall(sink, data)
        await self._passage()
        sink.shutdown(socket.SHUT_WR)

    async def _passage(self) -> None:
        await self._proxy.passes.wait()
        if self._dead:
            await asyncio.Event().wait()

    def _shut(self, *, reset: bool) -> None:
        for end in (self._client, self._server):
            if reset:
                break_off(end)
            end.close()
        self._proxy.pairs.discard(self)


class Proxy:
    """The listener, its pairs, and what is being inflicted on them."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.pairs: set[Pair] = set()
        self.passes = asyncio.Event()
        self.passes.set()
        self.swallows = False
        self._refuses = False
        self._accepted = 0

    async def listen(self, listener: socket.socket) -> None:
        """Accept forever."""
        loop = asyncio.get_running_loop()
        while True:
            client, _ = await loop.sock_accept(listener)
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._accepted += 1
            if self._refuses:
                break_off(client)
                client.close()
            else:
                self.pairs.add(Pair(self, client))

    async def obey(self, command: str) -> str:
        """Put a command in force; the answer."""
        match command:
            case "close" | "reset":
                for pair in list(self.pairs):
                    await pair.end(reset=command == "reset")
            case "swallow":
                self.swallows = True
            case "deaden":
                for pair in self.pairs:
                    pair.deaden()
            case "silence":
                self.passes.clear()
            case "refuse":
                self._refuses = True
            case "restore":
                self.swallows = self._refuses = False
                self.passes.set()
            case "accepted":
                return str(self._accepted)
            case _:
                return f"unknown: {command}"
        return "done"


def break_off(end: socket.socket) -> None:
    """Have closing it send a RST."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def main(upstream: int) -> None:
    """Serve until standard input ends."""
    listener = socket.create_server((HOST, 0))
    listener.setblocking(False)
    proxy = Proxy(upstream)
    listening = asyncio.create_task(proxy.listen(listener))
    print(listener.getsockname()[1], flush=True)
    commands = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    async for line in commands:
        print(await proxy.obey(line.decode().strip()), flush=True)
    listening.cancel()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
