"""The process of a server: its signals, its open files, and what libraries would print.

A server writes nothing to stderr but lines of its log. The event loop, warnings, threads and the
loggers of libraries print messages and tracebacks, which may quote a learner. Here each becomes a
line with type and place, and a fault that comes again and again becomes one line a minute.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import re
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import PurePath
from typing import Final

from .logs import Throttle, log, where

__all__ = [
    "announce",
    "log_what_libraries_print",
    "on_signals",
    "raise_file_limit",
    "spare_what_is_loaded",
]

_WORDS: Final = re.compile(r"[A-Za-z0-9_., -]{1,80}")
_EVERY: Final = 60.0


def announce(line: str) -> None:
    """Write to standard output. If that fails the server goes on: the log has the address too."""
    try:
        if sys.stdout is not None:
            sys.stdout.write(line)
            sys.stdout.flush()
    except OSError as error:
        log("standard output failed", level="warning", **where(error))
        # Else Python writes the rest of its buffer again at exit, and the status becomes 120.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def on_signals(*names: str) -> asyncio.Event:
    """Returns an event that each of these signals sets, such as ``SIGTERM``.

    Signals that the system does not have are left out.
    """
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in names:
        if (number := getattr(signal, name, None)) is None:
            continue
        try:
            loop.add_signal_handler(number, event.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(event.set))
    return event


def raise_file_limit() -> int:
    """Let this process open as many files as the system allows it; returns how many.

    0 if the system does not say.
    """
    try:
        import resource
    except ImportError:  # Windows
        return 0
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):  # macOS has a lower limit than it says
        return soft
    return max(0, hard)  # -1 is no limit


def spare_what_is_loaded() -> None:
    """Let the garbage collector pass over what exists now: modules, and what the start has made.

    It stays until the process ends, and otherwise is searched again and again.
    """
    gc.collect()
    gc.freeze()


def log_what_libraries_print() -> Callable[[], None]:
    """Write to the log what asyncio, warnings, threads and libraries would print; returns its
    undo."""
    root = logging.getLogger()
    handler = _Reporter()
    before = (sys.unraisablehook, threading.excepthook, warnings.showwarning, logging.lastResort)
    root.addHandler(handler)
    logging.lastResort = handler  # for loggers that do not propagate, and have no handler
    sys.unraisablehook = lambda args: handler.report("exception ignored", args.exc_value)
    threading.excepthook = lambda args: handler.report("exception in a thread", args.exc_value)
    warnings.showwarning = handler.report_warning  # type: ignore[assignment]  # more arguments

    def undo() -> None:
        root.removeHandler(handler)
        sys.unraisablehook, threading.excepthook, warnings.showwarning, logging.lastResort = before

    return undo


class _Reporter(logging.Handler):
    """Writes lines of the server's log, each at most once in `_EVERY` s."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._throttle = Throttle(_EVERY)

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if record.name == "asyncio":
            # Behind its first words a message quotes callbacks with their arguments.
            words = _WORDS.match(record.getMessage())
            self.report(words[0].strip() if words else "asyncio", error)
        elif error is not None:
            self.report(record.name, error)
        else:
            self.report(record.name, None, at=f"{record.filename}:{record.lineno}")

    def report_warning(
        self, _text: Warning | str, category: type[Warning], file: str, line: int, *_: object
    ) -> None:
        self.report(category.__name__, None, at=f"{PurePath(file).name}:{line}")

    def report(self, what: str, error: BaseException | None, **place: object) -> None:
        facts = place if error is None else where(error, quote=False)
        skipped = self._throttle.admit((what, *map(str, facts.values())), time.monotonic())
        if skipped is not None:
            log("unexpected", level="error", what=what, **facts, skipped=skipped)
