"""The disk executor: one thread that reads and writes files for the chats' loop.

Nothing on the loop waits for a disk: a home on a network file system may stall for seconds, and
every connection would stall with it. What reads or writes a file runs on this thread, one call at a
time, in the order of the calls.
"""

from __future__ import annotations

import asyncio
import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from tutor_widget.client.loop import report_error

T = TypeVar("T")


class _DiskExecutor:
    """The thread and its queue of calls.

    It is a daemon thread and not one of `concurrent.futures`: those take no work at the end of the
    process, when the last files are written, and a disk that hangs would keep the process from
    ending.
    """

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._unfinished = 0
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the thread, if it does not run yet."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="tutor_widget-disk", daemon=True
                )
                self._thread.start()

    @property
    def is_current(self) -> bool:
        """Whether the calling code runs on the thread."""
        return threading.current_thread() is self._thread

    @property
    def is_idle(self) -> bool:
        """Whether every submitted call has ended."""
        return self._unfinished == 0

    def submit(self, function: Callable[..., T], *args: object) -> Future[T]:
        """Queue a call; the future has its result or its error."""
        outcome: Future[T] = Future()

        def run() -> None:
            try:
                result = function(*args)
            except BaseException as error:  # noqa: BLE001 - it is raised in the caller
                self._finished()
                outcome.set_exception(error)
            else:
                self._finished()
                outcome.set_result(result)

        self.start()
        with self._lock:
            self._unfinished += 1
        self._calls.put(run)
        return outcome

    def _finished(self) -> None:
        with self._lock:
            self._unfinished -= 1

    def _run(self) -> None:
        while True:
            self._calls.get()()


_executor = _DiskExecutor()


async def run_on_disk(function: Callable[..., T], *args: object) -> T:
    """Call the function on the disk's thread without blocking the loop; return its result.

    The call is made even if the awaiting task is cancelled.
    """
    return await asyncio.shield(asyncio.wrap_future(_executor.submit(function, *args)))


def post_to_disk(function: Callable[..., object], *args: object) -> None:
    """Call the function on the disk's thread soon. Callable from any thread; errors are logged."""

    def log_failure(outcome: Future[object]) -> None:
        if (error := outcome.exception()) is not None:
            report_error("A file could not be read or written", error)

    _executor.submit(function, *args).add_done_callback(log_failure)


def call_on_disk(function: Callable[..., T], *args: object) -> T:
    """Call the function on the disk's thread and wait; return its result, or raise its error.

    For threads that may wait for the disk, such as a kernel's main thread while a chat is made.
    """
    if _executor.is_current:
        return function(*args)
    return _executor.submit(function, *args).result()


def start_disk() -> None:
    """Start the thread now: the interpreter starts none while it shuts down."""
    _executor.start()


async def finish_disk() -> None:
    """Wait until every call has ended, those included that are made meanwhile."""
    while not _executor.is_idle:
        await run_on_disk(lambda: None)


def _forget() -> None:
    """In a forked child: the thread is not there, and its calls are the parent's."""
    _executor.__init__()  # type: ignore[misc]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
