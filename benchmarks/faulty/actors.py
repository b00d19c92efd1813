"""Handles for the processes of a trial. Everything that waits has a limit."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.support.servers.processes import ServerProcess, free_port

PATIENCE: Final = 60.0
"""Seconds within which a program must have started or ended."""
HERE: Final = Path(__file__).parent

Command = list[str]


class Failed(Exception):
    """A program does not do what it is here for; the message says which, and what it said."""


class Process:
    """A program with a pipe to it and one from it; what it says besides goes to a file."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log

    @classmethod
    async def start(cls, command: Command, log: Path, env: dict[str, str]) -> Process:
        """Start it in a process group of its own, so that Ctrl+C is ours."""
        with log.open("ab") as errors:
            pipe = asyncio.subprocess.PIPE
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=pipe,
                stdout=pipe,
                stderr=errors,
                env={**os.environ, **env},
                start_new_session=True,
            )
        return cls(process, log)

    def write(self, line: str) -> None:
        """Give it a line; one that has died takes none."""
        if self._process.stdin is not None and self.lives:
            with contextlib.suppress(ConnectionError):
                self._process.stdin.write(f"{line}\n".encode())

    async def line(self) -> str:
        """Its next line; empty when there will be none."""
        assert self._process.stdout is not None
        return (await self._process.stdout.readline()).decode().strip()

    @property
    def lives(self) -> bool:
        return self._process.returncode is None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it lives."""
        if self.lives:
            self._process.send_signal(number)

    async def kill(self) -> None:
        """Gone at once, as in a power failure."""
        self.signal(signal.SIGKILL)
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()

    def failure(self) -> str:
        """The end of what it complained about."""
        return self._log.read_text(errors="replace")[-2000:]


class Proxy:
    """The proxy's process; see `proxy`."""

    def __init__(self, process: Process, port: int) -> None:
        self._process = process
        self.port = port

    @classmethod
    async def start(cls, upstream: int, log: Path) -> Proxy:
        process = await Process.start(
            [sys.executable, str(HERE / "proxy.py"), str(upstream)], log, {}
        )
        return cls(process, int(await asyncio.wait_for(process.line(), PATIENCE)))

    async def tell(self, command: str) -> str:
        """Inflict something; on return it is in force."""
        self._process.write(command)
        return await asyncio.wait_for(self._process.line(), PATIENCE)

    async def accepted(self) -> int:
        """Connections accepted so far."""
        return int(await self.tell("accepted"))

    async def kill(self) -> None:
        await self._process.kill()


class Server:
    """A system's server, on one port and one log for all its runs.

    What may block is done in a thread, so that lines of the client are read at their time.
    """

    def __init__(self, command: Command, folder: Path, env: dict[str, str]) -> None:
        self.port = free_port()
        self.file = folder / "server.db"
        command = [word.format(port=self.port, file=self.file) for word in command]
        self._process = ServerProcess(command, self.port, folder / "server.err", environment=env)
        self.signal = self._process.send_signal

    async def start(self) -> None:
        """Start it, again after a `kill`. Returns when its port accepts connections."""
        try:
            await asyncio.to_thread(self._process.start)
        except RuntimeError as error:
            raise Failed(f"the server does not start: {error}") from None

    async def kill(self) -> None:
        """End it with SIGKILL."""
        await asyncio.to_thread(self._process.kill)


class Client:
    """A system's client in its present life, and what all its lives reported, with the times.

    The times are those of `time.monotonic` when the line was read here: the same for all systems.
    """

    def __init__(self, command: Command, port: int, folder: Path, env: dict[str, str]) -> None:
        self._command = [w.format(port=port) for w in command]
        self._log = folder / "client.err"
        self._env = env
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self.ready = False
        self.life = 0
        """Counts its starts."""
        self.links: list[tuple[float, str]] = []
        self.queued: dict[int, float] = {}
        self.heard: dict[int, float] = {}
        self.proofs: list[float] = []

    async def start(self) -> None:
        """Start it, again after a `kill`; returns when it takes messages."""
        self.ready = False
        self.life += 1
        self._process = await Process.start(self._command, self._log, self._env)
        self._reading = asyncio.create_task(self._read(self._process))
        await self.until(lambda: self.ready or not self._lives, PATIENCE)
        if not self.ready:
            raise Failed(f"the client does not start:\n{self._process.failure()}")

    @property
    def _lives(self) -> bool:
        return self._process is not None and self._process.lives

    def say(self, number: int) -> None:
        """Have it send a message."""
        if self._process is not None:
            self._process.write(str(number))

    async def kill(self) -> None:
        """Gone at once; what it had said by then is read."""
        self.ready = False
        if self._process is not None and self._reading is not None:
            await self._process.kill()
            await self._reading

    async def until(self, true: Callable[[], bool], seconds: float) -> bool:
        """Wait until it is true, looked at after every line; whether it became so in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not true():
                    self._changed.clear()
                    await self._changed.wait()
        return true()

    async def _read(self, process: Process) -> None:
        while line := await process.line():
            self._note(line, time.monotonic())
            self._changed.set()
        self._changed.set()

    def _note(self, line: str, now: float) -> None:
        word, _, number = line.partition(" ")
        match word:
            case "ready":
                self.ready = True
            case "up" | "down":
                self.links.append((now, word))
            case "queued":
                self.queued.setdefault(int(number), now)
            case "heard":
                self.heard.setdefault(int(number), now)
                self.proofs.append(now)
            case _:
                raise Failed(f"the client said {line!r}")
