"""What does the server cost, beside a bare `websockets` server?

    python3 dev.py bench server [--rounds 10] [--messages 1000] [--connections 300]

Both run in processes of their own, ours as `tutor-widget serve --tutor echo --pace 0` with a
database on the disk. One client program drives both in turn, round by round.

    idle      what a connection takes in memory that was welcomed and says nothing
    message   one message with its answer (two commits, four frames), beside one echoed frame: one
              learner alone, and 50 at once
    resume    a connection that is welcomed and gets 20 events, beside the same 21 frames: 50 at
              once

The figures are the processor's time of the server's process (user and system, all threads) and its
resident memory: medians of the rounds. The ratio is that of one round: median, least and largest.
Linux only, since another process's clock is read.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import msgspec
import psutil
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.support.servers.processes import Tutor
from tutor_widget.wire import (
    SUBPROTOCOL,
    Event,
    Hello,
    Send,
    Welcome,
    decode_server,
    encode,
)

BARE: Final = Path(__file__).with_name("_bare.py")
TEXT: Final = "Why does my loop skip the last element of the list?"
CLASS: Final = 50
"""Learners at once."""
MISSED: Final = 20
"""Events that a client which resumes has missed."""


# --- the two servers ----------------------------------------------------------------------------


@dataclass
class Measured:
    """A server process, and what it has used."""

    url: str
    process: psutil.Process

    def seconds(self) -> float:
        """The processor's time it has used: user and system, all threads, in seconds."""
        clock = ctypes.c_int()
        if ctypes.CDLL(None).clock_getcpuclockid(self.process.pid, ctypes.byref(clock)):
            raise OSError("this system tells nothing of another process's clock")
        return time.clock_gettime(clock.value)

    def memory(self) -> int:
        """Its resident memory in bytes."""
        return int(self.process.memory_info().rss)


class Ours(Measured):
    """The project's server, with an echo tutor and a database of its own."""

    def __init__(self, folder: Path) -> None:
        self._tutor = Tutor(folder / f"{secrets.token_hex(4)}.sqlite", "--tutor=echo", "--pace=0")
        self._tutor.start()
        super().__init__(self._tutor.url, psutil.Process(self._tutor.pid))

    def close(self) -> None:
        self._tutor.stop()


class Bare(Measured):
    """A bare server that echoes; ``frames`` are what it sends to a connection that resumes."""

    def __init__(self, frames: Path) -> None:
        command = [sys.executable, str(BARE), str(frames)]
        self._running = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._running.stdout is not None
        port = int(self._running.stdout.readline())
        super().__init__(f"ws://127.0.0.1:{port}/", psutil.Process(self._running.pid))

    def close(self) -> None:
        self._running.kill()
        self._running.communicate()


# --- the client ---------------------------------------------------------------------------------


def dial(url: str) -> connect:
    """A connection with no pings and no compression."""
    return connect(
        url,
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        compression=None,
        ping_interval=None,
        proxy=None,
        max_size=None,
    )


def hello(session: str, held: Held | None = None) -> str:
    """The first frame, as a client of the project sends it."""
    first = Hello(session=session, instance=secrets.token_hex(8), dial=1, client="bench/1")
    if held is not None:
        prefix = {"epoch": held.epoch, "after": held.event.seq, "last": held.event.id}
        first = msgspec.structs.replace(first, **prefix)
    return encode(first)


@dataclass
class Held:
    """The prefix of a session's log that a client holds, and the frames that it missed."""

    session: str
    epoch: str
    event: Event
    missed: list[str] = field(default_factory=list)


async def exchange(connection: ClientConnection, *, answers: bool) -> None:
    """Send one message. Wait for its answer, or for its echo."""
    message = secrets.token_hex(8)
    await connection.send(encode(Send(id=message, text=TEXT)))
    if not answers:
        await connection.recv()
        return
    wanted = f'"re":"{message}"'
    while not (
        (frame := str(await connection.recv())).startswith('{"type":"event"') and wanted in frame
    ):
        pass


