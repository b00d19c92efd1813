"""Calls a program's functions once for each new event, on the thread that registered them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable

from tutor_widget.client.loop import report_error
from tutor_widget.session import effects as do
from tutor_widget.wire import Event


class EventCallbacks:
    """The callbacks of one chat. All methods run on the loop.

    An event is new if it was committed after the last one known. Events that a log already held
    when it was first read are not new.
    """

    def __init__(self) -> None:
        self._deliveries: list[Callable[[Event], None]] = []
        self._epoch: str | None = None
        self._last = 0

    def start_after(self, epoch: str | None, last: int) -> None:
        """The events of this log up to the one numbered ``last`` are known."""
        self._epoch, self._last = epoch, last

    def add(
        self, callback: Callable[[Event], object], loop: asyncio.AbstractEventLoop | None
    ) -> Callable[[], None]:
        """Call it on ``loop`` for each new event; None: on the thread that delivers.

        Returns a function that ends it, which any thread may call.
        """

        def call(event: Event) -> None:
            if deliver in self._deliveries:  # not ended between posting and calling
                callback(event)

        def deliver(event: Event) -> None:
            if loop is None:
                call(event)
            elif loop.is_closed():
                undo()
            else:
                loop.call_soon_threadsafe(call, event)

        def undo() -> None:
            with contextlib.suppress(ValueError):
                self._deliveries.remove(deliver)

        self._deliveries.append(deliver)
        return undo

    def deliver(self, changes: Iterable[do.Change], epoch: str | None) -> None:
        """Deliver what is new in the changes of a log of this epoch."""
        for change in changes:
            match change:
                case do.HistoryReplaced(last) if epoch != self._epoch:
                    self.start_after(epoch, last)
                case do.Committed(event) if event.seq > self._last:
                    self.start_after(epoch, event.seq)
                    self._deliver(event)
                case _:
                    pass

    def _deliver(self, event: Event) -> None:
        for deliver in list(self._deliveries):
            try:
                deliver(event)
            except BaseException as error:  # noqa: BLE001 - the callback is not our code
                report_error("A callback of on_event raised", error)
