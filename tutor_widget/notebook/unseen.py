"""Says below a cell why no chat is seen there: a page that lacks anywidget cannot draw one.

Such a page shows an error of its own, or nothing, and reports no view. So the sentence comes when a
chat was displayed in a page, no cell has been running for a while, and no page has reported a view
of any chat of this kernel. It goes when one does: the page was slow, or the cell out of sight.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from tutor_widget.client.loop import post_to_loop

from . import ipython

WAIT: Final = 6.0
"""Seconds without a running cell in which a page reports its views. Most take less than one."""


class Unseen:
    """The outputs in which a chat may be missing."""

    def __init__(self, wait: float = WAIT) -> None:
        self.wait = wait
        self._is_seen = False
        self._waiting: list[tuple[ipython.Output, str]] = []
        self._told: list[ipython.Output] = []
        self._timer: asyncio.TimerHandle | None = None
        self._unfollow: Callable[[], None] | None = None

    def displayed(self, sentence: str) -> None:
        """A chat was displayed. Called on the thread that runs cells; the rest runs on the loop.

        ``sentence`` is what to say if no page draws it.
        """
        output = None if self._is_seen else ipython.output_of_cell()
        if output is None:
            return
        self._waiting.append((output, sentence))
        if self._unfollow is None:
            self._unfollow = ipython.watch.follow(self._cell_ended)

    def seen(self) -> None:
        """A page has drawn a chat: withdraw what was said."""
        self._is_seen = True
        self._stop()
        for output in self._told:
            output.erase()
        self._told.clear()
        self._waiting.clear()

    def _cell_ended(self) -> None:
        # At the end of the process the loop is closed, which raises RuntimeError.
        with contextlib.suppress(RuntimeError):
            post_to_loop(self._wait_anew)

    def _wait_anew(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if not self._is_seen:
            self._timer = asyncio.get_running_loop().call_later(self.wait, self._tell)

    def _tell(self) -> None:
        if ipython.watch.is_running:
            return  # the page's report may wait until the cell ends
        self._stop()
        for output, sentence in self._waiting:
            output.write(sentence)
            self._told.append(output)
        self._waiting.clear()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._unfollow is not None:
            self._unfollow()
            self._unfollow = None


unseen: Final = Unseen()
"""The process has one kernel, and one page that shows it or several."""