async def talk(server: Measured, messages: int, learners: int) -> float:
    """Milliseconds of the server's processor for one message."""
    answers = isinstance(server, Ours)
    async with AsyncExitStack() as stack:
        crowd = [await stack.enter_async_context(dial(server.url)) for _ in range(learners)]
        for connection in crowd:
            await connection.send(hello(secrets.token_hex(16)))
            await connection.recv()
            await exchange(connection, answers=answers)

        async def learner(connection: ClientConnection) -> None:
            for _ in range(messages // learners):
                await exchange(connection, answers=answers)

        before = server.seconds()
        await asyncio.gather(*map(learner, crowd))
        return (server.seconds() - before) / (messages // learners * learners) * 1000


async def filled(server: Ours) -> Held:
    """A session with a log, of which a client has missed the newest `MISSED` events."""
    session = secrets.token_hex(16)
    async with dial(server.url) as connection:
        await connection.send(hello(session))
        welcome = decode_server(await connection.recv())
        assert isinstance(welcome, Welcome)
        for _ in range(MISSED):
            await exchange(connection, answers=True)
    async with dial(server.url) as connection:
        await connection.send(hello(session))
        frames = [str(await connection.recv()) for _ in range(1 + 2 * MISSED)]
    event = decode_server(frames[-1 - MISSED])
    assert isinstance(event, Event)
    return Held(session, welcome.epoch, event, [frames[0], *frames[-MISSED:]])


async def resume(server: Measured, sessions: list[Held], times: int) -> float:
    """Milliseconds of the server's processor for one connection that gets what it missed.

    All learners come back at once, each ``times`` times.
    """
    url = server.url + ("" if isinstance(server, Ours) else "replay")

    async def learner(held: Held) -> None:
        for _ in range(times):
            async with dial(url) as connection:
                await connection.send(hello(held.session, held))
                for _ in held.missed:
                    await connection.recv()

    before = server.seconds()
    await asyncio.gather(*map(learner, sessions))
    return (server.seconds() - before) / (times * len(sessions)) * 1000


async def idle(server: Measured, connections: int) -> float:
    """KiB of the server's memory for one connection that was answered once and says nothing."""
    async with AsyncExitStack() as stack:

        async def learner() -> None:
            connection = await stack.enter_async_context(dial(server.url))
            await connection.send(hello(secrets.token_hex(16)))
            await connection.recv()

        for _ in range(20):  # what the first connections load is no part of the others
            await learner()
        before = server.memory()
        for _ in range(connections):
            await learner()
        return (server.memory() - before) / connections / 1024


# --- the table ----------------------------------------------------------------------------------


@dataclass
class Row:
    """One figure of both servers, round by round."""

    name: str
    unit: str
    measure: Callable[[Measured], Awaitable[float]]
    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)

    async def round(self, ours: Measured, bare: Measured) -> None:
        self.ours.append(await self.measure(ours))
        self.bare.append(await self.measure(bare))

    def __str__(self) -> str:
        ratios = [ours / bare for ours, bare in zip(self.ours, self.bare, strict=True)]
        cells = [
            self.name,
            f"{statistics.median(self.ours):.3g} {self.unit}",
            f"{statistics.median(self.bare):.3g} {self.unit}",
            f"{statistics.median(ratios):.1f} ({min(ratios):.1f}–{max(ratios):.1f})",
        ]
        return f"| {' | '.join(cells)} |"


async def run(folder: Path, rounds: int, messages: int, connections: int) -> list[Row]:
    """All figures. Each round has servers of its own, so that none inherits memory."""
    sessions: list[Held]
    rows = [
        Row("idle connection", "KiB", lambda server: idle(server, connections)),
        Row("message, one learner", "ms", lambda server: talk(server, messages, 1)),
        Row(f"message, {CLASS} learners", "ms", lambda server: talk(server, messages, CLASS)),
        Row(f"resume with {MISSED} events", "ms", lambda server: resume(server, sessions, 5)),
    ]
    for number in range(1, rounds + 1):
        print(f"round {number} of {rounds}", file=sys.stderr)
        with contextlib.closing(Ours(folder)) as ours:
            sessions = await asyncio.gather(*(filled(ours) for _ in range(CLASS)))
            frames = folder / "frames"
            frames.write_text("\n".join(sessions[0].missed))
            with contextlib.closing(Bare(frames)) as bare:
                for row in rows:
                    await row.round(ours, bare)
    return rows


def main() -> int:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--connections", type=int, default=300)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(run(Path(folder), given.rounds, given.messages, given.connections))
    print("| | tutor server | bare | ratio (least–largest) |\n|---|---|---|---|")
    print(*rows, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
