"""Python processes that run code for a test, which can kill, freeze and measure them.

with Child(tmp_path) as kernel:
    kernel.run("from tutor_widget import TutorChat; chat = TutorChat('ws://…')")
    assert kernel.run("chat.status") == "connected"
    kernel.kill()
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import psutil

from tests.support.paths import ROOT

PATIENCE = 60.0
"""The outer limit of everything that is waited for, in seconds. Never asserted."""


class Child:
    """A process with its own home (``JUPYTER_DATA_DIR``) in the folder."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.said = home / "said.txt"
        """What it wrote to stderr, in all its lives."""
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("TUTOR_CHAT_", "JUPYTERHUB_", "JPY_"))
        }
        with self.said.open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.children"],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                cwd=ROOT,
                env={**clean, "JUPYTER_DATA_DIR": str(home), **environment},
            )

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        return self._process.pid

    def run(self, code: str, patience: float = PATIENCE) -> Any:
        """Let it evaluate an expression or execute statements; returns the value, through JSON."""
        self.begin(code)
        return self.end(patience)

    def begin(self, code: str) -> None:
        """Start to run code without waiting; `end` waits."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(code).encode() + b"\n")

    def end(self, patience: float = PATIENCE) -> Any:
        """The value of the code begun first. AssertionError with the child's own error."""
        assert self._process.stdout is not None
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self._process.stdout], [], [], patience)
            assert ready, f"no answer: {self.said.read_text()[-2000:]}"
            piece = self._process.stdout.read(1 << 20)
            assert piece, f"it has ended: {self.said.read_text()[-2000:]}"
            line += piece
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def leave(self) -> int:
        """Let it end by itself; returns its exit status."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(PATIENCE)

    def kill(self) -> None:
        """End it with SIGKILL, as the system does with a kernel when memory is short."""
        self._process.kill()
        self._process.wait(PATIENCE)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)


@dataclass(frozen=True)
class Usage:
    """What a process holds. ``memory``: resident, in MiB."""

    memory: float
    threads: int
    tasks: int
    sockets: int
    files: int

    def __str__(self) -> str:
        rest = ", ".join(f"{field.name} {getattr(self, field.name)}" for field in fields(self)[1:])
        return f"memory {self.memory:.1f} MiB, {rest}"


def usage(pid: int | None = None, tasks: int = 0) -> Usage:
    """What the process (this one) holds; its tasks only itself can count."""
    process = psutil.Process(pid)
    with process.oneshot():
        return Usage(
            memory=round(process.memory_info().rss / 2**20, 2),
            threads=process.num_threads(),
            tasks=tasks,
            sockets=len(process.net_connections("inet")),
            files=process.num_fds(),
        )


def own_usage() -> dict[str, Any]:
    """What this process holds, with the tasks of the chats' loop, after a garbage collection."""
    import asyncio
    import gc

    from tutor_widget.client.loop import call_on_loop

    for _ in range(3):
        gc.collect()
    tasks = call_on_loop(lambda: len(asyncio.all_tasks())) - 1  # the one that counts
    return asdict(usage(tasks=tasks))


def run_python(program: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def until(condition: Callable[[], bool]) -> None:
    """Wait for what cannot be awaited."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.01)


def peak(process: int | str = "self") -> float:
    """The peak of a process's memory, in MiB.

    Not `resource.ru_maxrss`: a child has that of its parent, too, from before it was this program.
    """
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system does not tell")


def main() -> None:
    """Run the code that comes on stdin, a JSON string a line, until stdin ends."""
    scope: dict[str, Any] = {"__name__": "__main__"}
    out, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        code = json.loads(line)
        try:
            try:
                value = eval(compile(code, "<told>", "eval"), scope)
            except SyntaxError:
                exec(compile(code, "<told>", "exec"), scope)
                value = None
            answer = {"value": value}
        except BaseException:  # noqa: BLE001  # the test gets the error
            answer = {"error": traceback.format_exc()}
        out.write(json.dumps(answer) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
