"""The one thread of a process on which all chats run, and its asyncio loop.

Everything that owns state lives on this loop; other threads post calls to it. So a running cell,
which blocks the kernel's main loop, blocks neither a connection nor a reply. Nothing on the loop
waits for a disk: see `client.storage.disk`.

The thread is a daemon and starts at the first call. A forked child inherits neither the thread nor
the loop, and gets its own at its first call.
"""

from __future__ import annotations

import asyncio
import concurrent.futures.thread  # noqa: F401 - the loop would import it when it first needs a thread
import contextlib
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

# asyncio's own, whatever policy the program has set: others know no happy eyeballs (`net.reach`).
if sys.platform == "win32":
    _Loop = asyncio.ProactorEventLoop
else:
    _Loop = asyncio.SelectorEventLoop


@dataclass
class _Thread:
    loop: asyncio.AbstractEventLoop | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


_thread = _Thread()


def get_loop() -> asyncio.AbstractEventLoop:
    """The loop of the chats' thread. The first call starts the thread."""
    with _thread.lock:
        if _thread.loop is None:
            _thread.loop = _Loop()
            threading.Thread(
                target=_run, args=(_thread.loop,), name="tutor_widget", daemon=True
            ).start()
        return _thread.loop


def _run(loop: asyncio.AbstractEventLoop) -> None:
    while True:
        # asyncio lets these two out of a callback; the code that raised them meant another thread.
        with contextlib.suppress(SystemExit, KeyboardInterrupt):
            loop.run_forever()


def is_on_loop() -> bool:
    """Whether the calling code runs on the chats' loop."""
    try:
        return asyncio.get_running_loop() is _thread.loop
    except RuntimeError:
        return False


def has_loop() -> bool:
    """Whether the chats' thread was started."""
    return _thread.loop is not None


def post_to_loop(function: Callable[..., object], *args: object) -> None:
    """Call the function on the loop soon. Callable from any thread; calls keep their order."""
    get_loop().call_soon_threadsafe(function, *args)


def call_on_loop(function: Callable[[], T]) -> T:
    """Call the function on the loop; return what it returns, or raise what it raises.

    On the loop itself it is called directly. The function must not wait for anything.
    """
    loop = get_loop()
    if is_on_loop():
        return function()

    async def run() -> T:
        return function()

    return asyncio.run_coroutine_threadsafe(run(), loop).result()


def report_error(message: str, error: BaseException) -> None:
    """Log, through asyncio's exception handler, an error that has no caller to go to."""
    get_loop().call_exception_handler({"message": message, "exception": error})


def _forget() -> None:
    _thread.__init__()  # type: ignore[misc]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
