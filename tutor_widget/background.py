"""The one daemon thread of a process, on which all chats live.

Everything that owns state lives on its asyncio loop; other threads post calls to it. So a running
cell, which blocks the kernel's main loop, blocks neither the connection nor a reply.

A forked child inherits none of it: no thread, no loop, no client.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

T = TypeVar("T")

FAREWELL: Final = 1.0
"""Seconds that the end of the process waits for connections to close politely."""


@dataclass
class _Thread:
    loop: asyncio.AbstractEventLoop | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    farewells: list[Callable[[], Coroutine[Any, Any, None]]] = field(default_factory=list)
    disk: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, "tutor_widget-disk")
    )


_thread = _Thread()


def loop() -> asyncio.AbstractEventLoop:
    """The loop of the thread, which is started at the first call."""
    with _thread.lock:
        if _thread.loop is None:
            _thread.loop = asyncio.new_event_loop()
            threading.Thread(
                target=_run, args=(_thread.loop,), name="tutor_widget", daemon=True
            ).start()
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
    """Call what waits for the disk: on one thread, which nothing else keeps busy, in order.

    It is called though the awaiting task be cancelled.
    """
    try:
        future = _thread.disk.submit(function, *args)
    except RuntimeError:  # at the end of the process there are no threads to be had
        return function(*args)
    return await asyncio.shield(asyncio.wrap_future(future))


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
        await asyncio.wait_for(asyncio.gather(*farewells, return_exceptions=True), FAREWELL)

    # The process ends anyway, and must not end with a traceback.
    with contextlib.suppress(Exception):
        asyncio.run_coroutine_threadsafe(everyone(), _thread.loop).result(FAREWELL + 0.5)


def _forget() -> None:
    _thread.__init__()  # type: ignore[misc]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
