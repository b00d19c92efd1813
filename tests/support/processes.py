"""Real processes for tests: the tutor's server, and what its log holds."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.error import HTTPError

from websockets.sync.client import connect
from websockets.typing import Subprotocol

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


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now.

    It lies below those that systems give to outgoing connections: one of these would else have it
    when a killed server is started again.
    """
    while True:
        port = 10_000 + secrets.randbelow(20_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def terminate(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end; one that does not is killed, so that it outlives no test."""
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(30)
        raise


def wait_for_answer(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until `url` answers 200; an error that shows the log's end if the process ends before."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (HTTPError, OSError):
            time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} does not serve:\n{log.read_text()[-3000:]}")


class Tutor:
    """A tutor's server in a process of its own, on one port and one database for all its lives."""

    def __init__(
        self,
        database: Path,
        *arguments: str,
        port: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """``environment``: put over this process's own; `Release.environment` is one."""
        self.port = port or free_port()
        self._environment = {**os.environ, **(environment or {})}
        self.url = f"ws://127.0.0.1:{self.port}/"
        self.log = database.with_suffix(".log")
        self._command = [sys.executable, "-m", "tutor_widget.server", f"--port={self.port}"]
        self._command += [f"--db-url=sqlite:///{database}", "--rate=0", *arguments]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, again after a `kill` or `stop`; returns when it is ready."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, env=self._environment
            )
        wait_for_answer(f"http://127.0.0.1:{self.port}/readyz", self._process, self.log)

    def kill(self) -> None:
        """Gone at once, as in a power failure."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Asked to end; its exit status."""
        return self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """Alive to the kernel's TCP, but silent."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    @property
    def process(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    def events(self, session: str) -> list[Event]:
        """The session's log as the server tells it: the newest 500 events."""
        with Learner(self.url, session) as learner:
            return learner.events

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            os.kill(self._process.pid, number)

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._signal(number)
        return self._process.wait(30)


class Learner:
    """Another client on a session: a few lines over the wire, no widget, no retries.

    ``events`` holds what it was told, oldest first.
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
