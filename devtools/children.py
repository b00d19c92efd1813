"""Programs as child processes that end with the block that started them, or at Ctrl+C."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import IO, Any, Final

PATIENCE: Final = 20.0
"""How long a process may take to end when it is asked to, in seconds."""


class Failed(Exception):
    """A program ended before it was ready. The message has what it said last."""


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and wait for it. Kill it if it does not."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        _close(pipe)


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        pipe.close()


def end_of(log: Path) -> str:
    """The last lines of a log: they hold the reason."""
    return log.read_text("utf-8", "replace")[-2000:].strip()


def end_on_signals() -> None:
    """Let the first signal to end leave all blocks, and so end all programs, in order."""
    numbers = [getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")]
    endings = [number for number in numbers if number is not None]

    def end_all(number: int, _frame: Any) -> None:
        for each in endings:
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(128 + number)

    for each in endings:
        signal.signal(each, end_all)
