"""Shutdown hooks: what runs on the chats' loop when the process ends.

The hooks run at once, for at most `HOOKS_WITHIN` seconds. Then the disk executor finishes its
writes, for at most `WRITES_WITHIN` seconds more.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
from collections.abc import Callable, Coroutine
from typing import Any, Final

from tutor_widget.client.storage.disk import finish_disk, start_disk

from .loop import get_loop, has_loop

Hook = Callable[[], Coroutine[Any, Any, None]]

HOOKS_WITHIN: Final = 1.0
"""Seconds that the end of the process waits for connections to close politely."""
WRITES_WITHIN: Final = 5.0
"""Seconds that it waits, besides, for files to be written. What a disk that stalls for longer has
not written by then is lost."""

LAST_MOMENT: Final = 0.1
"""Seconds that a hook has to end after it was cancelled."""

_hooks: list[Hook] = []


def on_shutdown(hook: Hook) -> None:
    """Run the hook once when the process ends. Registering it again changes nothing."""
    start_disk()  # a hook may write files
    if hook not in _hooks:
        _hooks.append(hook)


@atexit.register
def _run_hooks() -> None:
    if not has_loop():
        return

    async def run() -> None:
        hooks = asyncio.gather(*(hook() for hook in _hooks), return_exceptions=True)
        await asyncio.wait([hooks], timeout=HOOKS_WITHIN)
        await finish_disk()
        # The cancelled hooks get one last moment, and their outcome is looked at: asyncio would
        # print what was not looked at.
        hooks.add_done_callback(lambda done: done.cancelled() or done.exception())
        hooks.cancel()
        await asyncio.wait([hooks], timeout=LAST_MOMENT)

    # The process ends anyway, and must not end with a traceback.
    with contextlib.suppress(Exception):
        ending = asyncio.run_coroutine_threadsafe(run(), get_loop())
        ending.result(HOOKS_WITHIN + WRITES_WITHIN)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_hooks.clear)
