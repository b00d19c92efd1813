"""What does the server cost, beside a bare `websockets` server?

    python3 dev.py bench server [--rounds 10] [--messages 1000] [--connections 600]

Both run in processes of their own, ours as `tutor-widget serve --tutor echo --pace 0` with a
database on the disk. One client program drives both in turn, round by round.

    idle      what a learner takes in memory who was welcomed, or answered once, and says nothing
    message   one message with its answer (two commits, four frames), beside one echoed frame, and
              beside the same four frames: 50 learners at once; and one learner alone
    resume    a connection that is welcomed and gets 20 events, beside the same 21 frames: 50 at
              once

The figures are the processor's time of the server's process (user and system, all threads) and its
resident memory: medians of the rounds. The ratio is that of one round: median, least and largest.
Linux only, since another process's clock is read.

    python3 dev.py bench server --engine postgres [--rounds 5] [--learners 200] [--seconds 10]

The same server on PostgreSQL, with that one's settings as they come: beside itself on SQLite
(memory, idle learners, messages), beside what PostgreSQL does with the same rows in commits of the
same size (`storing/engine.py`), and beside python-socketio with its Redis manager, which commits to
SQLite (`storing/programs/socketio_redis.py`). All run on the same machine, so the ratios count.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import secrets
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks._servers import Bare, Measured, Ours
from benchmarks.clustered.nodes import durable_postgres
from benchmarks.storing import durable, peer
from tutor_widget.wire import (
    SUBPROTOCOL,
    Event,
    Hello,
    Send,
    Welcome,
    decode_server,
    encode,
)

TEXT: Final = "Why does my loop skip the last element of the list?"
CLASS: Final = 50
"""Learners at once."""
MISSED: Final = 20
"""Events that a client which resumes has missed."""
MESSAGES: Final = 500
IDLE: Final = 45.0
"""Seconds for which learners are watched who say nothing: the server pings them twice."""
STREAMS: Final = 200
ANSWER: Final = 4
"""Frames that a message with its answer takes."""


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
    """The prefix of a session's log that a client holds, and frames that it was sent."""

    session: str
    epoch: str
    event: Event
    missed: list[str]
    answer: list[str]
    """The frames of one message with its answer."""


async def exchange(connection: ClientConnection, frames: int | None = None) -> list[str]:
    """Send one message. Read so many frames, or all up to its answer; returns them."""
    message = secrets.token_hex(8)
    await connection.send(encode(Send(id=message, text=TEXT)))
    if frames is not None:
        return [str(await connection.recv()) for _ in range(frames)]
    wanted, read = f'"re":"{message}"', [""]
    while not (read[-1].startswith('{"type":"event"') and wanted in read[-1]):
        read.append(str(await connection.recv()))
    return read[1:]


