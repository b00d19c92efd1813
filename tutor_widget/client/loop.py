"""The one daemon thread of a process, on which all chats live.

Everything that owns state lives on its asyncio loop; other threads post calls to it. So a running
cell, which blocks the kernel's main loop, blocks neither the connection nor a reply.

Nothing on the loop waits for a disk: a home on a network file system may stall for seconds, and
every connection would stall with it. What reads or writes a file runs on a second thread, in the
order in which it was asked for.

A forked child inherits none of it: no thread, no loop, no client.
"""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures.thread  # noqa: F401 - the loop would import it when it first needs a thread
import contextlib
import os
import queue
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

T = TypeVar("T")

FAREWELL: Final = 1.0
"""Seconds that the end of the process waits for connections to close politely."""
LAST_WRITES: Final = 5.0
"""Seconds that it waits, besides, for files to be written. A disk that stalls for longer loses what
was not written yet."""


class _Disk:
    """The thread that waits for the disk. It makes one call at a time, in order.

    A daemon thread, and no executor: those take no work at the end of the process, when the last
    files are written, and a disk that hangs would keep the process from ending.
    """

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="tutor_widget-disk", daemon=True)
        self._unfinished = 0
        self._lock = threading.Lock()

    def start(self) -> None:
        self._thread.start()

    @property
    def is_current(self) -> bool:
        return threading.current_thread() is self._thread

    @property
    def is_idle(self) -> bool:
        """All that was submitted has been done."""
        return self._unfinished == 0

    def submit(self, function: Callable[..., T], *args: object) -> Future[T]:
        outcome: Future[T] = Future()

        def run() -> None:
            try:
                result = function(*args)
            except BaseException as error:  # noqa: BLE001 - whoever waits for it gets it
                self._finished()
                outcome.set_exception(error)
            else:
                self._finished()
                outcome.set_result(result)

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


@dataclass
class _Thread:
    loop: asyncio.AbstractEventLoop | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    farewells: list[Callable[[], Coroutine[Any, Any, None]]] = field(default_factory=list)
    disk: _Disk = field(default_factory=_Disk)


_thread = _Thread()


def loop() -> asyncio.AbstractEventLoop:
    """The loop of the thread, which is started at the first call."""
    with _thread.lock:
        if _thread.loop is None:
            _thread.loop = asyncio.new_event_loop()
            threading.Thread(
                target=_run, args=(_thread.loop,), name="tutor_widget", daemon=True
            ).start()
            _thread.disk.start()
        return _thread.loop


def _run(here: asyncio.AbstractEventLoop) -> None:
    while True:
        # asyncio lets these two out of a callback; whoever raised them meant another thread.
        with contextlib.suppress(SystemExit, KeyboardInterrupt):
            here.run_forever()


def post(function: Callable[..., object], *args: object) -> None:
    """Have the thread call the function soon; from any thread, in the order of posting."""
    loop().call_soon_threadsafe(function, *args)


def call(function: Callable[[], T]) -> T:
    """Have the thread call the function, and return what it returns or raise what it raises.

    On the thread itself it is simply called. It must not wait for anything.
    """
    here = loop()
    if is_current(here):
        return function()

    async def run() -> T:
        return function()

    return asyncio.run_coroutine_threadsafe(run(), here).result()


def is_current(of: asyncio.AbstractEventLoop) -> bool:
    """Whether the calling code runs on this loop."""
    try:
        return asyncio.get_running_loop() is of
    except RuntimeError:
        return False


async def on_disk(function: Callable[..., T], *args: object) -> T:
    """Call what waits for the disk, without keeping the loop; what it returns.

    It is called even if the awaiting task is cancelled.
    """
    return await asyncio.shield(asyncio.wrap_future(_disk().submit(function, *args)))


def post_to_disk(function: Callable[..., object], *args: object) -> None:
    """Have the disk's thread call the function soon; from any thread, in the order of posting."""

    def told(outcome: Future[object]) -> None:
        if (error := outcome.exception()) is not None:
            report("A file could not be read or written", error)

    _disk().submit(function, *args).add_done_callback(told)


def call_on_disk(function: Callable[..., T], *args: object) -> T:
    """Have the disk's thread call the function, and wait for what it returns or raises.

    For threads that may wait for the disk, as a kernel's main thread while a chat is made.
    """
    disk = _disk()
    return function(*args) if disk.is_current else disk.submit(function, *args).result()


def _disk() -> _Disk:
    loop()  # which starts both threads
    return _thread.disk


def report(message: str, error: BaseException) -> None:
    """Say, where asyncio says such things, that code that is not ours raised."""
    loop().call_exception_handler({"message": message, "exception": error})


def at_end(farewell: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Have the coroutine run, for at most `FAREWELL` seconds, when the process ends."""
    if farewell not in _thread.farewells:
        _thread.farewells.append(farewell)


@atexit.register
def _say_farewell() -> None:
    if _thread.loop is None:
        return

    async def everyone() -> None:
        farewells = (farewell() for farewell in _thread.farewells)
        leaving = asyncio.gather(*farewells, return_exceptions=True)
        await asyncio.wait([leaving], timeout=FAREWELL)
        while not _thread.disk.is_idle:  # one write may be followed by another
            await on_disk(lambda: None)
        leaving.cancel()

    # The process ends anyway, and must not end with a traceback.
    with contextlib.suppress(Exception):
        ending = asyncio.run_coroutine_threadsafe(everyone(), _thread.loop)
        ending.result(FAREWELL + LAST_WRITES)


def _forget() -> None:
    _thread.__init__()  # type: ignore[misc]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
