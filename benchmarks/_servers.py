"""The two servers that `server.py` compares, as processes, and what each has used."""

from __future__ import annotations

import ctypes
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from tests.support.servers.processes import Tutor

BARE: Final = Path(__file__).with_name("_bare.py")


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
    """The project's server, with an echo tutor and a database of its own, or that at ``db_url``."""

    def __init__(self, folder: Path, db_url: str = "", pace: int = 0) -> None:
        options = ("--tutor=echo", f"--pace={pace}")
        self._tutor = Tutor(folder / f"{secrets.token_hex(4)}.sqlite", *options, url=db_url)
        self._tutor.start()
        super().__init__(self._tutor.url, psutil.Process(self._tutor.pid))

    def count(self, metric: str) -> float:
        """What the server counts under that name."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._tutor.port}/metrics") as page:
            lines = page.read().decode().splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{metric} "))

    def close(self) -> None:
        self._tutor.stop()


class Bare(Measured):
    """A bare server: it echoes.

    ``replay`` are the frames that it sends to a connection that resumes, ``answer`` those that it
    sends for each message if it is asked for whole answers.
    """

    def __init__(self, replay: Sequence[str] = (), answer: Sequence[str] = ()) -> None:
        command = [sys.executable, str(BARE), *map("\n".join, (replay, answer))]
        self._running = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._running.stdout is not None
        port = int(self._running.stdout.readline())
        super().__init__(f"ws://127.0.0.1:{port}/", psutil.Process(self._running.pid))

    def close(self) -> None:
        self._running.kill()
        self._running.communicate()
