"""The log for a new connection, and what happens in the session meanwhile.

The log is read in batches, and each batch waits until the client has taken the one before. Frames
that arrive from the session during the replay are held back and follow it, so that the client gets
every event in the order of the log.
"""

from __future__ import annotations

from typing import Final

from tutor_widget.server.store import Erased, SessionKey, Store, StoreError
from tutor_widget.wire import encode_bytes

from .outbound import Outbound

__all__ = ["BATCH", "BATCH_SIZE", "Replay"]

BATCH: Final = 100
BATCH_SIZE: Final = 1 << 20
"""Events, and bytes of events, in one read of the store."""


class Replay:
    """Sends the log, then the frames that were held back. ``backlog`` bounds those, in bytes.

    While `run` runs, `send` is the way for the frames of the session, but for those of its reply.
    """

    def __init__(self, outbound: Outbound, store: Store, backlog: int) -> None:
        self._outbound = outbound
        self._store = store
        self._backlog = backlog
        self._held: list[bytes] = []
        self._held_bytes = 0

    def send(self, frame: bytes) -> None:
        """Send a frame of the session behind the replay."""
        self._held.append(frame)
        self._held_bytes += len(frame)
        if self._held_bytes > self._backlog:
            self._outbound.abort(1008, "reads too slowly")

    async def run(self, key: SessionKey, first: int, last: int) -> Erased | None:
        """Send the events ``first`` to ``last``, then the frames held back.

        `Erased` if the session was erased meanwhile. Raises StoreError if the log cannot be read.
        Then the frames held back are dropped, because they would leave a hole.
        """
        if (erased := await self._send_log(key, first - 1, last)) is not None:
            return erased
        for frame in self._held:
            self._outbound.send(frame)
        return None

    async def _send_log(self, key: SessionKey, after: int, last: int) -> Erased | None:
        while after < last:
            events = await self._store.read(key, after, min(BATCH, last - after), BATCH_SIZE)
            if isinstance(events, Erased):
                return events
            if not events:
                raise StoreError("events are missing")
            for event in events:
                self._outbound.send(encode_bytes(event))
            after = events[-1].seq
            await self._outbound.drained()
        return None
