"""What PostgreSQL does by itself: the rows of messages and answers, in batches, on a few lanes.

The tables are the store's own. A message is two rows of `events`, one of `waiting` that comes and
goes, and two changes of its row of `sessions`. Nothing is read, decided or told to others.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Any, Final

import asyncpg

from benchmarks.storing.crowd import TEXT

__all__ = ["Engine"]

LANES: Final = 4
_BEGIN: Final = (
    "INSERT INTO sessions (account, name, epoch, began, active)"
    " SELECT '', $2 || n::text, 'e', 0, 0 FROM generate_series(1, $1) AS n RETURNING key"
)
_EVENTS: Final = (
    "INSERT INTO events (session, seq, id, role, text, at, status, re)"
    " SELECT session, seq, id, $5, $6, unix_ms(), 'complete', re"
    " FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[]) AS n (session, seq, id, re)"
)
_WAIT: Final = (
    "INSERT INTO waiting (session, seq, id, attempts)"
    " SELECT session, seq, id, 1 FROM unnest($1::bigint[], $2::bigint[], $3::text[])"
    " AS n (session, seq, id)"
)
_SETTLE: Final = (
    "DELETE FROM waiting USING unnest($1::bigint[], $2::bigint[]) AS n (session, seq)"
    " WHERE waiting.session = n.session AND waiting.seq = n.seq"
)
_ADVANCE: Final = (
    "UPDATE sessions SET last = n.last, active = unix_ms()"
    " FROM unnest($1::bigint[], $2::bigint[]) AS n (key, last) WHERE sessions.key = n.key"
)


class Engine:
    """Connections to a database that has the tables. Times in seconds."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._numbers = itertools.count()

    async def rate(self, batch: int, seconds: float) -> float:
        """Messages a second, with their answers, where each commit has so many writes."""
        lanes = [await self._lane(batch) for _ in range(LANES)]
        end = time.perf_counter() + seconds
        began = time.perf_counter()
        pairs = await asyncio.gather(*(lane.write_until(end) for lane in lanes))
        took = time.perf_counter() - began
        for lane in lanes:
            await lane.close()
        return sum(pairs) * batch / took

    async def commits(self, times: int) -> list[float]:
        """How long each commit of one message takes that nobody disturbs."""
        lane = await self._lane(1)
        taken = [await lane.take() for _ in range(times)]
        await lane.close()
        return taken

    async def _lane(self, batch: int) -> _Lane:
        connection = await asyncpg.connect(self._url)
        rows = await connection.fetch(_BEGIN, batch, f"engine-{next(self._numbers)}-")
        return _Lane(connection, [row[0] for row in rows])


class _Lane:
    """A connection that writes to these sessions."""

    def __init__(self, connection: Any, keys: list[int]) -> None:
        self._db = connection
        self._keys = keys
        self._last = 0

    async def close(self) -> None:
        await self._db.close()

    async def write_until(self, end: float) -> int:
        """Commit pairs of batches until that time; how many pairs."""
        pairs = 0
        while time.perf_counter() < end:
            await self.take()
            await self._answer()
            pairs += 1
        return pairs

    async def take(self) -> float:
        """Commit a message of each session; how long it took."""
        began = time.perf_counter()
        self._last += 1
        seqs = [self._last] * len(self._keys)
        ids = [f"m{self._last}"] * len(self._keys)
        async with self._db.transaction():
            await self._db.execute(
                _EVENTS, self._keys, seqs, ids, [None] * len(ids), "learner", TEXT
            )
            await self._db.execute(_WAIT, self._keys, seqs, ids)
            await self._db.execute(_ADVANCE, self._keys, seqs)
        return time.perf_counter() - began

    async def _answer(self) -> None:
        asked = self._last
        self._last += 1
        seqs = [self._last] * len(self._keys)
        ids, res = [f"a{self._last}"] * len(seqs), [f"m{asked}"] * len(seqs)
        async with self._db.transaction():
            await self._db.execute(_EVENTS, self._keys, seqs, ids, res, "tutor", TEXT)
            await self._db.execute(_SETTLE, self._keys, [asked] * len(seqs))
            await self._db.execute(_ADVANCE, self._keys, seqs)