async def talk(server: Measured, messages: int, learners: int, *, whole: bool = False) -> float:
    """Milliseconds of the server's processor for one message.

    The bare server echoes it, or sends the frames of a ``whole`` answer.
    """
    frames = None if isinstance(server, Ours) else ANSWER if whole else 1
    url = server.url + ("answer" if frames == ANSWER else "")
    async with AsyncExitStack() as stack:
        crowd = [await stack.enter_async_context(dial(url)) for _ in range(learners)]
        for connection in crowd:
            await connection.send(hello(secrets.token_hex(16)))
            for _ in range(ANSWER if frames == ANSWER else 1):
                await connection.recv()
            await exchange(connection, frames)

        async def learner(connection: ClientConnection) -> None:
            for _ in range(messages // learners):
                await exchange(connection, frames)

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
        answers = [await exchange(connection) for _ in range(MISSED)]
    async with dial(server.url) as connection:
        await connection.send(hello(session))
        frames = [str(await connection.recv()) for _ in range(1 + 2 * MISSED)]
    event = decode_server(frames[-1 - MISSED])
    assert isinstance(event, Event)
    assert len(answers[-1]) == ANSWER
    missed = [frames[0], *frames[-MISSED:]]
    return Held(session, welcome.epoch, event, missed, answers[-1])


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


async def idle(server: Measured, connections: int, *, said: bool) -> float:
    """KiB of the server's memory for one learner who is connected, and ``said`` one message."""
    frames = None if isinstance(server, Ours) else 1
    async with AsyncExitStack() as stack:

        async def learner() -> None:
            connection = await stack.enter_async_context(dial(server.url))
            await connection.send(hello(secrets.token_hex(16)))
            await connection.recv()
            if said:
                await exchange(connection, frames)

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
    """All figures. Each row of memory has servers of its own, so that none inherits memory."""
    sessions: list[Held]
    memory = [
        Row("learner who is connected", "KiB", lambda one: idle(one, connections, said=False)),
        Row("learner who was answered", "KiB", lambda one: idle(one, connections, said=True)),
    ]
    time = [
        Row(f"message, {CLASS} learners", "ms", lambda one: talk(one, messages, CLASS)),
        Row("… beside the same frames", "ms", lambda one: talk(one, messages, CLASS, whole=True)),
        Row("message, one learner", "ms", lambda one: talk(one, messages, 1)),
        Row(f"resume with {MISSED} events", "ms", lambda one: resume(one, sessions, 5)),
    ]
    for number in range(1, rounds + 1):
        print(f"round {number} of {rounds}", file=sys.stderr)
        for row in memory:
            with contextlib.closing(Ours(folder)) as ours, contextlib.closing(Bare()) as bare:
                await row.round(ours, bare)
        with contextlib.closing(Ours(folder)) as ours:
            sessions = await asyncio.gather(*(filled(ours) for _ in range(CLASS)))
            with contextlib.closing(Bare(sessions[0].missed, sessions[0].answer)) as bare:
                for row in time:
                    await row.round(ours, bare)
    return [*memory, *time]


# --- on PostgreSQL --------------------------------------------------------------------------------


async def beside_sqlite(folder: Path, url: str, rounds: int, connections: int) -> list[Row]:
    """What a learner takes of a server on PostgreSQL, and of one on SQLite."""
    rows = [
        Row("learner who is connected", "KiB", lambda one: idle(one, connections, said=False)),
        Row("learner who was answered", "KiB", lambda one: idle(one, connections, said=True)),
        Row("idle learner, a minute", "ms", lambda one: durable.idle(one, connections, IDLE)),
        Row(f"message, {CLASS} learners", "ms", lambda one: talk(one, MESSAGES, CLASS)),
    ]
    for number in range(1, rounds + 1):
        print(f"round {number} of {rounds}", file=sys.stderr)
        for row in rows:
            ours, other = Ours(folder, url), Ours(folder)
            with contextlib.closing(ours), contextlib.closing(other):
                await row.round(ours, other)
    return rows


async def rates(folder: Path, url: str, learners: int, seconds: float) -> list[str]:
    """What a server on PostgreSQL does in a second, as lines of a table."""
    load = await durable.load(folder, url, learners, seconds)
    middle, least, used = await durable.streams(folder, url, STREAMS)
    try:
        other = await asyncio.to_thread(peer.rate, folder, learners, seconds)
        beside = f"{other:.0f} | {load.rate / other:.2f}"
    except peer.Missing as missing:
        beside = f"not measured: {missing} | "
    ms = load.committed * 1000, load.engine_commit * 1000
    durable_row = [
        f"durable messages a second, {learners} learners, {load.batch:.1f} writes a commit",
        f"{load.rate:.0f}",
        f"the engine: {load.engine_rate:.0f}",
        f"{load.rate / load.engine_rate:.2f}",
    ]
    soon_row = [
        "at a third of that: from a message to its event, 99 %",
        f"{ms[0]:.1f} ms",
        f"the engine's commit: {ms[1]:.1f} ms",
        f"{ms[0] / ms[1]:.1f}",
    ]
    streams_row = [
        f"{STREAMS} answers at once at {durable.TOKENS_PER_SECOND} tokens a second, on one core",
        f"{middle:.1f} tokens a second, the slowest {least:.1f}",
        f"{used:.0%} of the core",
        "",
    ]
    peer_row = ["messages a second", f"{load.rate:.0f}", f"python-socketio: {beside}"]
    rows = (durable_row, soon_row, streams_row, peer_row)
    return [f"| {' | '.join(row)} |" for row in rows]


def on_postgres(given: argparse.Namespace) -> None:
    """Measure and print."""
    postgres = durable_postgres()
    postgres.start()
    try:
        with tempfile.TemporaryDirectory() as name:
            folder, url = Path(name), postgres.url()
            lines = asyncio.run(rates(folder, url, given.learners, given.seconds))
            rows = asyncio.run(beside_sqlite(folder, url, given.rounds, given.connections))
    finally:
        postgres.remove()
    print("| | on PostgreSQL | beside | ratio |\n|---|---|---|---|")
    print(*lines, sep="\n")
    print("\n| | on PostgreSQL | on SQLite | ratio (least–largest) |\n|---|---|---|---|")
    print(*rows, sep="\n")


def main() -> int:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--connections", type=int, default=600)
    parser.add_argument("--engine", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--learners", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    if given.engine == "postgres":
        try:
            on_postgres(given)
        except peer.Missing as missing:
            print(missing)
            return 1
        return 0
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(run(Path(folder), given.rounds, given.messages, given.connections))
    print("| | tutor server | bare | ratio (least–largest) |\n|---|---|---|---|")
    print(*rows, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
