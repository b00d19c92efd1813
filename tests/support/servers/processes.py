"""Servers as processes of their own, for tests and benchmarks; and a plain client for them."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self
from urllib.error import HTTPError

from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.support.paths import ROOT
from tutor_widget.wire import (
    SUBPROTOCOL,
    ClientFrame,
    Event,
    Hello,
    Send,
    ServerFrame,
    Welcome,
    decode_server,
    encode,
)

PATIENCE: Final = 60.0
"""The limit of everything that is waited for, in seconds. Never asserted."""


_reserved: Final[list[socket.socket]] = []
"""One UDP socket for each port that `free_port` has returned."""


def free_port() -> int:
    """A TCP port on loopback without a listener, which no other call returns.

    It lies below the range of outgoing connections. Otherwise one of these might hold the port when
    a killed server is started again. This process holds the UDP port of that number, so that a test
    that runs at the same time in another process gets another port.
    """
    while True:
        port = 10_000 + secrets.randbelow(20_000)
        reservation = socket.socket(type=socket.SOCK_DGRAM)
        try:
            reservation.bind(("127.0.0.1", port))
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            reservation.close()
        else:
            _reserved.append(reservation)
            return port


def terminate(process: subprocess.Popen[bytes]) -> None:
    """Send SIGTERM, and SIGKILL after 30 s: no process outlives its test."""
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(30)
        raise


def wait_for_answer(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until `url` answers 200. RuntimeError with the end of the log if the process ends.

    A process that does not serve is killed: its fixture has not begun, so nothing else would.
    """
    is_serving = False
    try:
        is_serving = _answers(url, process)
    finally:
        if not is_serving:
            process.kill()
            process.wait(30)
    if not is_serving:
        raise RuntimeError(f"{process.args!r} does not serve:\n{log.read_text()[-3000:]}")


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return True
        except (HTTPError, OSError):
            time.sleep(0.02)
    return False


class ServerProcess:
    """A server in a process of its own, on one port for all its runs.

    As a context manager it starts on entry and is killed on exit.
    """

    announces = True
    """Whether it says on stdout little more than that it listens; else that goes to the log."""

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        log: Path,
        *,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.port = port
        self.log = log
        """What it writes to stderr, in all its runs."""
        self._command = [*command]
        self._folder = folder
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, again after a `kill` or `stop`. Returns when it listens.

        RuntimeError with the end of the log if it ends before.
        """
        self._close()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdout=subprocess.PIPE if self.announces else log,
                stderr=log,
                cwd=self._folder,
                env=self._environment,
                start_new_session=True,  # Ctrl+C is for the test or the benchmark
            )
        self._wait_until_listening(self._process)

    def kill(self) -> None:
        """End it with SIGKILL, as a power failure does."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End it with SIGTERM; returns its exit status."""
        return self._end(signal.SIGTERM)

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def freeze(self) -> None:
        """Suspend it: its kernel still acknowledges TCP segments, the server is silent."""
        self.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.send_signal(signal.SIGCONT)

    async def ended(self) -> int:
        """Wait until it has ended by itself; returns its exit status."""
        assert self._process is not None
        return await asyncio.to_thread(self._process.wait, PATIENCE)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _wait_until_listening(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until the port accepts a connection."""
        deadline = time.monotonic() + PATIENCE
        while not accepts(self.port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise self._failure()
            time.sleep(0.005)

    def _failure(self) -> RuntimeError:
        self._close()
        said = self.log.read_text(errors="replace")[-3000:]
        return RuntimeError(f"{self._command!r} does not serve:\n{said}")

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self.send_signal(number)
        status = self._process.wait(PATIENCE)
        self._close()
        return status

    def _close(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()


def accepts(port: int) -> bool:
    """Whether a process listens on this port of loopback."""
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE):
            return True
    except OSError:
        return False


class Tutor(ServerProcess):
    """The project's server as a process, on one port and one database for all its runs.

    The database is a file, or that of another engine at ``url``. Its working folder, which is on
    its `sys.path`, is that of the file. If it is ``relaxed`` it takes short ids of sessions and has
    no limits of messages and sessions but those given.
    """

    def __init__(
        self,
        database: Path,
        *options: str,
        port: int | None = None,
        log: Path | None = None,
        environment: Mapping[str, str] | None = None,
        relaxed: bool = True,
        url: str = "",
    ) -> None:
        port = port or free_port()
        folder = database.parent
        if relaxed:
            given = {option.partition("=")[0] for option in options}
            free = [f"{limit}=0" for limit in ("--rate", "--new-sessions") if limit not in given]
            options = ("--single-user", *free, *options)
        path = [str(ROOT), str(folder), os.environ.get("PYTHONPATH", "")]
        super().__init__(
            [
                *(sys.executable, "-m", "tutor_widget.server", f"--port={port}"),
                *(f"--db-url={url or f'sqlite:///{database}'}", *options),
            ],
            port,
            log or database.with_suffix(".log"),
            folder=folder,
            environment={
                "PYTHONPATH": os.pathsep.join(filter(None, path)),
                "JUPYTER_CONFIG_DIR": str(folder),
                **(environment or {}),
            },
        )
        self.url = f"ws://127.0.0.1:{self.port}/"
        self.database = database

    def fill(self, session: str, texts: Iterable[str]) -> None:
        """Let a learner say all of it, each after the answer to the one before."""
        with Learner(self.url, session) as learner:
            for text in texts:
                learner.say(text)

    def events(self, session: str) -> list[Event]:
        """The newest 500 events of the session's log, as the server sends them."""
        with Learner(self.url, session) as learner:
            return learner.events

    def log_records(self) -> list[dict[str, Any]]:
        """The records of its log, in all its runs."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def _wait_until_listening(self, process: subprocess.Popen[bytes]) -> None:
        # Not by its port: a server that dies soon after it has listened has started, too.
        assert process.stdout is not None
        if not process.stdout.readline().startswith(b"listening on "):
            process.wait(PATIENCE)
            raise self._failure()


class Learner:
    """A plain client on a session, without widget and retries.

    ``events`` holds the events received, oldest first.
    """

    def __init__(self, url: str, session: str) -> None:
        self.events: list[Event] = []
        self._session = session
        self._connecting = connect(url, subprotocols=[Subprotocol(SUBPROTOCOL)], proxy=None)

    def __enter__(self) -> Learner:
        self._link = self._connecting.__enter__()
        self._transmit(
            Hello(session=self._session, instance=secrets.token_hex(8), dial=1, client="learner/1")
        )
        while not isinstance(welcome := self._receive(), Welcome):
            pass
        while welcome.seq > (self.events[-1].seq if self.events else 0):
            self._receive()
        return self

    def __exit__(self, *_: object) -> None:
        self._connecting.__exit__(None, None, None)

    def say(self, text: str) -> None:
        """Send a message and wait until it is answered."""
        message = secrets.token_hex(8)
        self._transmit(Send(id=message, text=text))
        while not any(event.re == message for event in self.events):
            self._receive()

    def _transmit(self, frame: ClientFrame) -> None:
        self._link.send(encode(frame))

    def _receive(self) -> ServerFrame | None:
        frame = decode_server(self._link.recv(30))
        if isinstance(frame, Event):
            self.events.append(frame)
        return frame
